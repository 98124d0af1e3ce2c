"""The words of the field: what each means in two sentences, its formula, and who said it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Entry:
    """One entry of the glossary.

    Attributes:
        term: The word as a page writes it.
        text: What it means, in two sentences of plain text.
        formula: LaTeX, without delimiters; empty where there is none.
        source: Authors, year and title; empty for words of this program.
        aliases: Other words that people look for and mean this.

    Example:
        >>> GLOSSARY["saturated"].term, GLOSSARY["born_dead"].source
        ('saturation', 'Lu, Shin, Su & Karniadakis 2019, Dying ReLU and initialization')
    """

    term: str
    text: str
    formula: str = ""
    source: str = ""
    aliases: Sequence[str] = ()


def _read() -> dict[str, Entry]:
    entries = tomllib.loads((files("vgdemo") / "glossary.toml").read_text(encoding="utf-8"))
    return {name: Entry(**entry) for name, entry in entries.items()}


GLOSSARY: dict[str, Entry] = _read()
