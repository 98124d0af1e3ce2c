"""Signs of illness that only a log of somebody's own training shows: records made by hand, each ill in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.diagnosis import RULES, Verdict, possible, so_far
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.model import Kernel, Layer, Model
from vgdemo.record import Log, Panel, RunRecord

EPOCHS, STEPS = 30, 100
MODEL = Model(
    kernels=(
        Kernel("words", (1000, 8), "embeddings", "Embedding"),
        Kernel("lstm", (8, 128), kind="LSTM"),
        Kernel("lstm", (32, 128), "recurrent_kernel", "LSTM", initializer="Orthogonal"),
        Kernel("dense", (32, 16)),
        Kernel("answer", (16, 1), is_output=True),
    ),
    layers=(
        Layer("words", "Embedding", shape=(None, STEPS, 8)),
        Layer("lstm", "LSTM", "tanh", (None, 32)),
        Layer("dense", "Dense", "relu", (None, 16)),
        Layer("answer", "Dense", "sigmoid", (None, 1)),
    ),
    optimizer="adam",
    learning_rate=0.001,
)
OF_KERNELS = {"gradient_rms": 0.01, "gradient_zero_share": 0.0, "kernel_rms": 0.1, "kernel_mean": 0.0}
OF_LAYERS = {"activation_std": 0.5, "saturated_share": 0.1, "dead_share": 0.0}
# Of the whole output the same in every layer: 800, 32, 16 numbers.
OUTPUT_GRADIENT = 0.01 / np.sqrt([800, 32, 16, 1])


def own(model: Model = MODEL, steps: Any = 0.01, last: float = 0.69, **values: Any) -> RunRecord:
    """A training that guesses to the end, or to another loss, with nothing else out of the ordinary."""
    epochs = np.arange(EPOCHS + 1, dtype=np.int32)

    def filled(ordinary: dict[str, Any], places: int, count: int = EPOCHS + 1) -> dict[str, np.ndarray]:
        known = ordinary | {name: value for name, value in values.items() if name in ordinary}
        return {name: np.broadcast_to(value, (count, 1, places)).astype(float) for name, value in known.items()}

    kernels, layers = len(model.kernels), len(model.layers)
    labels = tuple(map(str, range(1, STEPS + 1)))
    return RunRecord(
        source=Log("mine", "f" * 64),
        model=model,
        replicates=1,
        epochs=epochs,
        curve_arrays={"train_loss": np.linspace(0.7, last, EPOCHS + 1)[:, None]},
        panels={
            "kernels": Panel.of_kernels(model, epochs, filled(OF_KERNELS, kernels)),
            "updates": Panel.of_kernels(model, epochs[1:], filled({"update_ratio": 0.1}, kernels, EPOCHS)),
            "activations": Panel.of_layers(
                model, epochs, filled(OF_LAYERS | {"output_gradient_rms": OUTPUT_GRADIENT}, layers)
            ),
            "steps/lstm": Panel(
                "time step", labels, labels, epochs, {"state_gradient_mean_abs": filled({"": steps}, STEPS)[""]}
            ),
        },
    )


def with_kernels(change: Callable[[Kernel], dict[str, Any]], model: Model = MODEL) -> Model:
    return replace(model, kernels=tuple(replace(kernel, **change(kernel)) for kernel in model.kernels))


def with_answer(**changes: Any) -> Model:
    return replace(MODEL, layers=(*MODEL.layers[:-1], replace(MODEL.layers[-1], **changes)))


BACKWARDS = with_kernels(lambda kernel: {"go_backwards": kernel.layer == "lstm"})
NOT_LEARNING = [np.nan, np.nan, np.nan, np.nan, 0.01]
DYING_AWAY = 0.01 * 0.8 ** np.arange(STEPS)[::-1]
FROZEN = own(with_kernels(lambda kernel: {"trainable": kernel.is_output}), gradient_rms=NOT_LEARNING)
ALL_FROZEN = own(with_kernels(lambda kernel: {"trainable": False}), gradient_rms=np.nan)
OUT_OF_REACH = own(with_kernels(lambda kernel: {"is_reached": kernel.is_output}), gradient_rms=NOT_LEARNING)
ONE_SOFTMAX = own(with_answer(activation="softmax"), last=0.3)
DEAD_ANSWER = own(with_answer(activation="relu"), dead_share=[np.nan, np.nan, 0, 1])
WRONG_LABELS = own(last=-5.0)
UNDERFLOWN = own(replace(MODEL, compute_dtype="float16"), gradient_zero_share=0.9)
FORGETTING = own(steps=DYING_AWAY)
SHRINKING = own(output_gradient_rms=OUTPUT_GRADIENT * [0.009, 0.1, 1, 1])
GROWING = own(output_gradient_rms=OUTPUT_GRADIENT * [101, 10, 1, 1])
LATE = own(
    output_gradient_rms=np.where(np.arange(EPOCHS + 1)[:, None, None] < 5, 1, [0.009, 1, 1, 1]) * OUTPUT_GRADIENT
)

ILL = {
    "frozen": (FROZEN, Verdict.STUCK, "is frozen", "trainable = True"),
    "all frozen": (ALL_FROZEN, Verdict.STUCK, "is frozen", "trainable = True"),
    "out of reach": (OUT_OF_REACH, Verdict.STUCK, "not reached by the loss", "words, lstm and dense"),
    "softmax of one": (
        ONE_SOFTMAX,
        Verdict.STUCK,
        "cannot move: the softmax",
        'Dense(1, activation="sigmoid", name="answer")',
    ),
    "dead answer": (
        DEAD_ANSWER,
        Verdict.STUCK,
        "cannot move: its activation",
        'Dense(1, activation="sigmoid", name="answer")',
    ),
    "labels": (WRONG_LABELS, Verdict.STUCK, "Labels lie outside", "y"),
    "16 bits": (
        UNDERFLOWN,
        Verdict.VANISHING,
        "16 bits",
        "LossScaleOptimizer(keras.optimizers.Adam(learning_rate=0.001))",
    ),
    "through time": (
        FORGETTING,
        Verdict.VANISHING,
        "vanishes through time: ×0.8 per step, the first 69",
        "keras.layers.LSTM(32, unit_forget_bias=False",
    ),
    "along the flow": (SHRINKING, Verdict.VANISHING, "contracts", ""),
    "growing": (GROWING, Verdict.EXPLODING, "amplifies", ""),
    "growing through time": (
        own(steps=DYING_AWAY[::-1]),
        Verdict.EXPLODING,
        "explodes through time",
        "global_clipnorm = 1.0",
    ),
    "later": (LATE, Verdict.VANISHING, "in order at the start", ""),
    "guessing": (own(), Verdict.STUCK, "", ""),
}
WELL = {
    "learns by its loss": own(last=0.5),
    "unseen rows of an embedding": own(
        gradient_rms=[1e-5, *[0.01] * 4], gradient_zero_share=[0.9, 0, 0, 0, 0], last=0.3
    ),
    "a frozen base": replace(FROZEN, curve_arrays=own(last=0.3).curve_arrays),
    "a layer out of reach": own(with_kernels(lambda kernel: {"is_reached": kernel.layer != "words"}), last=0.3),
    "a small side branch": own(output_gradient_rms=OUTPUT_GRADIENT * [1, 1e-4, 1, 1], last=0.3),
    "kernels of different kinds": own(gradient_rms=[0.01, 1e-5, 0.01, 0.01, 0.01], last=0.3),
    "many numbers": own(gradient_rms=50.0, last=0.3),
    "zeros in 32 bits": own(gradient_zero_share=0.9, last=0.3),
    "needs no early steps": own(steps=DYING_AWAY, last=0.3),
}
OF_LOGS = {id(rule): rule for rule in map(lambda ill: diagnose(ill[0]).rule, ILL.values())} | {id(RULES[2]): RULES[2]}
SIGNS_OF_LOGS = (
    "answers_by_one_softmax",
    "answer_is_fixed",
    "is_frozen",
    "is_out_of_reach",
    "has_labels_out_of_range",
    "underflows",
)


@pytest.mark.parametrize("ill", ILL)
def test_each_illness_has_its_verdict_its_cause_and_its_code(ill: str) -> None:
    record, verdict, cause, code = ILL[ill]
    diagnosis = diagnose(record)
    assert diagnosis.verdict is verdict and cause in diagnosis.cause
    first = next(iter(possible(diagnosis.remedies, None)), None)
    assert not code or (first is not None and code in first.as_keras())


@pytest.mark.parametrize("well", WELL)
def test_what_learns_is_healthy_and_is_not_called_ill_before(well: str) -> None:
    assert diagnose(WELL[well]).verdict is Verdict.HEALTHY
    assert so_far(WELL[well]) == "Nothing is wrong at the start."


def test_a_dead_end_of_the_model_is_told_at_the_start() -> None:
    for record in (ALL_FROZEN, OUT_OF_REACH, ONE_SOFTMAX, DEAD_ANSWER):
        assert "stuck at the start" in so_far(record)


@pytest.mark.parametrize(("factor", "verdict"), [(0.0099, Verdict.VANISHING), (0.0101, Verdict.STUCK)])
def test_the_flow_is_held_against_its_largest(factor: float, verdict: Verdict) -> None:
    assert diagnose(own(output_gradient_rms=OUTPUT_GRADIENT * [factor, 1, 1, 1])).verdict is verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.9e-4, Verdict.VANISHING), (1.1e-4, Verdict.STUCK)])
def test_a_layer_may_go_through_time_either_way(share: float, verdict: Verdict) -> None:
    steps = np.where(np.arange(STEPS) < 50, 0.01 * share, 0.01)
    for model, direction in ((MODEL, steps), (BACKWARDS, steps[::-1])):
        assert diagnose(own(model, steps=direction)).verdict is verdict


def test_layers_are_blamed_for_what_they_do_at_the_start_whatever_time_does() -> None:
    both = own(steps=DYING_AWAY, output_gradient_rms=OUTPUT_GRADIENT * [0.009, 0.1, 1, 1])
    assert diagnose(both).verdict is Verdict.VANISHING and "through time" not in diagnose(both).cause


def test_a_gradient_that_grows_on_its_way_back_through_time_is_not_called_vanishing() -> None:
    for model, direction in ((MODEL, DYING_AWAY[::-1]), (BACKWARDS, DYING_AWAY)):
        diagnosis = diagnose(own(model, steps=direction))
        assert diagnosis.verdict is Verdict.EXPLODING
        assert "explodes through time: ×1.2 per step" in diagnosis.cause


def test_a_loss_below_four_fifths_of_guessing_is_learned() -> None:
    for last, verdict in ((0.79, Verdict.HEALTHY), (0.81, Verdict.LEARNING)):
        assert diagnose(own(last=last * np.log(2))).verdict is verdict


def test_an_embedding_counts_by_the_rows_that_were_looked_up() -> None:
    symptoms = Symptoms(own(gradient_rms=[0.001, *[0.01] * 4], gradient_zero_share=[0.99, 0, 0, 0, 0]))
    assert symptoms.start_gradient is not None
    np.testing.assert_allclose(symptoms.start_gradient, [[0.01] * 5])


def test_what_is_frozen_is_left_out_of_all_that_is_said_of_kernels() -> None:
    symptoms = Symptoms(FROZEN)
    assert [kernel.layer for kernel in symptoms.model.kernels] == ["answer"]
    assert np.isinf(symptoms.broken_from).all() and symptoms.start_hidden_gradient is None


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (FROZEN, "Frozen: layers words, lstm and dense."),
        (WELL["a layer out of reach"], "The loss does not depend on all that could learn; not on layer words."),
        (  # 0.8 to the power of 31 is 1/1010.
            FORGETTING,
            "The gradient by the state of layer lstm at the start: ×0.8 per step, the first 69 of 100 steps get less "
            "than a thousandth of the gradient of the last one.",
        ),
    ],
)
def test_the_evidence_names_the_layers(record: RunRecord, sentence: str) -> None:
    assert sentence in diagnose(record).evidence


def test_inputs_that_are_too_large_are_told_from_first_weights_that_are() -> None:
    kernels = (Kernel("first", (64, 32)), Kernel("second", (32, 32)), Kernel("answer", (32, 1), is_output=True))
    layers = tuple(Layer(kernel.layer, "Dense", "tanh") for kernel in kernels)
    usual, model = np.sqrt([2 / 96, 2 / 64, 2 / 33]), replace(MODEL, kernels=kernels, layers=layers)

    def said(saturated: list[float], weights: float) -> str:
        values = {"saturated_share": saturated, "kernel_rms": weights * usual, "output_gradient_rms": [1e-4] * 3}
        diagnosis = diagnose(own(model, **values))
        assert diagnosis.verdict is Verdict.SATURATED
        return f"{diagnosis.cause} {possible(diagnosis.remedies, None)[0].as_keras()}"

    inputs = said([0.9, 0.9, 0], 1)
    assert "inputs are too large" in inputs and "x.mean(axis=0)" in inputs
    assert "weights are too large" in said([0.9, 0.9, 0], 3)
    assert "weights are too large" in said([0.1, 0.9, 0], 1)


def test_a_gru_that_forgets_is_repaired_as_one() -> None:
    model = with_kernels(lambda kernel: {"kind": "GRU"} if kernel.kind == "LSTM" else {})
    code = next(remedy.as_keras() for remedy in diagnose(own(model, steps=DYING_AWAY)).remedies)
    assert 'keras.layers.GRU(32, bias_initializer=update_bias, name="lstm")' in code and "forget_bias" not in code
