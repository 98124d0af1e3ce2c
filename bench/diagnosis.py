"""Train the labelled runs, diagnose them, and print where verdict and label differ.

python -m bench.diagnosis
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import vgdemo
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Diagnosis, Verdict, diagnose
from vgdemo.initializers import INITIALIZERS
from vgdemo.learning import accuracy_deciles
from vgdemo.theory import born_dead, fixed_point_chi

TABLE = Path(__file__).with_name("labelled_runs.toml")
GROWTH = 100
PROBABILITY = 0.95


class LabelledRun(NamedTuple):
    """A run, what it has, and how that is known."""

    config: RunConfig
    label: Verdict
    source: str


def labelled_runs() -> Iterator[LabelledRun]:
    """The runs of the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for group in table["group"]:
        for settings in group["runs"]:
            config = RunConfig(**table["defaults"] | settings)
            match group["label"]:
                case "chi":
                    yield by_chi(config)
                case "born dead":
                    yield by_birth(config)
                case label:
                    yield LabelledRun(config, Verdict(label), group["source"])


def by_chi(config: RunConfig) -> LabelledRun:
    """Label a run by what theory expects of the gradient in wide layers.

    Raises:
        ValueError: If theory expects neither a vanishing nor an exploding gradient.
    """
    variance = INITIALIZERS[config.kernel_initializer].variance(config.units, config.units)
    chi = float(fixed_point_chi(config.activation, config.units * variance * config.gain**2, 0.0))
    growth = chi ** (config.num_hidden_layers / 2)
    if 1 / GROWTH <= growth <= GROWTH:
        raise ValueError(f"Expected a gradient that changes more than {GROWTH}-fold. Received: ×{growth:.2g}, {config}")
    label = Verdict.VANISHING if growth < 1 else Verdict.EXPLODING
    return LabelledRun(config, label, f"theory: χ is {chi:.3g}, which makes ×{growth:.1e} through the layers")


def by_birth(config: RunConfig) -> LabelledRun:
    """Label a narrow ReLU network as dead.

    Raises:
        ValueError: If theory does not say so.
    """
    probability = born_dead(config.num_hidden_layers, config.units)
    if probability < PROBABILITY:
        raise ValueError(f"Expected a network born dead, P ≥ {PROBABILITY}. Received: {probability:.2g}, {config}")
    return LabelledRun(config, Verdict.DEAD, f"theory: a point reaches no last unit with probability {probability:.4f}")


def examined(run: LabelledRun) -> Diagnosis:
    """Train and diagnose, and print one line."""
    began = time.perf_counter()
    record = vgdemo.train(run.config)
    diagnosis = diagnose(record)
    agrees = " " if diagnosis.verdict is run.label else "≠"
    deciles = accuracy_deciles(record)
    accuracy = "?" if deciles is None else f"{deciles[1]:.2f}"
    seconds = time.perf_counter() - began
    print(
        f"{agrees} {run.label:<10}{diagnosis.verdict:<10} accuracy {accuracy} {seconds:5.1f} s  {run.config.sentence}",
        flush=True,
    )
    return diagnosis


def main() -> None:
    """Print every run, the agreement, and each disagreement with both reasons."""
    began = time.perf_counter()
    pairs = [(run, examined(run)) for run in labelled_runs()]
    others = [(run, diagnosis) for run, diagnosis in pairs if diagnosis.verdict is not run.label]
    print(f"\n{len(pairs) - len(others)} of {len(pairs)} agree, in {time.perf_counter() - began:.0f} s.")
    for run, diagnosis in others:
        print(f"\n≠ {run.config.sentence}\n  label: {run.label}, {run.source}\n  verdict: {diagnosis.sentence}")
        print("".join(f"    {sentence}\n" for sentence in diagnosis.evidence), end="")


if __name__ == "__main__":
    main()
