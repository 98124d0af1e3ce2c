"""A run of ten replicates of which three diverged, and what every place must say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from conftest import changed, random_record

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict
from vgdemo.record import RunRecord

LAST = 3  # Epoch.


@dataclass(frozen=True)
class Ending:
    """How ten replicates end, and what is to be said of them. The larger class is half of the points.

    Attributes:
        accuracies: Of the seven that did not diverge.
        arrivals: Epochs from which on those of them that learn have their accuracy.
        median: Final validation accuracy.
        deciles: Final validation accuracy at 10 and at 90 % of the replicates.
        learned: How many learn.
        arrival: Median epoch of arrival.
        verdict: What the run has: of those that do not learn most are undecided after three epochs, or diverged.
    """

    accuracies: tuple[float, ...]
    arrivals: tuple[float, ...]
    median: float
    deciles: tuple[float, float]
    learned: int
    arrival: float
    verdict: Verdict

    @property
    def arrival_in_words(self) -> str:
        """As a table says it."""
        return "never" if self.arrival == np.inf else f"{self.arrival:.0f}"


# Sorted, with three guesses: .50 .50 .50 .50 .50 | .52 .55 .60 .70 .80
FEW_LEARN = Ending((0.5, 0.5, 0.52, 0.55, 0.6, 0.7, 0.8), (1, 2), 0.51, (0.5, 0.71), 2, np.inf, Verdict.UNKNOWN)
# .50 .50 .50 .70 .75 | .75 .75 .80 .80 .80; without the guesses, or with them on top, the median is another one.
MOST_LEARN = Ending(
    (0.7, 0.75, 0.75, 0.75, 0.8, 0.8, 0.8), (1, 2, 2, 2, 2, 2, 3), 0.75, (0.5, 0.8), 7, 2, Verdict.DIVERGED
)
ENDINGS = {"few learn": FEW_LEARN, "most learn": MOST_LEARN}
# What three replicates have measured when they diverged: loss, and accuracy of both halves.
WRECKS = {"guesses": (np.nan, 0.5), "no number": (np.nan, np.nan), "seems to learn": (np.inf, 0.95)}


def ten_replicates(ending: Ending, wreck: tuple[float, float], *, epochs: int = LAST, **settings: object) -> RunRecord:
    """The run; its replicates stand in no order of their accuracy, and they diverge at epoch 2."""
    loss, accuracy = np.full((LAST + 1, 10), 0.6), np.full((LAST + 1, 10), 0.5)
    accuracy[:, 3:] = ending.accuracies
    learners = np.flatnonzero(accuracy[-1] >= 0.7)
    for replicate, epoch in zip(learners, ending.arrivals, strict=True):
        accuracy[: int(epoch), replicate] = 0.5
    loss[2:, :3], accuracy[2:, :3] = wreck
    order = np.random.default_rng(5).permutation(10)
    config = RunConfig(num_hidden_layers=2, n_samples=100, replicates=10, epochs=epochs, **settings)  # type: ignore[arg-type]
    record = replace(random_record(config.with_changes(epochs=LAST)), source=config, planned_epochs=epochs)
    curves = {"train_loss": loss, "train_accuracy": accuracy, "val_loss": loss, "val_accuracy": accuracy}
    curves = {name: values[:, order] for name, values in curves.items()}
    statistics = {"gradient_mean_abs": 0.1, "gradient_rms": 0.1, "saturated_share": 0, "dead_share": 0}
    return replace(changed(record, **curves, **statistics), majority_share=0.5)
