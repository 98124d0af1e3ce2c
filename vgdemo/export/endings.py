"""How runs end, in words and numbers, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from vgdemo.comparison import Summary, summary
from vgdemo.figures.style import in_words
from vgdemo.record import RunRecord


def endings(records: Mapping[str, RunRecord]) -> pd.DataFrame:
    """One row for each thing that is summed up, one column of texts for each run."""
    return pd.DataFrame({name: _words(summary(record)) for name, record in records.items()})


def _words(ending: Summary) -> dict[str, str]:
    low, middle, high = map(in_words, ending.accuracy)
    return {
        "final validation accuracy, median (10–90 %)": f"{middle} ({low}–{high})",
        "replicates that learn": str(ending.learned),
        "first epoch at 95 % of the final accuracy": in_words(ending.arrival),
        "gradient, first hidden layer / output, epoch 0": in_words(ending.first_ratio),
        "gradient, first hidden layer / output, end": in_words(ending.last_ratio),
        "dead units at the end, share": in_words(ending.dead),
        "saturated at the end, share": in_words(ending.saturated),
        "seconds, compiling included": in_words(ending.seconds),
    }
