"""Several runs side by side: how each ends, what sets them apart, and what they share replicate by replicate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

from vgdemo.config import POINTS, SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.learning import ARRIVAL_LABEL, CONFIDENCE, Share, arrival_in_words, final_accuracy, has_learned
from vgdemo.model import Model
from vgdemo.record import Log, RunRecord, Source
from vgdemo.summary import Summary
from vgdemo.wording import counted, listed, number, percent, signed

RESAMPLES = 5000
NOT_MEASURED = "not measured"
SPEAKS_FOR_ITSELF = ("network", "activation", "kernel_initializer", "optimizer", "dataset")  # "ReLU" needs no label.
COUNTED = {
    "time_steps": "time step",
    "num_hidden_layers": "layer",
    "units": "unit",
    "n_samples": "point",
    "epochs": "epoch",
    "replicates": "replicate",
}
NAMED_FIRST = ("network", "training", "data", "repeats")  # Groups of settings.
NO_NAMES: Mapping[str, str] = MappingProxyType({})
MOST_NAMED = 3  # Settings in a run's name; the table beside it holds them all.
FIRST_WEIGHTS = (
    "kernel_initializer",
    "recurrent_initializer",
    "output_initializer",
    "gain",
    "recurrent_gain",
)

Array = NDArray[np.float64]


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


def difference(first: RunRecord, second: RunRecord) -> Difference | None:
    """The first run's final validation accuracy minus the second's, over the replicates that both have.

    A replicate whose loss is no finite number guesses. None where an accuracy was not measured.

    Example:
        >>> difference(record, record)
        Difference(mean=0.0, low=0.0, high=0.0, pairs=2)
    """
    one, other = final_accuracy(first), final_accuracy(second)
    if one is None or other is None:
        return None
    both = min(first.replicates, second.replicates)
    differences = one[:both] - other[:both]
    low, high = _interval_of_mean(differences)
    return Difference(float(differences.mean()), low, high, both)


def who_learns(records: Mapping[str, RunRecord]) -> str:
    """How many replicates of each run learn, in one sentence.

    Args:
        records: What the sentence calls each run, such as its heading, to the run.

    Example:
        >>> who_learns({"A": record, "B": record})
        'A learns in 0 of 2 replicates, B in 0 of 2.'
    """
    learned = {name: has_learned(record) for name, record in records.items()}
    shares = {name: Share.of(those) for name, those in learned.items() if those is not None}
    if not shares:
        return "No accuracy was measured."
    (first, share), *others = shares.items()
    counts = [f"{first} learns in {share.count} of {counted(share.total, 'replicate')}"]
    return ", ".join(counts + [f"{name} in {share.count} of {share.total}" for name, share in others]) + "."


def differences(records: Mapping[str, RunRecord]) -> list[str]:
    """How far runs differ, replicate by replicate: a sentence for each pair of letters."""
    return [
        _difference_in_words(difference(records[letter], records[first]), letter, first)
        for first, letter in combinations(records, 2)
    ]


def endings(summaries: Mapping[str, Summary]) -> pd.DataFrame:
    """How runs end: one row for each thing that is summed up, one column of texts for each run.

    Example:
        >>> from vgdemo.summary import summarize
        >>> endings({"A": summarize(record)}).loc["replicates that learn", "A"]
        '0 of 2 replicates (0 %, 95 % interval 0–66 %)'
    """
    return pd.DataFrame({name: _ending(summary) for name, summary in summaries.items()})


def apart(sources: Mapping[str, Source], models: Mapping[str, Model]) -> pd.DataFrame:
    """What sets runs apart: one row for each setting in which they differ, one column of texts for each run.

    Runs that were not all made of settings are compared by what is known of their models.
    """
    configs = {name: source for name, source in sources.items() if isinstance(source, RunConfig)}
    if len(configs) == len(sources):
        rows = {SETTINGS[name].label: name for name in differing([*configs.values()])}
        values = {
            name: [SETTINGS[row].in_words(getattr(config, row)) if _has(config, row) else "—" for row in rows.values()]
            for name, config in configs.items()
        }
        return pd.DataFrame(values, index=[*rows])
    described = pd.DataFrame({name: described_model(model) for name, model in models.items()})
    return described[described.nunique(axis=1) > 1]


def described_model(model: Model) -> dict[str, str]:
    """A model in words: what it is made of and how it is trained."""
    shapes = zip(model.kernel_labels, model.kernels, strict=True)
    activations = dict.fromkeys(layer.activation for layer in model.layers if layer.activation)
    return {
        "kernels": listed([f"{label} ({' × '.join(map(str, kernel.shape))})" for label, kernel in shapes]),
        "activations": listed([*activations]),
        "normalisation": model.normalization,
        "residual": "yes" if model.residual else "no",
        "optimiser": model.optimizer or "not known",
        "learning rate": "not known" if model.learning_rate is None else f"{model.learning_rate:g}",
        "loss": model.loss,
    }


def differing(configs: Sequence[RunConfig]) -> tuple[str, ...]:
    """Names of the settings in which the runs that have them are not all alike."""
    return tuple(
        name for name in SETTINGS if len({getattr(config, name) for config in configs if _has(config, name)}) > 1
    )


def _has(config: RunConfig, name: str) -> bool:
    return name in SETTINGS_OF[config.network]


def names(configs: Sequence[RunConfig]) -> tuple[str, ...]:
    """A name for each run, of the first things that set it apart; empty where nothing does."""
    different = differing(configs)
    named = [name for group in NAMED_FIRST for name in different if SETTINGS[name].group == group][:MOST_NAMED]
    rest = ["…"] if len(different) > len(named) else []
    words = ([_setting_in_words(config, name) for name in named if _has(config, name)] for config in configs)
    return tuple(" + ".join([*found, *rest]) for found in words)


def headings(sources: Mapping[str, Source], own_names: Mapping[str, str] = NO_NAMES) -> dict[str, str]:
    """For each letter, itself and what its run is called.

    That is the name that a person gave it, otherwise what sets it apart; beside a log, at least its network.

    Example:
        >>> runs = {"A": RunConfig(), "B": RunConfig(activation="relu", residual=True)}
        >>> headings(runs)
        {'A': 'A · tanh + no residual', 'B': 'B · ReLU + residual'}
        >>> headings(runs, {"B": "our cure"})["B"]
        'B · our cure'
    """
    runs = {letter: source for letter, source in sources.items() if isinstance(source, RunConfig)}
    found = dict(zip(runs, names([*runs.values()]), strict=True))
    logs = {letter: source.name for letter, source in sources.items() if isinstance(source, Log)}
    if logs:
        found = {letter: name or runs[letter].network_in_words for letter, name in found.items()} | logs
    found |= {letter: name for letter, name in own_names.items() if name}
    return {letter: f"{letter} · {found[letter]}" if found[letter] else letter for letter in sources}


def shared_parts(first: RunConfig, second: RunConfig) -> tuple[str, ...]:
    """What the same replicate of both runs has in common, so that it makes no difference between them.

    Example:
        >>> shared_parts(RunConfig(), RunConfig(activation="relu", seed=7))
        ('the data',)
    """
    parts = []
    if _agree(first, second, *POINTS):
        parts.append("the data")
    if _agree(first, second, "seed", "n_samples"):
        parts.append("the order of the points" + ("" if _agree(first, second, "batch_size") else ", in other batches"))
    layers = _layers_with_shared_draws(first, second)
    if layers:
        scaled = _agree(first, second, *FIRST_WEIGHTS)
        parts.append(f"the first weights of {layers}" if scaled else f"the draws behind the first weights of {layers}")
    return tuple(parts)


def _setting_in_words(config: RunConfig, name: str) -> str:
    value, setting = getattr(config, name), SETTINGS[name]
    if name in COUNTED:
        return counted(value, COUNTED[name])
    text = setting.in_words(value)
    if name in SPEAKS_FOR_ITSELF:
        return text
    label = setting.short_label or setting.label.lower()
    if text in ("no", "none"):
        return f"no {label}"
    return label if value is True else f"{label} {text}"


def _difference_in_words(found: Difference | None, letter: str, first: str) -> str:
    if found is None:
        return f"{letter} and {first} have no pair of replicates whose accuracy was measured."
    mean, low, high = map(signed, (found.mean, found.low, found.high))
    if found.pairs == 1:
        return f"{letter} ends {mean} against {first} in validation accuracy; one pair has no interval."
    verdict = "more" if found.low > 0 else "less" if found.high < 0 else "neither surely more nor surely less"
    return (
        f"{letter} ends {verdict} accurate than {first}: {mean} in validation accuracy, mean over "
        f"{found.pairs} pairs of replicates, {percent(CONFIDENCE)} bootstrap interval {low} to {high}."
    )


def _ending(summary: Summary) -> dict[str, str]:
    """NaN, zero and infinity are written as what they are, and what was not measured as that."""
    return {
        "final validation accuracy, median (10–90 %)": _deciles(summary.accuracy),
        "replicates that learn": NOT_MEASURED if summary.learned is None else str(summary.learned),
        ARRIVAL_LABEL: NOT_MEASURED if summary.arrival is None else arrival_in_words(summary.arrival),
        "gradient, mean |g|, first hidden layer / output, epoch 0": _ratio(summary.first_ratio),
        "gradient, mean |g|, first hidden layer / output, end": _ratio(summary.last_ratio),
        "dead units at the end, share": _text(summary.dead),
        "units on the flat of their activation at the end, share": _on_the_flat(summary),
        "seconds, compiling included": _text(summary.seconds),
    }


def _deciles(accuracy: tuple[float, float, float] | None) -> str:
    if accuracy is None:
        return NOT_MEASURED
    low, middle, high = map(number, accuracy)
    return f"{middle} ({low}–{high})"


def _ratio(value: float | None) -> str:
    return "none: both are 0, or one is not finite" if value is not None and math.isnan(value) else _text(value)


def _on_the_flat(summary: Summary) -> str:
    """With the word for it, as S-shaped activations saturate where others are inactive."""
    shares = {"saturated": summary.saturated, "inactive": summary.inactive}
    told = [f"{number(share)} {word}" for word, share in shares.items() if share is not None]
    return ", ".join(told) or NOT_MEASURED


def _text(value: float | None) -> str:
    return NOT_MEASURED if value is None else number(value)


def _agree(first: RunConfig, second: RunConfig, *settings: str) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in settings)


def _layers_with_shared_draws(first: RunConfig, second: RunConfig) -> str:
    """Draws depend on seed, replicate, layer and shape alone; the output's not on what is below it."""
    if not _agree(first, second, "seed", "units"):
        return ""
    if first.network != second.network:
        return "the output"
    depth = min(first.num_hidden_layers, second.num_hidden_layers)
    if not _agree(first, second, "shared_draw"):
        depth = 1
    return ("layer 1" if depth == 1 else f"layers 1 to {depth}") + " and the output"


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
