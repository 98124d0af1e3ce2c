from __future__ import annotations

from conftest import foreign_record

from vgdemo.figures import VIEWS, ViewOptions, statistics_of, views_of


def test_a_statistic_along_another_axis_has_two_views_that_are_called_as_it_is() -> None:
    record = foreign_record()
    views = views_of(record)
    assert list(views) == [
        *("curves", "layers", "profile", "distribution"),
        *("layers state_gradient_rms", "profile state_gradient_rms"),
    ]
    for kind in ("layers", "profile"):
        assert views[f"{kind} state_gradient_rms"].label == statistics_of(record)["state_gradient_rms"].label
    assert views["layers state_gradient_rms"].label == "state gradient rms"


def test_such_a_view_shows_its_statistic_whichever_is_chosen_for_the_layers() -> None:
    record = foreign_record()
    view = views_of(record)["layers state_gradient_rms"]
    title = view.make(record, ViewOptions(statistic="kernel_l1"), None).layout.title.text
    assert title == "State gradient rms, time step by time step"
    assert view.applies(record) and not view.applies(foreign_record(panels={}))
    assert [name for name, one in VIEWS.items() if one.applies(foreign_record(panels={}))] == ["curves"]
