"""The words of the field, where they appear and in the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.diagnosis import RULES
from vgdemo.glossary import GLOSSARY, Entry
from vgdemo.initializers import INITIALIZERS
from vgdemo.ui import pages
from vgdemo.ui.page import plain

ALWAYS = ("gradient", "replicate", "epoch", "probe", "saturated", "inactive", "dead", "update_ratio", "kernel_l1")
MAX_LISTS = 200  # Of words, in memory.
RULES_ANCHOR = "how-a-verdict-is-found"
UNDER_OTHER_NAMES = {"global_norm": "gradient_clipping", "value": "gradient_clipping"}


def words(names: Iterable[str], label: str) -> None:
    """A popover with entries of the glossary."""
    with st.popover(label, type="tertiary"):
        st.markdown(_entries(tuple(names)))
        st.page_link(pages.PAGES[pages.GLOSSARY], label="All words")


@lru_cache(MAX_LISTS)
def _entries(names: tuple[str, ...]) -> str:
    """Their entries as one Markdown text: as elements of their own they would cost each rerun a millisecond."""
    return "\n\n".join(in_markdown(GLOSSARY[name]) for name in names)


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
    return f"**{plain(entry.term)}:** {_told(entry)}"


def _told(entry: Entry) -> str:
    formula = f"  \n${entry.formula}$" if entry.formula else ""
    source = f"  \n*{plain(entry.source)}*" if entry.source else ""
    return f"{plain(entry.text)}{formula}{source}"


def _anchor(entry: Entry) -> str:
    return next(name for name, one in GLOSSARY.items() if one is entry).replace("_", "-")


def index(entries: Sequence[Entry]) -> None:
    """A link to each of the entries; above all of them, to the rules too."""
    rules = [] if len(entries) < len(GLOSSARY) else [f"[How a verdict is found](#{RULES_ANCHOR})"]
    links = rules + [f"[{plain(entry.term)}](#{_anchor(entry)})" for entry in entries]
    with st.container(key="index"):
        st.markdown(" · ".join(links))


def rules() -> None:
    """The rules by which a run gets its verdict."""
    st.header("How a verdict is found", anchor=RULES_ANCHOR)
    with st.expander("For each replicate the first rule that holds names what it has."):
        st.table([{"verdict": rule.verdict, "holds if": rule.in_words, "why": rule.reason} for rule in RULES])


def show(entries: Sequence[Entry]) -> None:
    """The entries, each with a heading that can be linked."""
    st.header("Words", anchor="words")
    with st.container(key="entries"):
        for entry in entries:
            with st.container(gap="xxsmall"):
                st.subheader(plain(entry.term), anchor=_anchor(entry))
                st.markdown(_told(entry))


def matching(wanted: str) -> list[Entry]:
    """The entries in which words begin like each of these, best first: in what it is called, or else in its text.

    British and American spelling, singular and plural, capitals and underscores make no difference.
    """
    words = _folded(wanted).split()
    stems = [_PLURAL.sub("", word) for word in words]
    ranked = []
    for name, entry in GLOSSARY.items():
        called, told = _folded(" ".join((name, entry.term, *entry.aliases))), _folded(f"{entry.text} {entry.source}")
        trials = ((words, called), (stems, called), (words, f"{called} {told}"), (stems, f"{called} {told}"))
        ranks = [rank for rank, (parts, text) in enumerate(trials) if _begin_words(parts, text)]
        if ranks:
            is_named_so = _folded(entry.term).startswith(" ".join(stems[:1]))
            ranked.append((not is_named_so, ranks[0], entry.term.casefold(), entry))
    return [entry for *_, entry in sorted(ranked, key=lambda row: row[:3])]


_PLURAL = re.compile(r"(?<=\w{3})(iez|ez|z)$")  # In folded words, which have z for every s.


def _folded(text: str) -> str:
    """In small letters, with one letter for what British and American spelling write with s or z."""
    return text.casefold().replace("s", "z").replace("_", " ")


def _begin_words(parts: Iterable[str], text: str) -> bool:
    return all(re.search(r"(?<!\w)" + re.escape(part), text) for part in parts)
