"""The words of the field, where they appear and in the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.glossary import GLOSSARY, Entry
from vgdemo.initializers import INITIALIZERS
from vgdemo.ui import pages
from vgdemo.ui.page import plain

ALWAYS = ("gradient", "replicate", "epoch", "probe", "saturated", "inactive", "dead", "update_ratio", "kernel_l1")
UNDER_OTHER_NAMES = {"global_norm": "gradient_clipping", "value": "gradient_clipping"}


def words(names: Iterable[str], label: str) -> None:
    """A popover with entries of the glossary."""
    with st.popover(label, type="tertiary"):
        for name in names:
            st.markdown(in_markdown(GLOSSARY[name]))
        st.page_link(pages.PAGES[pages.GLOSSARY], label="All words")


def words_of(config: RunConfig) -> tuple[str, ...]:
    """Names of the entries that a run and its figures need."""
    initializer = INITIALIZERS[config.kernel_initializer]
    named = (
        config.activation,
        initializer.name,
        "shifted_mean" if initializer.mean else initializer.family,
        f"{config.normalization}_normalization",
        "residual" if config.residual else "",
        "gain" if config.gain != 1 else "",
        config.optimizer,
        config.gradient_clip,
        "weight_decay" if config.weight_decay else "",
    )
    of_settings = (UNDER_OTHER_NAMES.get(name, name) for name in named)
    return tuple(dict.fromkeys(name for name in (*of_settings, *ALWAYS) if name in GLOSSARY))


def in_markdown(entry: Entry) -> str:
    """An entry as Markdown: the word, its text, formula and source."""
    formula = f"  \n${entry.formula}$" if entry.formula else ""
    source = f"  \n*{plain(entry.source)}*" if entry.source else ""
    return f"**{plain(entry.term)}:** {plain(entry.text)}{formula}{source}"


def matching(wanted: str) -> list[Entry]:
    """The entries in which a word begins like this, those of that name first."""
    beginning = re.compile(r"\b" + re.escape(wanted.strip()), re.IGNORECASE)
    ranked = []
    for name, one in GLOSSARY.items():
        is_named = beginning.search(f"{name} {one.term}") is not None
        if is_named or beginning.search(f"{one.text} {one.source}"):
            ranked.append((not is_named, one.term.casefold(), one))
    return [one for *_, one in sorted(ranked, key=lambda row: row[:2])]
