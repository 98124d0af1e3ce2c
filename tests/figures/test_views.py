from __future__ import annotations

from dataclasses import replace

import numpy as np
from conftest import foreign_record, random_record

from vgdemo.config import RunConfig
from vgdemo.figures import VIEWS, ViewOptions, statistics_of, views_of
from vgdemo.record import RunRecord
from vgdemo.theory import expected_of


def test_a_statistic_along_another_axis_has_two_views_that_are_called_as_it_is() -> None:
    record = foreign_record()
    views = views_of(record)
    assert list(views) == [
        *("curves", "layers", "profile", "distribution"),
        *("layers state_gradient_rms", "profile state_gradient_rms"),
    ]
    for kind in ("layers", "profile"):
        assert views[f"{kind} state_gradient_rms"].label == statistics_of(record)["state_gradient_rms"].label
    assert views["layers state_gradient_rms"].label == "through time, RMS of ∂L/∂state"


def test_of_two_statistics_that_say_the_same_one_is_drawn() -> None:
    views = [*views_of(RunRecord.empty(RunConfig(network="lstm")))]
    assert views == [
        *("curves", "layers", "profile", "distribution"),
        *("layers state_gradient_rms", "profile state_gradient_rms"),
        *("layers recurrent_gradient_share", "profile recurrent_gradient_share"),
    ]


def test_such_a_view_shows_its_statistic_whichever_is_chosen_for_the_layers() -> None:
    record = foreign_record()
    view = views_of(record)["layers state_gradient_rms"]
    title = view.make(record, ViewOptions(statistic="kernel_l1"), None).layout.title.text
    assert title == "Through time, RMS of ∂L/∂state, time step by time step"
    assert view.applies(record) and not view.applies(foreign_record(panels={}))
    assert [name for name, one in VIEWS.items() if one.applies(foreign_record(panels={}))] == ["curves"]


def test_two_recurrent_layers_have_views_of_their_own_with_their_names() -> None:
    record = foreign_record()
    (name,) = (name for name, panel in record.panels.items() if panel.axis == "time step")
    steps = record.panels[name]
    larger = replace(steps, statistics={one: 10 * values for one, values in steps.statistics.items()})
    others = {other: panel for other, panel in record.panels.items() if other != name}
    both = replace(record, panels=others | {"steps/first": steps, "steps/second": larger})
    kind = "layers state_gradient_rms steps"
    drawn = {layer: views_of(both)[f"{kind}/{layer}"].make(both, ViewOptions(), None) for layer in ("first", "second")}
    titles = [figure.layout.title.text for figure in drawn.values()]
    title = "Through time, RMS of ∂L/∂state, time step by time step"
    assert titles == [f"{title}, {layer}" for layer in ("first", "second")]
    np.testing.assert_allclose(drawn["second"].data[0].z, 1 + np.array(drawn["first"].data[0].z), rtol=1e-5, atol=1e-5)
    overlaid = views_of(both)["profile state_gradient_rms steps/second"].overlaid
    assert overlaid is not None
    together = overlaid({"A": both, "B": both}, {"A": ViewOptions(), "B": ViewOptions()})
    assert together.layout.title.text.endswith(", second")


def test_theory_is_drawn_over_the_time_steps_of_every_layer() -> None:
    config = RunConfig(network="gru", num_hidden_layers=2, time_steps=4, units=3, n_samples=100, epochs=1, replicates=2)
    record, expected = random_record(config), expected_of(config)
    for layer in ("1", "2"):
        view = views_of(record)[f"profile state_gradient_rms steps/{layer}"]
        lines = [line.name for line in view.make(record, ViewOptions(), expected).data]
        assert "theory, epoch 0" in lines
    over_layers = views_of(record)["profile"].make(record, ViewOptions(), expected)
    assert "theory, epoch 0" not in [line.name for line in over_layers.data]
