from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.figures import STATISTICS, layer_heatmap, layer_profile, statistics_of
from vgdemo.figures.scales import Statistic, statistic_of
from vgdemo.record import ACTIVATION_STATISTICS, KERNEL_STATISTICS, UPDATE_STATISTICS, RunRecord

Make = Callable[..., RunRecord]


@pytest.mark.parametrize("name", STATISTICS)
def test_all_runs_share_one_range_unless_it_shall_fit(name: str, make_record: Make) -> None:
    assert name in (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)
    values = (np.array([1e-30, 1e-29])[:, None], np.array([0.25, 0.5])[:, None])
    tiny, large = (changed(make_record(), **{name: each}) for each in values)
    for fit, same in ((False, True), (True, False)):
        ranges = [
            (layer_heatmap(record, name, fit=fit).data[0].zmin, layer_profile(record, name, fit=fit).layout.yaxis.range)
            for record in (tiny, large)
        ]
        assert (ranges[0] == ranges[1]) == same


def test_a_record_offers_what_it_has(make_record: Make) -> None:
    assert list(statistics_of(make_record())) == list(STATISTICS)
    assert list(statistics_of(foreign_record())) == [*STATISTICS, "state_gradient_rms"]
    assert not statistics_of(foreign_record(panels={}))


@pytest.mark.parametrize(
    ("values", "ends", "logarithmic"),
    [
        ([3e-7, 0.0, 2e-3, np.nan], (-7, -2), True),
        ([20.0, 5000.0, np.inf], (1, 4), True),
        ([0.01, 0.01], (-2, -1), True),
        ([0.0, np.nan], (0, 1), True),
        ([-2.0, 0.5], (-2, 0.5), False),
        ([-2.0, -2.0], (-2, 0), False),
    ],
)
def test_an_unknown_statistic_has_a_scale_around_its_values(
    values: list[float], ends: tuple[float, float], logarithmic: bool
) -> None:
    found = Statistic.around("state_norm", np.array(values))
    assert ((found.low, found.high), found.logarithmic, found.title) == (ends, logarithmic, "State norm")


@pytest.mark.parametrize(("activation", "word"), [("tanh", "saturated"), ("relu", "inactive"), ("elu", "inactive")])
def test_the_flat_of_an_activation_has_its_own_word(activation: str, word: str, make_record: Make) -> None:
    assert statistic_of(make_record(activation=activation), "saturated_share").label == f"units, {word} share"
    assert statistic_of(foreign_record(), "saturated_share").label == "units, saturated or inactive share"


def test_a_statistic_that_is_not_there_has_a_scale_all_the_same() -> None:
    assert statistic_of(foreign_record(), "weather").title == "Weather"
