"""How a visit looks at runs: the choices that it has for figures, the epoch and the presentation, in one parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from vgdemo.config import SETTINGS
from vgdemo.diagnosis import Verdict
from vgdemo.figures import ALL_STATISTICS, VIEWS
from vgdemo.links import VIEW
from vgdemo.ui.replicates import ALL
from vgdemo.ui.session import FIT, PRESENT, REPLICATE, ROWS, SINGLES, SMALLEST, STATISTIC, session
from vgdemo.ui.views import FIRST_ROWS, in_order

_Part = tuple[str, Callable[[str], Any]]  # What is expected, and what reads it; None for what cannot be taken.

MOST_REPLICATES, MOST_EPOCHS = (int(SETTINGS[name].maximum) for name in ("replicates", "epochs"))


@dataclass(frozen=True)
class Look:
    """A way to look at runs.

    Attributes:
        statistic: A name in `ALL_STATISTICS`.
        replicates: All, the number of one from 1, or the name of a verdict.
        fit: Whether scales are stretched over the runs that are shown.
        singles: Whether every replicate has a curve of its own.
        rows: Which of the `VIEWS` are drawn of runs side by side.
        epoch: The one that is shown; None for the last.
        present: Whether the page is shown to a room.
        smallest: Whether a log's layers with the smallest values come first.

    Example:
        >>> Look(replicates="dead", epoch=37).to_query()
        {'view': 'replicates-dead epoch-37'}
    """

    statistic: str = next(iter(ALL_STATISTICS))
    replicates: str = ALL
    fit: bool = False
    singles: bool = False
    rows: tuple[str, ...] = FIRST_ROWS
    epoch: int | None = None
    present: bool = False
    smallest: bool = False

    def to_query(self) -> dict[str, str]:
        """What differs from the usual look; no parameter if nothing does."""
        words = [f"{name}-{_in_words(value)}" for name, value in vars(self).items() if value != getattr(USUAL, name)]
        return {VIEW: " ".join(words)} if words else {}

    @classmethod
    def from_text(cls, text: str, last_epoch: int = MOST_EPOCHS) -> tuple[Look, tuple[str, ...]]:
        """The look that the parameter asks for, and a sentence for each part that could not be taken.

        Args:
            text: The parameter.
            last_epoch: The largest that a run of the page can have.

        Example:
            >>> Look.from_text("epoch-37 fit-maybe")[1]
            ("Expected the view's `fit` to be 1. Received: 'maybe'. It is ignored.",)
        """
        found: dict[str, Any] = {}
        notices, parts = [], _PARTS | {"epoch": _epoch_to(last_epoch)}
        for name, _, value in (word.partition("-") for word in text.split()):
            expected, read = parts.get(name, ("", lambda value: None))
            part = read(value)
            if part is not None:
                found[name] = part
            elif expected:
                notices.append(
                    f"Expected the view's `{name}` to be {expected}. Received: {value[:40]!r}. It is ignored."
                )
            else:
                known = ", ".join(parts)
                notices.append(f"Expected a part of a view: {known}. Received: {name[:40]!r}. It is ignored.")
        return cls(**found), tuple(notices)


USUAL = Look()
_KEYS = {
    "statistic": STATISTIC,
    "replicates": REPLICATE,
    "fit": FIT,
    "singles": SINGLES,
    "rows": ROWS,
    "present": PRESENT,
    "smallest": SMALLEST,
}


def look_at(page: str) -> Look:
    """How the visit looks at a page now."""
    values = {name: st.session_state.get(key, getattr(USUAL, name)) for name, key in _KEYS.items()}
    return Look(**values | {"rows": in_order(values["rows"])}, epoch=session().epochs.get(page))


def look(page: str, wanted: Look) -> None:
    """Set all choices of a page; only before they are drawn."""
    for name, key in _KEYS.items():
        value = getattr(wanted, name)
        st.session_state[key] = list(value) if name == "rows" else value
    session().lead_to(page, wanted.epoch)


def kept(query: Mapping[str, str], epoch: int | None = None) -> dict[str, str]:
    """What a page that a link leads to takes over, unless the link says otherwise: the look, but for its epoch."""
    return replace(look_at(""), epoch=epoch).to_query()


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return ".".join(value) if isinstance(value, tuple) else str(value)


def _statistic(text: str) -> str | None:
    return text if text in ALL_STATISTICS else None


def _replicates(text: str) -> str | None:
    is_number = text in map(str, range(1, MOST_REPLICATES + 1))
    return text if is_number or text in (ALL, *Verdict) else None


def _yes(text: str) -> bool | None:
    return True if text == "1" else None


def _rows(text: str) -> tuple[str, ...] | None:
    asked = text.split(".") if text else []
    return in_order(asked) if set(asked) <= set(VIEWS) else None


def _epoch_to(last: int) -> _Part:
    def read(text: str) -> int | None:
        is_number = len(text) <= len(str(last)) and text.isascii() and text.isdecimal()
        return int(text) if is_number and str(int(text)) == text and int(text) <= last else None

    return f"a whole number between 0 and {last}", read


_PARTS: dict[str, _Part] = {
    "statistic": (f"one of {', '.join(ALL_STATISTICS)}", _statistic),
    "replicates": (f"{ALL}, a number from 1 or one of {', '.join(Verdict)}", _replicates),
    "fit": ("1", _yes),
    "singles": ("1", _yes),
    "rows": (f"some of {', '.join(VIEWS)}, with dots between them", _rows),
    "epoch": _epoch_to(MOST_EPOCHS),
    "present": ("1", _yes),
    "smallest": ("1", _yes),
}
