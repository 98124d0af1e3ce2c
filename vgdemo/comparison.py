"""Several runs side by side: how each ends, what sets them apart, and what they share replicate by replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.learning import CONFIDENCE, Share, final_accuracy, has_learned
from vgdemo.record import RunRecord
from vgdemo.replicates import quantile

ARRIVED = 0.95  # Of the final accuracy.
RESAMPLES = 5000
SPEAKS_FOR_ITSELF = ("activation", "kernel_initializer", "optimizer", "dataset")  # "relu" needs no label.
DATA = ("dataset", "n_samples", "noise", "data_seed")


Array = NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """How a run ends; medians over its replicates unless said otherwise.

    Attributes:
        accuracy: Final validation accuracy at 10, 50 and 90 % of the replicates.
        learned: The replicates that learn.
        arrival: First epoch with at least 95 % of the final validation accuracy.
        first_ratio: Mean |g| of the first hidden layer over that of the output, at epoch 0.
        last_ratio: The same at the end.
        dead: Share of dead units at the end, mean over the hidden layers.
        saturated: Share of saturated activations at the end, mean over the hidden layers.
        seconds: What compiling and training took.
    """

    accuracy: tuple[float, float, float]
    learned: Share
    arrival: float
    first_ratio: float
    last_ratio: float
    dead: float
    saturated: float
    seconds: float


@dataclass(frozen=True)
class Difference:
    """How much more accurate one run is than another, replicate by replicate.

    Attributes:
        mean: Mean over the pairs of replicates of the difference of final validation accuracies.
        low: Lower end of its bootstrap interval; minus infinity for a single pair.
        high: Upper end; infinity for a single pair.
        pairs: How many pairs there are.
    """

    mean: float
    low: float
    high: float
    pairs: int


def summary(record: RunRecord) -> Summary:
    """How the run ends; it must have measured at least one epoch."""
    low, middle, high = (float(quantile(final_accuracy(record), share, axis=0)) for share in (0.1, 0.5, 0.9))
    return Summary(
        accuracy=(low, middle, high),
        learned=Share.of(has_learned(record)),
        arrival=_median(_arrival(record)),
        first_ratio=_median(_gradient_ratio(record, 0)),
        last_ratio=_median(_gradient_ratio(record, -1)),
        dead=_median(_hidden_mean(record, "dead_share")),
        saturated=_median(_hidden_mean(record, "saturated_share")),
        seconds=sum(record.seconds.values()),
    )


def difference(first: RunRecord, second: RunRecord) -> Difference | None:
    """The first run's final validation accuracy minus the second's, over the replicates that both have; None if none.

    A pair of which one has diverged has no difference.
    """
    both = min(first.config.replicates, second.config.replicates)
    differences = final_accuracy(first)[:both] - final_accuracy(second)[:both]
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        return None
    low, high = _interval_of_mean(differences)
    return Difference(float(differences.mean()), low, high, len(differences))


def sentences(records: Mapping[str, RunRecord]) -> list[str]:
    """What runs by letter say together: who learns, and how far each differs from the first, replicate by replicate."""
    found = headings({letter: record.config for letter, record in records.items()})
    shares = {letter: Share.of(has_learned(record)) for letter, record in records.items()}
    first, *others = records
    counts = [f"{found[first]} learns in {shares[first].count} of {shares[first].total} replicates"]
    counts += [f"{found[letter]} in {shares[letter].count} of {shares[letter].total}" for letter in others]
    return [
        ", ".join(counts) + ".",
        *(_difference_in_words(difference(records[letter], records[first]), letter, first) for letter in others),
    ]


def differing(configs: Sequence[RunConfig]) -> tuple[str, ...]:
    """Names of the settings in which the runs are not all alike."""
    return tuple(name for name in SETTINGS if len({getattr(config, name) for config in configs}) > 1)


def names(configs: Sequence[RunConfig]) -> tuple[str, ...]:
    """A name for each run, of what sets it apart; empty where nothing does."""
    different = differing(configs)
    return tuple(" + ".join(_setting_in_words(config, name) for name in different) for config in configs)


def headings(configs: Mapping[str, RunConfig]) -> dict[str, str]:
    """For each letter, itself and what sets its run apart."""
    named = zip(configs, names([*configs.values()]), strict=True)
    return {letter: f"{letter} · {name}" if name else letter for letter, name in named}


def shared_parts(first: RunConfig, second: RunConfig) -> tuple[str, ...]:
    """What the same replicate of both runs has in common, so that it makes no difference between them."""
    parts = []
    if _agree(first, second, *DATA):
        parts.append("the data")
    if _agree(first, second, "seed", "n_samples"):
        parts.append("the order of the points" + ("" if _agree(first, second, "batch_size") else ", in other batches"))
    layers = _layers_with_shared_draws(first, second)
    if layers:
        scaled = _agree(first, second, "kernel_initializer", "output_initializer", "gain")
        parts.append(f"the first weights of {layers}" if scaled else f"the draws behind the first weights of {layers}")
    return tuple(parts)


def _setting_in_words(config: RunConfig, name: str) -> str:
    value = getattr(config, name)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if name in SPEAKS_FOR_ITSELF:
        return text
    label = SETTINGS[name].label.lower().removesuffix(" initialiser")
    return (label if value else f"no {label}") if isinstance(value, bool) else f"{label} {text}"


def _difference_in_words(found: Difference | None, letter: str, first: str) -> str:
    if found is None:
        return f"{letter} and {first} have no pair of replicates that both ended."
    mean, low, high = map(_signed, (found.mean, found.low, found.high))
    if found.pairs == 1:
        return f"{letter} ends {mean} against {first} in validation accuracy; one pair has no interval."
    verdict = "more" if found.low > 0 else "less" if found.high < 0 else "neither surely more nor surely less"
    return (
        f"{letter} ends {verdict} accurate than {first}: {mean} in validation accuracy, mean over "
        f"{found.pairs} pairs of replicates, bootstrap interval {low} to {high}."
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _agree(first: RunConfig, second: RunConfig, *settings: str) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in settings)


def _layers_with_shared_draws(first: RunConfig, second: RunConfig) -> str:
    """Draws depend on seed, replicate, layer and shape alone; the output's do not depend on the depth."""
    if not _agree(first, second, "seed", "units"):
        return ""
    depth = min(first.num_hidden_layers, second.num_hidden_layers)
    if not _agree(first, second, "shared_draw"):
        depth = 1
    return ("layer 1" if depth == 1 else f"layers 1 to {depth}") + " and the output"


def _arrival(record: RunRecord) -> Array:
    final = final_accuracy(record)
    arrived = record.curve_arrays["val_accuracy"] >= ARRIVED * final
    return np.where(np.isnan(final), np.nan, record.epochs[np.argmax(arrived, axis=0)])


def _gradient_ratio(record: RunRecord, index: int) -> Array:
    size = record.layer_arrays["gradient_mean_abs"][index]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(size[:, 0] / size[:, -1])


def _hidden_mean(record: RunRecord, statistic: str) -> Array:
    return np.asarray(record.layer_arrays[statistic][-1, :, :-1].mean(axis=1))


def _median(values: Array) -> float:
    return float(quantile(values, 0.5, axis=0))


def _interval_of_mean(values: Array) -> tuple[float, float]:
    """Bootstrap; a single value says nothing about its spread."""
    if len(values) == 1:
        return -np.inf, np.inf
    interval = bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",  # The others have no answer when all values are equal.
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(interval.low), float(interval.high)
