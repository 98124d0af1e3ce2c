"""What the columns of a comparison are called."""

from __future__ import annotations

from collections.abc import Mapping

from vgdemo.comparison import headings
from vgdemo.links import COLUMNS
from vgdemo.record import RunRecord
from vgdemo.ui.session import session

LETTERS = COLUMNS.upper()  # What a person calls the columns.


def own_names() -> dict[str, str]:
    """Letter to the name that the person gave the column; empty for none."""
    return dict(zip(LETTERS, session().names, strict=False))


def titles(records: Mapping[str, RunRecord]) -> dict[str, str]:
    """For each column, its letter and what it is called."""
    return headings({letter: record.source for letter, record in records.items()}, own_names())
