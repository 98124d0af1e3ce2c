"""The words of the field: what each means in two sentences, its formula, and who said it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Explanation:
    """One entry of the glossary.

    Attributes:
        term: The word as a page writes it.
        text: What it means, in two sentences of plain text.
        formula: LaTeX, without delimiters; empty where there is none.
        source: Authors, year and title; empty for words of this program.
    """

    term: str
    text: str
    formula: str = ""
    source: str = ""


def _read() -> dict[str, Explanation]:
    entries = tomllib.loads((files("vgdemo") / "explanations.toml").read_text(encoding="utf-8"))
    return {name: Explanation(**entry) for name, entry in entries.items()}


EXPLANATIONS = _read()
