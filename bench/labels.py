"""The labelled runs: what each has, and how that is known without the rules.

python -m bench.labels             prints every label, its source, and what the trainer of `bench.oracle` sees
python -m bench.labels saturated   the same for one kind of label
"""

from __future__ import annotations

import json
import sys
import tomllib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.oracle import best_accuracy, evidence, line_accuracy, threshold
from vgdemo.config import NUM_INPUTS, RunConfig
from vgdemo.diagnosis import Verdict
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory import born_dead, fixed_point_chi

TABLE = Path(__file__).with_name("labelled_runs.toml")
HALVES = TUNE, HELD_OUT = "tune", "held out"
GROWTH = 100
GROWTH_THROUGH_TIME = 10_000
PROBABILITY = 0.95
MANY_POINTS = 6000  # That tell how good the Bayes classifier is.
STANDARD_ERRORS = 2.0  # Of an accuracy: less cannot be told from chance.


class Label(NamedTuple):
    """What a run has, and how that is known; several verdicts where theory leaves the choice."""

    verdicts: tuple[Verdict, ...]
    source: str

    def __str__(self) -> str:
        """The verdicts in words."""
        return " or ".join(self.verdicts)


class LabelledRun(NamedTuple):
    """A run, its label, and the half of the table that it belongs to."""

    config: RunConfig
    label: Label
    half: str

    @property
    def is_ill(self) -> bool:
        """Whether settings are to blame."""
        return not {Verdict.HEALTHY, Verdict.NOISE}.intersection(self.label.verdicts)


def labelled_runs() -> Iterator[LabelledRun]:
    """The runs of the table.

    Raises:
        ValueError: If theory does not say what a label claims that it says.
    """
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for group in table["group"]:
        for settings in group["runs"]:
            config = RunConfig(**table["defaults"] | settings)
            yield LabelledRun(config, _label(group, config), half(config, was_seen=group.get("seen", False)))


def half(config: RunConfig, *, was_seen: bool) -> str:
    """Where a run belongs, whatever comes of it: of those that the rules had not seen two thirds are held out."""
    settings = json.dumps(config.to_query(), sort_keys=True)
    return TUNE if was_seen or zlib.crc32(settings.encode()) % 3 == 0 else HELD_OUT


def _label(group: dict[str, Any], config: RunConfig) -> Label:
    if group["label"] in THEORIES:
        return THEORIES[group["label"]](config)
    return Label(tuple(map(Verdict, group["label"].split(" or "))), group["source"])


def by_chi(config: RunConfig) -> Label:
    """What theory expects of the gradient in wide layers, or through the time of layers without gates.

    Raises:
        ValueError: If theory expects neither a vanishing nor an exploding gradient.
    """
    if config.network == "simple_rnn":
        chi, factors, enough, way = _chi_through_time(config), config.time_steps - 1, GROWTH_THROUGH_TIME, "time"
    else:
        chi, factors, enough, way = _chi_of_layers(config), config.num_hidden_layers, GROWTH, "the layers"
    growth = chi ** (factors / 2)
    if 1 / enough <= growth <= enough:
        raise ValueError(f"Expected a gradient that changes more than {enough}-fold. Received: ×{growth:.2g}, {config}")
    verdict = Verdict.VANISHING if growth < 1 else Verdict.EXPLODING
    return Label((verdict,), f"theory: χ is {chi:.3g}, which makes ×{growth:.1e} through {way}")


def _chi_of_layers(config: RunConfig) -> float:
    variance = INITIALIZERS[config.kernel_initializer].variance(config.units, config.units)
    return float(fixed_point_chi(config.activation, config.units * variance * config.gain**2, 0.0))


def _chi_through_time(config: RunConfig) -> float:
    """That of the recurrent weights, where inputs of pure noise add to what the state brings."""
    recurrent = INITIALIZERS[config.recurrent_initializer].variance(config.units, config.units)
    kernel = INITIALIZERS[config.kernel_initializer].variance(NUM_INPUTS, config.units)
    of_inputs = NUM_INPUTS * kernel * config.noise**2
    return float(fixed_point_chi(config.activation, config.units * recurrent * config.recurrent_gain**2, of_inputs))


def by_birth(config: RunConfig) -> Label:
    """A narrow ReLU network is dead from the start.

    Raises:
        ValueError: If theory does not say so.
    """
    probability = born_dead(config.num_hidden_layers, config.units)
    if probability < PROBABILITY:
        raise ValueError(f"Expected a network born dead, P ≥ {PROBABILITY}. Received: {probability:.2g}, {config}")
    return Label((Verdict.DEAD,), f"theory: a point reaches no last unit with probability {probability:.4f}")


def by_noise(config: RunConfig) -> Label:
    """Nothing can be learned where the Bayes classifier is no better than chance, with so many points.

    How good it is, many other points of the same kind tell: on the run's own it may be lucky.

    Raises:
        ValueError: If it is better.
    """
    advantage = best_accuracy(config.dataset, MANY_POINTS, config.noise, config.data_seed) - 0.5
    error = 0.5 / (config.n_samples - config.n_train) ** 0.5
    if advantage > STANDARD_ERRORS * error:
        raise ValueError(f"Expected nothing to learn. Received: {advantage:.3f} ± {error:.3f}, {config}")
    return Label((Verdict.NOISE,), f"the Bayes classifier is better than guessing by {advantage:.3f} ± {error:.3f}")


def by_line(config: RunConfig) -> Label:
    """A linear network, or one of single monotone units, draws a straight line, and that is not enough.

    Raises:
        ValueError: If it is enough, or the network draws more.
    """
    if config.activation != "linear" and config.units > 1:
        raise ValueError(f"Expected a network that draws a straight line. Received: {config}")
    if (bound := line_accuracy(config)) >= threshold(config):
        raise ValueError(f"Expected points that no line separates. Received: {bound:.3f}, {config}")
    return Label((Verdict.STUCK,), f"closed form: no line is right for more than {bound:.3f} of the points")


THEORIES: dict[str, Callable[[RunConfig], Label]] = {
    "chi": by_chi,
    "born dead": by_birth,
    "noise": by_noise,
    "line": by_line,
}


def main(words: list[str]) -> None:
    """Train with the independent trainer, and print."""
    for run in labelled_runs():
        if not words or str(run.label) in words:
            seen = (
                "" if run.config.architecture.is_recurrent else f"\n  {evidence(run.config)}"
            )  # It trains dense ones.
            print(f"{run.label}: {run.config.sentence}\n  {run.label.source}{seen}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
