"""Programs are compiled before they are needed, and only while nobody needs the machine."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest
from dask.system import CPU_COUNT
from jobs.compiling import failing, noted, noted_priority
from jobs.waiting import until

from vgdemo.config import RunConfig
from vgdemo.jobs import warming
from vgdemo.jobs.compiler import LOWEST
from vgdemo.jobs.processor import Processor
from vgdemo.jobs.warming import Warming
from vgdemo.room import neighbours, program_key
from vgdemo.tour import OPENING

MANY = 10


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "QUIET_SECONDS", 0)
    monkeypatch.setattr(warming, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(Processor, "share_taken", 0.0)


class Log:
    """What was asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.note = partial(noted, path)

    @property
    def runs(self) -> list[RunConfig]:
        text = self._path.read_text() if self._path.exists() else ""
        *lines, _ = text.split("\n")  # The last one may still be written.
        return [RunConfig.from_dict(json.loads(line)) for line in lines]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "asked")


@pytest.fixture
def begin(log: Log) -> Iterator[Callable[..., Warming]]:
    """Begins to compile, and ends with the test."""
    with ExitStack() as stack:

        def started(
            is_idle: Callable[[], bool] = lambda: True,
            compile_program: Callable[[RunConfig], None] | None = None,
            prepare: Callable[[RunConfig], None] = lambda _: None,
        ) -> Warming:
            one = stack.enter_context(closing(Warming(is_idle, prepare, compile_program or log.note)))
            one.start()
            return one

        yield started


def test_all_neighbours_of_the_first_run_are_compiled_the_nearest_first(
    begin: Callable[..., Warming], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "CPU_COUNT", 1)  # Where several are compiled at a time, any may be done first.
    expected = neighbours(OPENING[0])
    begin()
    until(lambda: len(log.runs) >= len(expected))
    assert log.runs == expected


def test_what_somebody_looks_at_next_has_neighbours_of_its_own(begin: Callable[..., Warming], log: Log) -> None:
    expected = neighbours(OPENING[0])
    one = begin()
    until(lambda: len(log.runs) >= len(expected))
    view = OPENING[0].with_changes(normalization="layer")
    one.look(view)
    until(lambda: len(log.runs) > len(expected) + MANY)
    runs = log.runs
    assert set(runs[len(expected) :]) <= set(neighbours(view))
    assert len(set(runs)) == len(runs)


def test_the_program_of_what_is_looked_at_is_at_hand_in_every_worker_once(begin: Callable[..., Warming]) -> None:
    at_hand: list[RunConfig] = []
    one = begin(prepare=at_hand.append)
    until(lambda: at_hand)
    view = OPENING[0].with_changes(normalization="layer")
    for run in (view, view.with_changes(learning_rate=0.1), view.with_changes(activation="relu")):  # Of one program.
        one.look(run)
        time.sleep(0.05)
    until(lambda: len(at_hand) > 1)
    assert [program_key(run) for run in at_hand] == [program_key(OPENING[0]), program_key(view)]


def test_nothing_is_begun_while_somebody_trains(begin: Callable[..., Warming], log: Log) -> None:
    idle = threading.Event()
    begin(idle.is_set)
    time.sleep(0.2)
    assert not log.runs
    idle.set()
    until(lambda: len(log.runs) > MANY)
    idle.clear()
    time.sleep(0.5)  # One was being compiled.
    count = len(log.runs)
    time.sleep(0.2)
    assert len(log.runs) == count < len(neighbours(OPENING[0]))


def test_a_person_who_comes_at_any_moment_ends_nothing_for_good(begin: Callable[..., Warming], log: Log) -> None:
    chance = random.Random(0)
    begin(lambda: chance.random() < 0.5)
    until(lambda: len(log.runs) == len(neighbours(OPENING[0])))


def test_nothing_is_begun_while_others_need_the_processor(
    begin: Callable[..., Warming], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Processor, "share_taken", 0.9)
    begin()
    time.sleep(0.2)
    assert not log.runs


def test_who_chooses_quickly_is_left_alone(
    begin: Callable[..., Warming], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "QUIET_SECONDS", 60)
    begin().look(OPENING[0])
    time.sleep(0.2)
    assert not log.runs


def test_a_process_that_fails_is_not_tried_again(
    begin: Callable[..., Warming], caplog: pytest.LogCaptureFixture
) -> None:
    begin(compile_program=failing)
    until(lambda: "no longer compiled before they are needed" in caplog.text)
    assert any(run.sentence in caplog.text for run in neighbours(OPENING[0])[:CPU_COUNT])


def test_a_log_line_says_what_was_compiled(
    begin: Callable[..., Warming], log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    begin()
    count = len(neighbours(OPENING[0]))
    until(lambda: f"Compiled {count} programs" in caplog.text)
    assert len(log.runs) == count


def test_a_program_is_compiled_behind_all_others(begin: Callable[..., Warming], tmp_path: Path) -> None:
    path = tmp_path / "priority"
    begin(compile_program=partial(noted_priority, path))
    until(lambda: path.exists() and path.read_text() == f"{LOWEST}\n")
