"""How much of the machine others take."""

from __future__ import annotations

from collections import namedtuple

import psutil
import pytest

from vgdemo.jobs.processor import Processor

Times = namedtuple("Times", ["user", "nice", "system", "idle"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[Times]:
    """What the system says at each look, one after the other."""
    said = [Times(100.0, 0.0, 10.0, 1000.0)]
    monkeypatch.setattr(psutil, "cpu_times", lambda: said[-1])
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)
    return said


def test_what_users_and_the_system_take_counts_and_what_runs_behind_them_does_not(clock: list[Times]) -> None:
    processor = Processor()
    clock.append(Times(101.0, 5.0, 10.5, 1003.5))  # 10 seconds of two cores.
    assert processor.share_taken == pytest.approx(0.15)


def test_only_what_was_since_the_look_before_counts(clock: list[Times]) -> None:
    processor = Processor()
    clock.append(Times(110.0, 0.0, 10.0, 1000.0))
    assert processor.share_taken == 1
    clock.append(Times(110.0, 0.0, 10.0, 1010.0))
    assert processor.share_taken == 0


def test_a_look_too_soon_after_another_one_says_what_that_said(clock: list[Times]) -> None:
    processor = Processor()
    clock.append(Times(105.0, 0.0, 10.0, 1005.0))
    assert processor.share_taken == 0.5
    clock.append(Times(105.1, 0.0, 10.0, 1005.0))
    assert processor.share_taken == 0.5
