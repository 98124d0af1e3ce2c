"""How to read the figures, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import foreign_record

from vgdemo.figures import STATISTICS, guide, layer_heatmap, layer_profile, views_of
from vgdemo.figures.views import ViewOptions
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_every_view_says_how_to_read_it(make_record: Make) -> None:
    for record in (make_record(), foreign_record()):
        for view in views_of(record).values():
            how = view.make(record, ViewOptions(), None).layout.meta["how"]
            assert how.endswith(".") and 100 < len(how) < 900


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_is_explained_where_it_is_drawn(name: str, make_record: Make) -> None:
    for make_figure in (layer_heatmap, layer_profile):
        assert guide.STATISTICS[name] in make_figure(make_record(), name).layout.meta["how"]


def test_layers_are_counted_from_the_input_unless_they_have_names(make_record: Make) -> None:
    assert "1 is the first hidden layer" in layer_heatmap(make_record()).layout.meta["how"]
    assert "1 is the first hidden layer" not in layer_heatmap(foreign_record()).layout.meta["how"]


def test_nats_are_explained_where_the_loss_is_in_nats(make_record: Make) -> None:
    assert "always answering with even odds costs 0.69" in guide.of_curves(make_record())
    record = foreign_record()
    squared = replace(record, model=replace(record.model, loss="mean_squared_error", num_classes=None))
    assert "nats" not in guide.of_curves(squared)


@pytest.mark.parametrize("name", STATISTICS)
def test_zero_is_special_only_where_the_scale_has_no_place_for_it(name: str, make_record: Make) -> None:
    figure = layer_heatmap(make_record(), name)
    key = [trace.name for trace in figure.data if trace.type == "scatter"]
    is_share = name.endswith("_share")
    assert key == ["NaN", "∞"] if is_share else ["exact zero", "NaN", "∞"]
    for how in (figure.layout.meta["how"], layer_profile(make_record(), name).layout.meta["how"]):
        assert ("Exact zeros," in how) != is_share and ("powers of ten" in how) != is_share
