"""What came of the runs side by side, in sentences and in one table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from vgdemo.comparison import LETTERS, Summary, differing, sentences, shared_parts, summary
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.figures.style import in_words
from vgdemo.jobs import Job
from vgdemo.record import RunRecord
from vgdemo.ui.page import plain


def results(jobs: Sequence[Job]) -> None:
    """Say how the runs end and what sets them apart; how they end, once all of them have."""
    configs = [job.config for job in jobs]
    measured = [job.record for job in jobs if job.record is not None and len(job.record.epochs)]
    is_over = all(job.progress.state.is_over for job in jobs)
    if is_over and len(measured) == len(jobs):
        _endings(measured)
    st.markdown("##### What sets them apart")
    _table(_settings(configs), "Settings in which the columns differ")
    for letter, config in zip(LETTERS[1:], configs[1:], strict=False):
        parts = shared_parts(configs[0], config)
        st.caption(plain(f"The same replicate of A and {letter} shares {_listed(parts)}."))


def _endings(records: Sequence[RunRecord]) -> None:
    st.markdown("##### How they end")
    for sentence in sentences(records)[1:]:  # The first stands above the figures.
        st.markdown(plain(sentence))
    endings = {letter: _words(summary(record)) for letter, record in zip(LETTERS, records, strict=False)}
    _table(pd.DataFrame(endings), "How the runs end")


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


def _settings(configs: Sequence[RunConfig]) -> pd.DataFrame:
    names = differing(configs)
    rows = [SETTINGS[name].label for name in names]
    values = {
        letter: [str(getattr(config, name)) for name in names] for letter, config in zip(LETTERS, configs, strict=False)
    }
    return pd.DataFrame(values, index=rows)


def _table(content: pd.DataFrame, alt: str) -> None:
    st.table(content.map(plain), alt=alt)


def _listed(parts: Sequence[str]) -> str:
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
