from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import foreign_record, with_counts

from vgdemo.figures import gradient_density
from vgdemo.record import HISTOGRAM_EDGES, RunRecord

Make = Callable[..., RunRecord]


def test_a_panel_shows_where_the_entries_of_its_layer_are(make_record: Make) -> None:
    place = int(np.searchsorted(HISTOGRAM_EDGES, -3.0)) + 2  # The bin that begins at 10⁻³.
    panel = gradient_density(with_counts(make_record(), {place: 3, 0: 1})).data[0]
    shares = np.asarray(panel.z)
    assert np.asarray(panel.y)[shares[:, -1].argmax()] == pytest.approx(-2.75)
    np.testing.assert_allclose(shares.max(axis=0), 0.75)
    np.testing.assert_allclose(shares.sum(axis=0), 0.75)


def test_exact_zeros_are_told(make_record: Make) -> None:
    record = with_counts(make_record(), {0: 1, 40: 3})
    figure = gradient_density(record)
    assert "at epoch 3 25 % of the entries of layer 1 are exactly zero." in figure.layout.title.subtitle.text
    zeros = figure.data[1]
    assert max(zeros.y) < min(figure.data[0].y) and set(np.ravel(zeros.z)) == {0.25}
    assert "exactly zero" in zeros.hovertemplate
    assert "no entry is exactly zero" in gradient_density(with_counts(record, {40: 1})).layout.title.subtitle.text


def test_six_kernels_have_six_panels_and_deeper_networks_not_more(make_record: Make) -> None:
    names = [panel.name for panel in gradient_density(make_record(num_hidden_layers=5)).data[::3]]
    assert names == ["layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "the output"]
    names = [panel.name for panel in gradient_density(make_record(num_hidden_layers=20)).data[::3]]
    assert names == ["layer 1", "layer 5", "layer 9", "layer 13", "layer 17", "the output"]


def test_panels_do_not_overlap_and_the_outer_ones_say_their_units(make_record: Make) -> None:
    layout = gradient_density(make_record(num_hidden_layers=5)).layout
    columns = [layout[f"xaxis{n}"].domain for n in (1, 2, 3)]
    assert all(left[1] < right[0] for left, right in zip(columns[:-1], columns[1:], strict=True))
    assert layout.yaxis4.domain[1] < layout.yaxis.domain[0]
    assert [layout[f"xaxis{n}"].title.text for n in (4, 5, 6)] == ["epoch"] * 3
    assert [layout[f"yaxis{n}"].title.text for n in (1, 4)] == ["|g|"] * 2


def test_the_name_of_a_panel_fits_into_it() -> None:
    names = [name.text for name in gradient_density(foreign_record()).layout.annotations]
    assert names == ["layer …/kernel", "layer …_kernel", "layer dense", "the output"]
