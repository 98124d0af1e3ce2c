"""Runs that end in odd ways, and what is true of each, reckoned from its raw numbers alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from conftest import changed, cut, foreign_record, random_record

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, RunStatus

CLOSE = {"num_hidden_layers": 4, "replicates": 10, "epochs": 40, "n_samples": 100, "kernel_initializer": "he_normal"}
SPREAD = 1 + np.arange(10)[:, None] / 20  # Over replicates, so that medians over some of them differ.


@dataclass(frozen=True)
class OddRun:
    """A record with what is true of it.

    Attributes:
        record: What was measured.
        told: The replicates (from 0) that its cause and evidence are about.
        learners: How many learn.
    """

    record: RunRecord
    told: tuple[int, ...]
    learners: int = 0

    def raw(self, name: str) -> np.ndarray:
        """(E, R, ...) what was measured, of all replicates."""
        found = self.record.curve_arrays.get(name)
        return self.record.values(name) if found is None else found

    @property
    def final_accuracy(self) -> np.ndarray:
        """(R,) of which a replicate without finite loss guesses."""
        measured, guess = self.raw("val_accuracy")[-1], self.record.majority_share
        return np.where(np.isfinite(self.raw("train_loss")[-1]), measured, np.fmin(measured, guess))

    def median(self, values: np.ndarray, replicates: tuple[int, ...] | None = None) -> Any:
        """Over replicates, the first axis; what is not a number ranks last."""
        chosen = np.sort(values[list(self.told if replicates is None else replicates)], axis=0)
        return (chosen[(len(chosen) - 1) // 2] + chosen[len(chosen) // 2]) / 2

    def median_of_all(self, values: np.ndarray) -> Any:
        """Over all replicates."""
        return self.median(values, tuple(range(self.record.replicates)))

    def can_have(self, words: str) -> int:
        """How many replicates show the signs of what a sentence says that they have."""
        return int(SIGNS[words](self).sum())


def _size(run: OddRun) -> np.ndarray:
    """(E, R, K) gradient sizes, infinite where they are no number."""
    sizes = run.raw("gradient_rms")
    return np.where(np.isnan(sizes), np.inf, sizes)


def _vanishes(run: OddRun) -> np.ndarray:
    """In some hidden layer below a hundredth of the largest, or tiny in all, or the signal fades on its way up."""
    sizes = _size(run)
    with np.errstate(invalid="ignore"):
        share = sizes[..., :-1].min(axis=-1) / sizes.max(axis=-1)
    tiny = sizes[0, :, :-1].max(axis=-1) < 1e-5
    signal = run.raw("activation_std")[0]
    return tiny | (signal[:, -1] < 0.01) | (share[0] < 0.01) | (np.median(share[len(share) // 2 :], axis=0) < 0.01)


def _explodes(run: OddRun) -> np.ndarray:
    hidden = _size(run)[0, :, :-1].max(axis=-1)
    return (hidden >= 10) | (hidden >= 100 * _size(run)[0, :, -1])


def _diverges(run: OddRun) -> np.ndarray:
    loss = run.raw("train_loss")
    broken = ~(np.isfinite(loss).all(axis=0) & np.isfinite(_size(run)).all(axis=(0, 2)))
    return broken | (loss[-1] > 2 * np.log(2))


SIGNS = {
    "learn": lambda run: run.final_accuracy >= run.record.majority_share + 0.2,
    "vanishing gradient": _vanishes,
    "exploding gradient": _explodes,
    "saturated": lambda run: (run.raw("saturated_share")[[0, -1]] >= 0.5).any(axis=(0, 2)),
    "dead layer": lambda run: (run.raw("dead_share")[[0, -1]] >= 1).any(axis=(0, 2)),
    "diverge": _diverges,
    "stuck": lambda run: run.final_accuracy < run.record.majority_share + 0.2,
    "still learning": lambda run: (
        (run.final_accuracy < run.record.majority_share + 0.2) & (run.raw("train_loss")[-1] < 0.98 * np.log(2))
    ),
    "undecided": lambda run: run.final_accuracy < run.record.majority_share + 0.2,
}


def ordinary(seed: int, **settings: Any) -> RunRecord:
    """A run that guesses to the end, in which nothing else is out of the ordinary."""
    record = random_record(RunConfig(**CLOSE | {"seed": seed} | settings))
    spread = SPREAD[: record.replicates]
    flat = {"saturated_share": 0.1 * spread, "dead_share": 0.0, "kernel_mean": 0.0, "kernel_rms": 0.45}
    sizes = {"gradient_rms": 0.01 * spread, "gradient_mean_abs": 0.008 * spread, "gradient_zero_share": 0.0}
    moves = {"update_ratio": 0.01, "activation_std": 0.5, "activation_mean": 0.0}
    curves = {"train_loss": 0.69, "val_loss": 0.7, "train_accuracy": 0.5, "val_accuracy": 0.5}
    return replace(changed(record, **flat, **sizes, **moves, **curves), majority_share=0.5)


def set_at(record: RunRecord, name: str, where: Any, values: Any) -> RunRecord:
    """The record with part of a curve or a statistic set."""
    return changed(record, **{name: lambda array: array.__setitem__(where, values)})


def _learning(record: RunRecord, learners: Any, accuracy: float = 0.9) -> RunRecord:
    record = set_at(record, "train_loss", np.s_[-10:, learners], 0.3)
    return set_at(record, "val_accuracy", np.s_[-10:, learners], accuracy)


def _shrinking(record: RunRecord, replicates: Any, factor: float, epochs: Any = np.s_[0]) -> RunRecord:
    """Each layer has so much of the gradient of the one above."""
    kernels = len(record.model.kernels)
    sizes = 0.3 * factor ** np.arange(kernels - 1, -1, -1) * SPREAD[: record.replicates][replicates]
    return set_at(record, "gradient_rms", np.s_[epochs, replicates], sizes)


def _mixed() -> RunRecord:
    record = _learning(ordinary(1, activation="relu"), np.s_[:4])
    return set_at(record, "dead_share", np.s_[-1, 4:9, 1], 1.0)


def _different() -> RunRecord:
    record = _shrinking(ordinary(2, activation="relu"), np.s_[7:9], 0.1)
    return set_at(record, "dead_share", np.s_[-1, :7, 2], 1.0)


def _half_not_a_number() -> RunRecord:
    record = _learning(ordinary(3), np.s_[:5])
    lost = {name: lambda array: array.__setitem__(np.s_[9:, 5:], np.nan) for name in ("train_loss", "gradient_rms")}
    return changed(record, **lost)


def _exploded() -> RunRecord:
    record = set_at(ordinary(4), "gradient_rms", np.s_[0], 5e7)
    for name in ("gradient_rms", "gradient_mean_abs", "train_loss", "val_loss"):
        record = set_at(record, name, np.s_[1:], np.nan)
    assert record.surface is not None
    record.surface.probabilities[1:] = np.nan
    return record


def _dead_and_not_a_number() -> RunRecord:
    """The first layer's gradient is exactly zero, those above are not a number."""
    record = set_at(set_at(ordinary(5), "gradient_rms", np.s_[0], 20.0), "gradient_rms", np.s_[1:, :, 1:], np.nan)
    record = set_at(record, "gradient_rms", np.s_[1:, :, 0], 0.0)
    return set_at(record, "gradient_mean_abs", np.s_[1:], [0.0, *[np.nan] * 4])


def _born_dead() -> RunRecord:
    nothing = {"gradient_rms": 0.0, "gradient_mean_abs": 0.0, "gradient_zero_share": 1.0, "dead_share": 1.0}
    return changed(ordinary(6, activation="relu"), **nothing, saturated_share=1.0)


def _saturated(seed: int, vanishing: Any, learners: Any = np.s_[:0]) -> RunRecord:
    record = set_at(ordinary(seed, kernel_initializer="uniform_0_1"), "saturated_share", np.s_[:, :, 2], 0.95)
    return _learning(_shrinking(record, vanishing, 1e-3, np.s_[:]), learners)


def _stopped() -> RunRecord:
    return replace(cut(_shrinking(ordinary(9), np.s_[:], 0.05), 30), status=RunStatus.STOPPED)


def _leaping() -> RunRecord:
    return set_at(ordinary(18, learning_rate=3.0), "update_ratio", np.s_[3, :, 1], 2.4 * SPREAD[:, 0])


def _decayed() -> RunRecord:
    record = ordinary(19, weight_decay=0.5)
    return set_at(record, "kernel_rms", np.s_[-1, :, :-1], 0.01 * SPREAD)


ALL = tuple(range(10))


def odd_runs() -> dict[str, OddRun]:
    """Name to run; all differ in their seeds, so that a store keeps them all."""
    return {
        "some learn, others are dead": OddRun(_mixed(), (4, 5, 6, 7, 8), learners=4),
        "none learns, for several reasons": OddRun(_different(), (0, 1, 2, 3, 4, 5, 6)),
        "half of them not a number": OddRun(_half_not_a_number(), (5, 6, 7, 8, 9), learners=5),
        "exploded to not a number": OddRun(_exploded(), ALL),
        "zero below not a number": OddRun(_dead_and_not_a_number(), ALL),
        "born dead": OddRun(_born_dead(), ALL),
        "saturated and vanishing": OddRun(_saturated(7, np.s_[:]), ALL),
        "saturated, some vanishing, some learning": OddRun(
            _saturated(8, np.s_[6:9], np.s_[:3]), (3, 4, 5, 6, 7, 8, 9), learners=3
        ),
        "stopped": OddRun(_stopped(), ALL),
        "eight of ten learn": OddRun(
            _learning(_shrinking(ordinary(10), np.s_[8:], 0.1), np.s_[:8], 0.825), (8, 9), learners=8
        ),
        "all learn": OddRun(_learning(ordinary(11), np.s_[:]), ALL, learners=10),
        "infinite loss": OddRun(set_at(ordinary(12), "train_loss", np.s_[25:], np.inf), ALL),
        "loss far above guessing": OddRun(set_at(ordinary(13), "train_loss", np.s_[20:], 3.0), ALL),
        "one epoch": OddRun(ordinary(14, epochs=1), ALL),
        "one replicate": OddRun(_shrinking(ordinary(15, replicates=1), np.s_[:], 0.01), (0,)),
        "long steps": OddRun(_leaping(), ALL),
        "weights that decay away": OddRun(_decayed(), ALL),
        "never moves": OddRun(set_at(ordinary(20), "update_ratio", np.s_[:], 1e-6 * np.ones(5)), ALL),
        "a signal that fades": OddRun(
            set_at(ordinary(21), "activation_std", np.s_[0], 0.5 * 0.1 ** np.arange(4) * SPREAD), ALL
        ),
        "one unit in one layer": OddRun(ordinary(16, units=1, num_hidden_layers=1), ALL),
    }


def foreign_run() -> RunRecord:
    """Somebody's LSTM, whose gradient vanishes and whose accuracy was not measured on the validation half."""
    sizes = np.array([1e-5, 1e-4, 0.1, 0.1])
    return changed(foreign_record(), gradient_rms=sizes, saturated_share=np.array([0.1, 0.4]), train_loss=1.3)
