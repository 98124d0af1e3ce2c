"""Which stored runs a person looks for: words, verdicts and values of settings, in the Library's address as well."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import streamlit as st

from vgdemo.comparison import differing
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.diagnosis import HEADLINES, Verdict, headline
from vgdemo.setting import Setting
from vgdemo.store import StoredRun
from vgdemo.ui.address import Address
from vgdemo.ui.page import told
from vgdemo.ui.pages import LIBRARY
from vgdemo.ui.session import control_key

MAX_CHARS, MOST_VALUES = 100, 50  # Of the words that are looked for, and of each setting in an address.
_VERDICT_WORDS = {str(verdict): words for verdict, words in HEADLINES.items()}
TEXT, VERDICT = "text", "verdict"
PROPERTIES = {
    VERDICT: Setting(VERDICT, "", "Verdict", "", Verdict.HEALTHY, tuple(Verdict), words=_VERDICT_WORDS),
    **SETTINGS,
}
_ASKED = "settings to filter by"


class Filters(NamedTuple):
    """What a person looks for.

    Attributes:
        text: Each of its words has to be among a run's words, in capitals or not.
        values: Name in `PROPERTIES` to the values of which a run has to have one.
    """

    text: str
    values: dict[str, tuple[Any, ...]]

    def take(self, run: StoredRun) -> bool:
        """Whether a run is one of those."""
        verdict = f"{HEADLINES[run.summary.verdict]} {headline(run.summary.verdict, run.summary.learned)}"
        words = f"{short_words(run)} {run.sentence} {verdict}".casefold()
        wanted = self.text.casefold().replace("_", " ").split()  # Whoever writes Keras's names finds them, too.
        return all(word in words for word in wanted) and all(
            _value(run, name) in values for name, values in self.values.items()
        )


def short_words(run: StoredRun) -> str:
    """A run as short as a phone needs it."""
    config = run.config
    if config is None:
        return run.sentence
    activation = SETTINGS["activation"].in_words(config.activation)
    kind = f"{config.architecture.keras_class} " if config.architecture.is_recurrent else ""
    return f"{config.num_hidden_layers} × {config.units} {kind}{activation}"


def found(stored: Sequence[StoredRun]) -> list[StoredRun]:
    """Draw the filters; the runs that they leave."""
    asked = ADDRESS.asked()
    if asked is not None:
        _enter(asked)
    filters = _entered(stored)
    for notice in ADDRESS.notices(filters):
        st.warning(told(notice))
    ADDRESS.show(filters)
    return [run for run in stored if filters.take(run)]


def read(query: Mapping[str, str]) -> tuple[Filters, tuple[str, ...]]:
    """What an address asks for, and a sentence for each thing in it that does not exist."""
    values: dict[str, tuple[Any, ...]] = {}
    notices: list[str] = []
    for name, text in query.items():
        if name in PROPERTIES:
            values[name] = tuple(islice(dict.fromkeys(_parsed(PROPERTIES[name], text, notices)), MOST_VALUES))
        elif name != TEXT:
            notices.append(f"The link asks for runs by {reprlib.repr(name)}, which no run has; it is ignored.")
    return Filters(query.get(TEXT, "")[:MAX_CHARS], {name: one for name, one in values.items() if one}), tuple(notices)


def _parsed(setting: Setting, text: str, notices: list[str]) -> Iterator[Any]:
    for word in text.split():
        try:
            yield setting.parsed(word)
        except ValueError as error:
            notices.append(f"{error}. It is left out of the filter.")


def write(filters: Filters) -> dict[str, str]:
    """The query parameters that ask for this.

    Example:
        >>> write(Filters("circles", {"activation": ("relu", "tanh"), "units": (5,)}))
        {'text': 'circles', 'activation': 'relu tanh', 'units': '5'}
    """
    texts = {name: " ".join(map(_word, values)) for name, values in filters.values.items()}
    return ({TEXT: filters.text} if filters.text else {}) | texts


ADDRESS = Address(LIBRARY, read, write)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _value(run: StoredRun, name: str) -> Any:
    return run.summary.verdict if name == VERDICT else getattr(run.source, name, None)


def _enter(filters: Filters) -> None:
    """Set every control; only before they are drawn."""
    st.session_state[control_key(LIBRARY, TEXT)] = filters.text
    st.session_state[control_key(LIBRARY, _ASKED)] = [name for name in filters.values if name != VERDICT]
    for name in PROPERTIES:
        st.session_state[control_key(LIBRARY, name)] = [*filters.values.get(name, ())]


def _entered(stored: Sequence[StoredRun]) -> Filters:
    """Draw the controls, and read them."""
    with st.container(horizontal=True, key="filters"):
        text = st.text_input(
            "Find",
            key=control_key(LIBRARY, TEXT),
            persist_state="session",
            max_chars=MAX_CHARS,
            placeholder="Words of a run, such as relu dead",
        )
        chosen = {VERDICT: _values(VERDICT, stored)}
        differ = differing([run.source for run in stored if isinstance(run.source, RunConfig)])
        names = _choice(_ASKED, "Settings", differ, "Any in which they differ", _label)
        chosen |= {name: _values(name, stored) for name in names}
    return Filters(text.strip(), {name: tuple(values) for name, values in chosen.items() if values})


def _values(name: str, stored: Sequence[StoredRun]) -> list[Any]:
    return _choice(name, _label(name), {_value(run, name) for run in stored}, "Any", PROPERTIES[name].in_words)


def _choice(
    name: str, label: str, present: Iterable[Any], placeholder: str, in_words: Callable[[Any], str]
) -> list[Any]:
    """A choice of what is present; what a link asks for stands in it all the same."""
    key = control_key(LIBRARY, name)
    options = {*present, *st.session_state[key]} - {None}
    return list(
        st.multiselect(
            label,
            sorted(options),
            key=key,
            format_func=in_words,
            placeholder=placeholder,
            persist_state="session",
        )
    )


def _label(name: str) -> str:
    return PROPERTIES[name].label
