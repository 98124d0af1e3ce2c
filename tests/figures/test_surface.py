from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import foreign_record

from vgdemo.figures import decision_surface
from vgdemo.record import RunRecord, Surface

Make = Callable[..., RunRecord]


def test_the_surface_is_the_median_and_the_points_are_the_training_half(make_record: Make) -> None:
    record = make_record(replicates=3, n_samples=200)
    assert record.surface is not None
    figure = decision_surface(record)
    np.testing.assert_allclose(figure.data[0].z, np.median(record.surface.probabilities[-1], axis=0), rtol=1e-6)
    assert sum(len(trace.x) for trace in figure.data[1:]) == 100
    one = decision_surface(record, replicates=(2,)).data[0].z
    np.testing.assert_array_equal(one, record.surface.probabilities[-1, 2])


def test_the_surface_of_a_network_whose_points_are_not_known_stands_alone(make_record: Make) -> None:
    surface = make_record(replicates=1).surface
    assert isinstance(surface, Surface)
    figure = decision_surface(replace(foreign_record(), surface=surface))
    assert [trace.name for trace in figure.data] == ["probability of class 1"]
    assert [frame.name for frame in figure.frames] == [str(epoch) for epoch in surface.epochs]


@pytest.mark.parametrize(
    ("lost", "said"), [(32, "not a number anywhere"), (8, "blank, 25 % of the plane"), (0, "neither is.")]
)
def test_a_network_whose_answer_is_not_a_number_has_a_surface_that_says_so(
    lost: int, said: str, make_record: Make
) -> None:
    record = make_record(replicates=1)
    assert record.surface is not None
    record.surface.probabilities[-1, :, :lost] = np.nan
    assert said in decision_surface(record).layout.title.subtitle.text


@pytest.mark.parametrize("replicates", [(), (0,)])
def test_a_record_without_a_surface_says_so(replicates: tuple[int, ...]) -> None:
    figure = decision_surface(foreign_record(), replicates=replicates)
    assert not figure.data and not figure.frames
    assert figure.layout.title.subtitle.text == "No decision surface was measured."
