"""Several runs in one address: a query parameter for each, their names, and what a person pastes of such an address."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from vgdemo.config import RunConfig
from vgdemo.tour import OPENING, STEPS

COLUMNS = "abcd"  # The parameters, and so how many runs can be compared.
DEFAULT = "default"  # A run without any changed setting.
NAME, VIEW = "name", "view"  # The parameters of a run's own name, and of how a page is looked at.
PRESENTED = "present-1"  # The word of a view that is shown to a room.
TOUR = "tour"  # The parameter of the tour's step.
NAMES = tuple(f"{NAME}_{letter}" for letter in COLUMNS)
MAX_NAME = 40  # Signs of a name.

RunsAndNotices = tuple[tuple[RunConfig, ...], tuple[str, ...]]  # And a sentence for each thing that was not taken.


def to_query(configs: Sequence[RunConfig], names: Sequence[str] = ()) -> dict[str, str]:
    """One parameter for each run, with its settings that differ from their default, and one for each name.

    Example:
        >>> to_query([RunConfig(), RunConfig(units=9, epochs=20)])
        {'a': 'default', 'b': 'units-9 epochs-20'}
        >>> to_query([RunConfig()], ["deep tanh"])
        {'a': 'default', 'name_a': 'deep tanh'}
    """
    settings = {letter: _to_words(config) for letter, config in zip(COLUMNS, configs, strict=False)}
    return settings | {parameter: name for parameter, name in zip(NAMES, names, strict=False) if name}


def run_query(config: RunConfig, name: str = "") -> dict[str, str]:
    """The Lab's parameters for a run and its own name.

    There is always a setting among them, as the bare address is that of the run the Lab opens with.

    Example:
        >>> run_query(RunConfig(units=9)), run_query(RunConfig(), "deep tanh")
        ({'units': '9'}, {'activation': 'tanh', 'name': 'deep tanh'})
    """
    return (config.to_query() or {"activation": config.activation}) | ({NAME: name} if name else {})


def step_query(number: int) -> dict[str, str]:
    """All that a step of the tour shows, of one run in the Lab's parameters, of several in Compare's.

    Args:
        number: From 1.
    """
    step = STEPS[number - 1]
    settings = run_query(*step.runs) if len(step.runs) == 1 else to_query(step.runs)
    return settings | ({VIEW: step.view} if step.view else {})


def without_tour(parameters: Mapping[str, str]) -> dict[str, str]:
    """The other parameters; where there are none but the view, those of the tour's step, presented if the view was.

    Example:
        >>> without_tour({"tour": "2", "units": "9"}), without_tour({"tour": "5", "view": "fit-1"})
        ({'units': '9'}, {'activation': 'tanh', 'view': 'statistic-saturated_share'})
    """
    rest = {name: value for name, value in parameters.items() if name != TOUR}
    number = parameters.get(TOUR, "")
    is_step = number in [str(one) for one, _ in enumerate(STEPS, 1)]
    if not is_step or rest.keys() - {VIEW}:
        return rest
    step = step_query(int(number))
    words = [step.get(VIEW, ""), *(word for word in rest.get(VIEW, "").split() if word == PRESENTED)]
    view = " ".join(word for word in words if word)
    return step | ({VIEW: view} if view else {})


def from_query(parameters: Mapping[str, str]) -> RunsAndNotices:
    """The runs that an address asks for, and a sentence for each thing in it that could not be taken."""
    configs: list[RunConfig] = []
    notices = [
        f"The link names {reprlib.repr(name)}, but a comparison has the columns a to d alone; it is left out."
        for name in parameters
        if name not in (*COLUMNS, *NAMES, VIEW)
    ]
    asked = [parameters[letter] for letter in COLUMNS if letter in parameters]
    for letter, text in zip(COLUMNS, asked, strict=False):  # A column that is left out moves up those after it.
        config, problems = RunConfig.from_query(_from_words(text))
        configs.append(config)
        notices += (f"Column {letter.upper()}: {problem}" for problem in problems)
    return tuple(configs), tuple(notices)


def names_from_query(parameters: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the runs that an address asks for, and a sentence for each that was shortened.

    Example:
        >>> names_from_query({"b": "units-9", "c": "default", "name_c": " deep  tanh "})
        (('', 'deep tanh'), ())
    """
    asked = [name for letter, name in zip(COLUMNS, NAMES, strict=True) if letter in parameters]
    names = [name_from_query(parameters, name) for name in asked]
    return tuple(name for name, _ in names), tuple(notice for _, notices in names for notice in notices)


def name_from_query(parameters: Mapping[str, str], parameter: str = NAME) -> tuple[str, tuple[str, ...]]:
    """The name in a parameter, in one line; empty if there is none. And a sentence if it had to be shortened."""
    name = in_one_line(parameters.get(parameter, ""))
    if len(name) <= MAX_NAME:
        return name, ()
    notice = f"Expected `{parameter}` to have at most {MAX_NAME} signs. Received: {len(name)}. The rest is left out."
    return name[:MAX_NAME].rstrip(), (notice,)


def in_one_line(name: str) -> str:
    """A name without line breaks, signs that cannot be printed, and blanks to spare.

    Example:
        >>> in_one_line(" deep\\n tanh ")
        'deep tanh'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


def settings_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters that are settings: neither the name nor the view."""
    return {name: value for name, value in parameters.items() if name not in (NAME, VIEW)}


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
    parameters = without_tour(dict(parse_qsl(address.query, keep_blank_values=True)))
    if parameters.keys() & set(COLUMNS):
        return from_query(parameters)
    if not parameters:
        return OPENING[:1], ("The link names no setting: it is that of the run the Lab opens with.",)
    config, notices = RunConfig.from_query(settings_of(parameters))
    return (config,), notices


def _to_words(config: RunConfig) -> str:
    return " ".join(f"{name}-{value}" for name, value in config.to_query().items()) or DEFAULT


def _from_words(text: str) -> dict[str, str]:
    """No name of a setting has a hyphen; a value may, as in 1e-06."""
    pairs = (word.partition("-") for word in text.split() if word != DEFAULT)
    return {name: value for name, _, value in pairs}
