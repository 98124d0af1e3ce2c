"""What a person waits for who changes one control of the Lab: from the click to what the browser has drawn."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, TimeoutError

from bench.drawn import Watched
from bench.result import REPEATS, Result
from tests.browser.dashboard import chromium, dashboard
from vgdemo.config import SETTINGS_OF, RunConfig
from vgdemo.effects import without_effect
from vgdemo.presets import DEEP_TANH
from vgdemo.setting import Setting

IDLE = 120  # Seconds that the server is left alone first.
VALUES = 10  # Of each number.
LIMIT = 330  # Seconds for all changes; those for which there is no time are left out.
REST = 1  # Seconds that a person looks at the default run before the next change.
OPENINGS, OPEN_MILLISECONDS = 5, 2000
LARGE = ("num_hidden_layers", "units", "n_samples", "batch_size", "epochs", "replicates")  # Runs of any length.
MEDIAN, WORST, END = 0.5, 1.2, 1.5  # Seconds that are promised.
DENSE = SETTINGS_OF["dense"]
LONG = DEEP_TANH.with_changes(batch_size=8)  # Trains for some seconds; of more epochs a curve shows every fourth.


class Wait(NamedTuple):
    """Seconds from a click to the first curve and, of a run of the default's size, to its end."""

    first: float
    end: float | None


def controls(folder: Path, idle: float = IDLE, limit: float = LIMIT) -> Iterator[Result]:
    """Each control changed from the default run, and the seed in the middle of a run."""
    with dashboard(VGDEMO_STORE=str(folder)) as url, chromium() as browser:
        lab = Lab(Watched(browser), url)
        time.sleep(idle)
        waits: defaultdict[str, list[Wait]] = defaultdict(list)
        every, end = changes(), time.monotonic() + limit
        for name, config in every:
            if time.monotonic() < end and (wait := lab.changed(name, config)) is not None:
                waits[name].append(wait)
        yield from _summary([*chain(*waits.values())], len(every))
        for name in DENSE:
            if name in waits:
                yield Result(f"    {DENSE[name].label}", [wait.first for wait in waits[name]], MEDIAN)
        middle = list(lab.changed_in_the_middle())
        yield Result("click to first curve, in the middle of another run", middle, MEDIAN)
        yield Result("    the slowest", [max(middle)], WORST)


def _summary(waits: list[Wait], planned: int) -> Iterator[Result]:
    firsts, ends = [wait.first for wait in waits], [wait.end for wait in waits if wait.end is not None]
    yield Result(f"click to first curve, {len(waits)} of {planned} single changes", firsts, MEDIAN)
    yield Result("    the slowest", [max(firsts)], WORST)
    yield Result(f"click to the drawn end, {len(ends)} runs of the default's size", ends, END)


def changes() -> list[tuple[str, RunConfig]]:
    """A setting and the run that differs from the default in it alone, one of each setting in turn.

    In random order, so that the neighbour of a value has not just been compiled.
    """
    chance = random.Random(0)
    columns = [[(name, config) for config in _variants(setting)] for name, setting in DENSE.items()]
    for column in columns:
        chance.shuffle(column)
    return [change for turn in zip_longest(*columns) for change in turn if change is not None]


def _variants(setting: Setting) -> Iterator[RunConfig]:
    """The default run with other values of a setting; none if that does nothing beside the other settings."""
    if setting.name in without_effect(DEEP_TANH.to_dict()):
        return
    for value in _values(setting):
        with suppress(ValueError):  # Too large a run, or a batch.
            config = DEEP_TANH.with_changes(**{setting.name: value})
            if config != DEEP_TANH:
                yield config


def _values(setting: Setting) -> list[str | int | float | bool]:
    """Each choice, or some numbers of the range: by equal factors if it spans more than two powers of ten."""
    if setting.choices or isinstance(setting.default, bool):
        return [*(setting.choices or (False, True))]
    low, high = setting.minimum, setting.maximum
    spaced = np.geomspace if low and high / low > 100 else np.linspace
    numbers = [float(f"{value:.3g}") for value in spaced(low, high, VALUES)]
    return [*dict.fromkeys(numbers if isinstance(setting.default, float) else map(round, numbers))]


class Lab:
    """The Lab in a browser, its panels open."""

    def __init__(self, watched: Watched, url: str) -> None:
        self._watched, self._page = watched, watched.page
        self._page.goto(f"{url}/?{urlencode({'activation': DEEP_TANH.activation})}")
        for panel in ("Data", "Repeats"):
            self._page.get_by_text(panel, exact=True).click()
        self._watched.whole([DEEP_TANH])

    def _go_back(self) -> None:
        """Show the default run to its end again, and look at it."""
        self._watched.forget()
        self._page.go_back()
        self._watched.whole([DEEP_TANH])
        time.sleep(REST)

    def changed(self, name: str, config: RunConfig) -> Wait | None:
        """Change one setting of the default run, wait, and go back; None where the mouse did not move the slider."""
        config = self._set(name, config)
        if config == DEEP_TANH:
            return None
        clicked = self._watched.acted
        first = self._watched.first_curve(config)
        end = None if name in LARGE else self._watched.whole([config]) - clicked
        self._page.wait_for_function("name => new URLSearchParams(location.search).has(name)", arg=name)
        self._go_back()
        return Wait(first - clicked, end)

    def changed_in_the_middle(self) -> Iterator[float]:
        """Seconds to the first curve after another seed, while the run of the last one has just begun."""
        self._set("batch_size", LONG)
        self._watched.first_curve(LONG)
        for seed in range(1, REPEATS + 1):
            config = LONG.with_changes(seed=seed)
            self._set("seed", config)
            clicked = self._watched.acted
            yield self._watched.first_curve(config) - clicked

    def _set(self, name: str, config: RunConfig) -> RunConfig:
        """Act on a control as a person does; the run that is then shown, for a slider is aimed at with the mouse."""
        setting, value = DENSE[name], getattr(config, name)
        control = self._page.locator(f".st-key-{name}")
        box = control.locator("input").first
        if setting.choices:
            self._choose(box, setting.in_words(value))
        elif isinstance(value, bool):
            control.locator("label").click()
        elif box.get_attribute("type") == "range":
            self._point(control, (value - setting.minimum) / (setting.maximum - setting.minimum))
            return config.with_changes(**{name: int(box.input_value())})
        else:
            box.fill(str(value))
            box.press("Enter")
        return config

    def _choose(self, box: Locator, label: str) -> None:
        """Open the list, once more if it has closed by itself, and choose."""
        option = self._page.get_by_role("option", name=label, exact=True)
        for _ in range(OPENINGS):
            box.click()
            with suppress(TimeoutError):
                option.click(timeout=OPEN_MILLISECONDS)
                return
        raise TimeoutError(f"Expected a list with {label!r}. It did not stay open.")

    def _point(self, slider: Locator, share: float) -> None:
        """Press on the track of a slider, at a share of its length."""
        track = slider.locator("[data-orientation=horizontal] > [data-orientation=horizontal]").first
        width, height = track.evaluate("track => [track.clientWidth, track.clientHeight]")
        track.click(position={"x": 1 + share * (width - 2), "y": height / 2})  # Beyond its edges nothing hears.
