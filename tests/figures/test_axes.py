from __future__ import annotations

import numpy as np
from conftest import foreign_record

from vgdemo.figures import (
    curves,
    gradient_density,
    gradient_distribution,
    layer_heatmap,
    layer_lines,
    layer_profile,
)
from vgdemo.figures.axes import (
    decades,
    epoch_axis,
    epoch_range,
    from_first_to_last,
    log_axis,
    named_places,
    place_axis,
    shortened,
)
from vgdemo.record import Panel


def panel(*labels: str) -> Panel:
    return Panel("layer", labels, tuple(f"layer {label}" for label in labels), np.zeros(0, np.int32), {})


def test_axes_have_a_handful_of_ticks_however_wide_they_are() -> None:
    for low, high in ((-8, 1), (-40, 3), (-0.2, 0.3), (-5.5, -5.1)):
        assert len(decades(low, high)["tickvals"]) <= 9
    for count in range(1, 62):
        places = named_places(count)
        assert (places[0], places[-1]) == (0, count - 1)
        assert places == sorted(set(places)) and len(places) <= 14


def test_an_axis_has_room_for_long_numbers_beside_its_title() -> None:
    assert log_axis(-2.8, -2.6, most=10) == {
        "type": "log",
        "tickvals": [0.002],
        "ticktext": ["2.0·10⁻³"],
        "automargin": True,
    }
    assert "automargin" not in log_axis(-1, 0.3, most=5)


def test_an_axis_without_places_has_no_ticks_and_some_width() -> None:
    axis = place_axis(panel())
    assert axis["tickvals"] == [] and axis["range"] == [-0.5, 0.5]
    assert from_first_to_last(panel()) == ""


def test_short_names_stand_as_they_are() -> None:
    assert "ticktext" not in place_axis(panel("1", "2", "output"))


def test_names_of_somebodys_own_are_no_markup() -> None:
    axis = place_axis(panel("<b>x</b>", "a & b"))
    assert axis["tickvals"] == ["<b>x</b>", "a & b"] and axis["ticktext"] == ["&lt;b&gt;x&lt;/b&gt;", "a &amp; b"]


def test_long_names_are_shortened_beside_the_axis_alone() -> None:
    labels = tuple(f"bidirectional_lstm_{number}/recurrent_kernel" for number in range(60))
    axis = place_axis(panel(*labels))
    assert axis["categoryarray"] == list(labels) and set(axis["tickvals"]) <= set(labels)
    assert axis["automargin"] and len(axis["ticktext"]) == len(axis["tickvals"])
    assert max(map(len, axis["ticktext"])) == 21
    assert shortened("lstm/recurrent_kernel") == "lstm/recurrent_kernel"


def test_many_layers_are_named_by_the_blocks_that_begin_there() -> None:
    labels = [
        "stem",
        *(f"layer{stage}.{block}.conv{part}" for stage in (1, 2, 3, 4) for block in "01" for part in "123"),
    ]
    axis = place_axis(panel(*labels, "fc"))
    assert axis["tickvals"] == [label for label in [*labels, "fc"] if label.endswith("conv1") or "." not in label]
    assert axis["ticktext"][:3] == ["stem", "layer1.0", "layer1.1"] and axis["ticktext"][-1] == "fc"


def test_names_without_blocks_are_named_in_even_steps() -> None:
    for labels in ([f"dense_{number}" for number in range(30)], [f"{number}" for number in range(30)]):
        ticks = [labels.index(tick) for tick in place_axis(panel(*labels))["tickvals"]]
        assert ticks == named_places(30)


def test_shortened_names_keep_what_tells_them_apart() -> None:
    labels = [f"transformer_encoder_layer_{number}_attention_output" for number in range(12)]
    names = place_axis(panel(*labels))["ticktext"]
    assert len({*names}) == 12 and max(map(len, names)) <= 21
    assert all(str(number) in name for number, name in enumerate(names))


def test_the_start_alone_has_room_to_be_seen() -> None:
    assert epoch_range(foreign_record(epochs=np.array([0], np.int32))) == [0, 1]
    assert epoch_range(foreign_record()) == [0, 6]
    assert epoch_range(foreign_record(planned_epochs=9)) == [0, 9]


def test_an_axis_of_few_epochs_names_each_and_no_half() -> None:
    one = foreign_record(planned_epochs=1)
    assert (epoch_axis(one)["range"], epoch_axis(one)["dtick"]) == ([0, 1], 1)
    assert "dtick" not in epoch_axis(foreign_record(planned_epochs=500))


def test_a_logarithmic_axis_can_be_read_however_far_it_reaches() -> None:
    for low, high in ((-1, 0.3), (-1, 1), (-3, 0.3), (-8, 38), (-324, 308), (-2, -1.9)):
        axis = log_axis(low, high, most=5)
        assert 1 <= len(axis["tickvals"]) <= 5
        assert all(low <= np.log10(value) <= high + 0.01 for value in axis["tickvals"])
    assert log_axis(-1, 0.3, most=5)["tickvals"] == [0.1, 0.2, 0.5, 1, 2]


def test_a_log_that_counts_steps_is_drawn_and_told_in_steps() -> None:
    record = foreign_record(unit="step")
    over_steps = [layer_heatmap(record), layer_lines(record), curves(record)]
    for figure in (*over_steps, layer_profile(record), gradient_distribution(record), gradient_density(record)):
        reading = figure.layout.title.subtitle.text.lower()
        assert "step 6" in reading and "epoch" not in reading
        assert not any("epoch" in (trace.hovertemplate or "") for trace in figure.data)
    for figure in over_steps:
        assert figure.layout.xaxis.title.text == "step"
