"""Several runs in one address: a query parameter for each, and what a person pastes that came from such an address."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from vgdemo.config import RunConfig

COLUMNS = "abcd"  # The parameters, and so how many runs can be compared.
DEFAULT = "default"  # A run without any changed setting.

RunsAndNotices = tuple[tuple[RunConfig, ...], tuple[str, ...]]  # And a sentence for each thing that was not taken.


def to_query(configs: Sequence[RunConfig]) -> dict[str, str]:
    """One parameter for each run, with its settings that differ from their default.

    Example:
        >>> to_query([RunConfig(), RunConfig(units=9, epochs=20)])
        {'a': 'default', 'b': 'units-9 epochs-20'}
    """
    return {letter: _to_words(config) for letter, config in zip(COLUMNS, configs, strict=False)}


def from_query(parameters: Mapping[str, str]) -> RunsAndNotices:
    """The runs that an address asks for, and a sentence for each thing in it that could not be taken."""
    configs: list[RunConfig] = []
    notices = [
        f"Expected up to four columns, a to d. Received: {reprlib.repr(name)} as well; it is left out."
        for name in parameters
        if name not in COLUMNS
    ]
    asked = [parameters[letter] for letter in COLUMNS if letter in parameters]
    for letter, text in zip(COLUMNS, asked, strict=False):  # A column that is left out moves up those after it.
        config, problems = RunConfig.from_query(_from_words(text))
        configs.append(config)
        notices += (f"Column {letter.upper()}: {problem}" for problem in problems)
    return tuple(configs), tuple(notices)


def from_text(text: str) -> RunsAndNotices:
    """The runs of a pasted link, of one run or of several, or of pasted JSON.

    Example:
        >>> (config,), notices = from_text("http://127.0.0.1:8501/?units=9")
        >>> config.units
        9

    Raises:
        ValueError: If it is neither.
    """
    text = text.strip()
    if text.startswith("{"):
        return (RunConfig.from_json(text),), ()
    try:
        address = urlsplit(text)
    except ValueError:
        address = urlsplit("")
    if not (address.netloc or address.query):
        raise ValueError(f"Expected a link to a run or settings as JSON. Received: {reprlib.repr(text)}")
    parameters = dict(parse_qsl(address.query, keep_blank_values=True))
    if parameters.keys() & set(COLUMNS):
        return from_query(parameters)
    config, notices = RunConfig.from_query(parameters)
    if not parameters:
        notices = ("The link names no setting: it is that of the default run.",)
    return (config,), notices


def _to_words(config: RunConfig) -> str:
    return " ".join(f"{name}-{value}" for name, value in config.to_query().items()) or DEFAULT


def _from_words(text: str) -> dict[str, str]:
    """No name of a setting has a hyphen; a value may, as in 1e-06."""
    pairs = (word.partition("-") for word in text.split() if word != DEFAULT)
    return {name: value for name, _, value in pairs}
