from __future__ import annotations

import pytest

from vgdemo.article import configs, experiments
from vgdemo.config import RunConfig
from vgdemo.waiting import Part, expected_seconds, seconds_left

RUN = RunConfig(replicates=20)
EXPECTED = expected_seconds(RUN)


def test_deep_and_wide_networks_take_longer() -> None:
    deep, wide = RUN.with_changes(num_hidden_layers=10), RUN.with_changes(units=25)
    assert EXPECTED < expected_seconds(deep) < expected_seconds(deep.with_changes(units=25))
    assert expected_seconds(wide) > EXPECTED


def test_workers_share_what_is_left() -> None:
    whole = [Part(RUN, 0)] * 8
    assert seconds_left(whole, 1) == pytest.approx(8 * EXPECTED)
    assert seconds_left(whole, 4) == pytest.approx(2 * EXPECTED)
    assert seconds_left(whole, 100) == pytest.approx(EXPECTED), "no run is shared"


def test_what_is_trained_takes_no_more_time() -> None:
    assert seconds_left([Part(RUN, 1), Part(RUN, 0.75)], 1) == pytest.approx(EXPECTED / 4)
    assert seconds_left([Part(RUN, 1)], 1) == 0


def test_a_machine_that_proves_slow_is_expected_to_stay_so() -> None:
    """Measured long enough, what was expected does not count any more."""
    runs = configs(experiments())
    slow = [Part(run, 1, 5 * expected_seconds(run)) for run in runs[:13]]
    missing = [Part(run, 0) for run in runs[13:]]
    unknown = seconds_left(missing, 2)
    assert 4 * unknown < seconds_left([*slow, *missing], 2) < 5 * unknown
