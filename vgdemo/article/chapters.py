"""The article's experiments in its order, its published numbers, and the extensions that it leaves to the reader.

Source: "How to Fix the Vanishing Gradients Problem Using the ReLU", machinelearningmastery.com, 2019.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from vgdemo.article.claims import Claim
from vgdemo.article.experiment import Experiment, contrast, depth_limit, growth
from vgdemo.article.measures import (
    ARRIVAL,
    ENDS_OVER_MIDDLE,
    FIRST_GRADIENT,
    FIRST_OVER_OTHER,
    FIRST_OVER_OUTPUT,
    FIRST_STEP_OVER_LAST,
    NORM_GROWTH,
    OUTPUT_GRADIENT,
    PROGRESS,
    TRAIN_ACCURACY,
    VAL_ACCURACY,
)
from vgdemo.ceiling import ceiling
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.learning import learning_threshold
from vgdemo.presets import DEEP_TANH, IDENTITY_START, OF_ARTICLE, SMALL_START
from vgdemo.record import RunRecord
from vgdemo.wording import counted

REPLICATES = 20
TIME_STEPS = 100
DEPTHS = range(1, 11)
CEILING = 0.84  # Of the article's points: the page does not wait for it to be found.
HALVES = {"training": TRAIN_ACCURACY, "validation": VAL_ACCURACY}

# What follows it are numbers that `python -m bench.batch_gradients` prints.
_BATCHES = (
    "What may explain the smaller numbers here: Keras's callback for TensorBoard took gradients of batches of 32 "
    "validation points, in which one class outweighs the other by chance; here it is the gradient of all 500 training "
    "points, whose pulls largely cancel. In ten networks that Keras alone trained, looked at every 25 epochs from the "
    "first on,"
)

_PRESETS = {preset.number: preset for preset in OF_ARTICLE}
_RUNS = {number: preset.config.with_changes(replicates=REPLICATES) for number, preset in _PRESETS.items()}


@cache
def _learned(run: RunConfig) -> float:
    """The accuracy from which on a replicate has learned."""
    reachable = CEILING if run == DEEP_TANH else ceiling(run)
    points = replace(RunRecord.empty(run), majority_share=make_dataset(run).majority_share, ceiling=reachable)
    return learning_threshold(points)


def _experiment(number: str, story: str, *claims: Claim, **others: Any) -> Experiment:
    """A preset's experiment; what is given replaces what the preset says."""
    if number in _PRESETS:
        title = _PRESETS[number].title
        others = {"title": title, "runs": ((title, _RUNS[number]),)} | others
    return Experiment(number=number, story=story, claims=claims, **others)


def _learns(
    half: str = "validation", *published: float, row: str | None = None, of: RunConfig = DEEP_TANH, **others: Any
) -> Claim:
    """Of a run with the article's points, or with the points of another one."""
    words = f"reach {_learned(of):.2f} on the {half} half"
    return Claim(row or half, words, HALVES[half], low=_learned(of), published=published, **others)


def _fails(half: str = "validation", *published: float, row: str | None = None, **others: Any) -> Claim:
    words = f"stay below {_learned(DEEP_TANH):.2f} on the {half} half"
    return Claim(row or half, words, HALVES[half], high=_learned(DEEP_TANH), published=published, **others)


def _changed(number: str, name: str, story: str, **others: Any) -> Experiment:
    """A change of the deep tanh network, beside that network."""
    claims = (_learns(row=name, is_open=True), _learns(row=_PRESETS["2"].title, is_open=True, runs=(1,)))
    runs = ((name, _RUNS[number]), (_PRESETS["2"].title, _RUNS["2"]))
    return _experiment(number, story, *claims, runs=runs, answer=contrast, **others)


def _depths(number: str, story: str) -> Experiment:
    """One run and one claim for each depth."""
    names = [counted(depth, "layer") for depth in DEPTHS]
    configs = [_RUNS[number].with_changes(num_hidden_layers=depth) for depth in DEPTHS]
    claims = [_learns(row=name, runs=(index,), is_open=True) for index, name in enumerate(names)]
    runs = tuple(zip(names, configs, strict=True))
    return _experiment(number, story, *claims, runs=runs, pictures=("depths",), details=(), answer=depth_limit)


def _shallow_tanh() -> Experiment:
    """One tanh layer."""
    return _experiment(
        "1",
        "One hidden layer of five tanh units, its weights drawn uniformly between 0 and 1. "
        "In the article it improves up to about epoch 300, then slowly.",
        _learns("training", 0.816),
        _learns("validation", 0.816),
        Claim(
            "slowing down",
            "reach 95 % of their final accuracy between epochs 200 and 400",
            ARRIVAL,
            low=200,
            high=400,
            published=(300,),
        ),
    )


def _deep_tanh() -> Experiment:
    """Five tanh layers."""
    return _experiment(
        "2",
        "Five such layers in place of one, nothing else changed. In the article it does not learn, and gets worse.",
        _fails("training", 0.530),
        _fails("validation", 0.468),
        Claim("progress", "end less accurate on the training half than they begin", PROGRESS, high=0),
    )


def _deep_tanh_by_keras_3() -> Experiment:
    """Five tanh layers that start alike."""
    return _experiment(
        "2K",
        "The article hands one initialiser object to all layers. Keras 3 then gives kernels of one shape the same "
        "values: layers 2 to 5 start as four copies of one layer. "
        "Keras 2 drew each layer anew, as experiment 2 does.",
        _fails("validation", 0.468, row="shared draw"),
        _fails(row="independent draws", runs=(1,), is_open=True),
        title="Deep tanh as Keras 3 draws it",
        runs=(("shared draw", _RUNS["2"].with_changes(shared_draw=True)), ("independent draws", _RUNS["2"])),
        answer=contrast,
    )


def _deep_relu() -> Experiment:
    """Five ReLU layers."""
    return _experiment(
        "3",
        "The same five layers with ReLU and He's uniform initialiser. In the article it converges in about 100 epochs.",
        _learns("training", 0.836),
        _learns("validation", 0.840),
        Claim(
            "converging",
            "reach 95 % of their final accuracy by epoch 150",
            ARRIVAL,
            low=0,
            high=151,
            published=(100,),
        ),
    )


def _gradients_of_deep_tanh() -> Experiment:
    """What the article reads off its gradients with tanh."""
    return _experiment(
        "6",
        "The article reads off TensorBoard that the output's average gradient stays within 0.05 and 0.1, that the "
        "first layer's is similar, and that most activity is in the last two layers. Here it is mean |g| of each "
        "kernel on the whole training half.",
        Claim("output", "average between 0.05 and 0.1", OUTPUT_GRADIENT, low=0.05, high=0.1, published=(0.05, 0.1)),
        Claim("layer 1 / output", "have both within a factor of 2", FIRST_OVER_OUTPUT, low=0.5, high=2),
        Claim("last two / others", "have the largest gradients in the last two layers", ENDS_OVER_MIDDLE, low=1),
        pictures=("outcome", "gradients", "density"),
        details=(),
        remark=f"{_BATCHES} the output's mean |g| is 0.018 on the whole training half and 0.058 on batches, which is "
        "what the article reads; that of layer 1 is 4.2·10⁻³ and 0.033.",
    )


def _gradients_of_deep_relu() -> Experiment:
    """What the article reads off its gradients with ReLU."""
    return _experiment(
        "7",
        "With ReLU the article reads an average gradient of 0.2 to 0.4 in the first layer, more than with tanh.",
        Claim("layer 1", "average between 0.2 and 0.4", FIRST_GRADIENT, low=0.2, high=0.4, published=(0.2, 0.4)),
        Claim("ReLU / tanh", "have more in layer 1 than with tanh", FIRST_OVER_OTHER, low=1, runs=(0, 1)),
        runs=((_PRESETS["3"].title, _RUNS["3"]), (_PRESETS["2"].title, _RUNS["2"])),
        pictures=("outcome", "gradients", "density"),
        details=(),
        remark=f"{_BATCHES} layer 1's mean |g| is 0.047 on the whole training half and 0.11 on batches. A batch's "
        "largest entry is 0.27; it is the outermost line of TensorBoard's plots, which the article may have read.",
    )


def _weight_norms() -> Experiment:
    """How the weights grow."""
    return _experiment(
        "E3",
        "The L1 norm of each kernel while deep tanh and deep ReLU train: do the weights of a stuck network move?",
        Claim("tanh", "grow", NORM_GROWTH, low=1, is_open=True),
        Claim("ReLU", "grow", NORM_GROWTH, low=1, runs=(1,), is_open=True),
        runs=((_PRESETS["2"].title, _RUNS["2"]), (_PRESETS["3"].title, _RUNS["3"])),
        pictures=("outcome", "norms"),
        details=(),
        answer=growth,
    )


def _through_time() -> Experiment:
    """Two recurrent networks of as many steps."""
    names = ("small weights", "identity start")
    alike = {"time_steps": TIME_STEPS, "replicates": REPLICATES}
    recurrent = [start.with_changes(**alike) for start in (SMALL_START, IDENTITY_START)]
    learns = [_learns(row=name, of=recurrent[run], runs=(run,), is_open=True) for run, name in enumerate(names)]
    arrives = [
        Claim(
            f"{name}, at the start",
            "have at least a thousandth of the last step's gradient at the first",
            FIRST_STEP_OVER_LAST,
            low=1e-3,
            runs=(run,),
            is_open=True,
        )
        for run, name in enumerate(names)
    ]
    return _experiment(
        "T",
        f"A recurrent network is as deep as its sequence is long. Here a class is told by the first of {TIME_STEPS} "
        "steps: once by SimpleRNN's tanh with recurrent weights a little small, once by its ReLU, whose states begin "
        "by being handed on as they are (Le, Jaitly and Hinton 2015).",
        *learns,
        *arrives,
        title="A symbol to remember",
        runs=tuple(zip(names, recurrent, strict=True)),
        pictures=("outcome", "steps"),
        details=(),
    )


@cache
def chapters() -> dict[str, tuple[Experiment, ...]]:
    """Title of each chapter to its experiments."""
    return {
        "Deeper is worse, until ReLU": (_shallow_tanh(), _deep_tanh(), _deep_tanh_by_keras_3(), _deep_relu()),
        "How deep ReLU learns": (
            _experiment("4", "Fifteen ReLU layers, which in the article still learn.", _learns()),
            _experiment("5", "Twenty ReLU layers, which in the article no longer learn.", _fails()),
        ),
        "The gradients behind it": (_gradients_of_deep_tanh(), _gradients_of_deep_relu()),
        "What the article leaves to its reader": (
            _changed("E1", "Glorot", "Five tanh layers once more, started by Glorot's (Xavier's) uniform initialiser."),
            _changed("E2", "Adam", "Five tanh layers with their old first weights, trained by Adam."),
            _weight_norms(),
            _depths("E4", "How deep may tanh with 5 units be?"),
            _depths("E5", "Are 25 units better than 5?"),
        ),
        "Through time": (_through_time(),),
    }


def experiments() -> tuple[Experiment, ...]:
    """The experiments of all chapters, in order."""
    return tuple(experiment for chapter in chapters().values() for experiment in chapter)
