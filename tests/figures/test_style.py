from __future__ import annotations

import pytest

from vgdemo.figures.style import new_figure, translucent


def test_a_figure_says_what_it_is_to_those_who_see_it_and_to_those_who_cannot() -> None:
    layout = new_figure("Loss", "It falls.", "Line chart.").layout
    assert (layout.title.text, layout.title.subtitle.text) == ("Loss", "It falls.")
    assert layout.meta["alt"] == "Line chart."


def test_a_figure_is_neither_over_epochs_nor_framed_nor_logarithmic_unless_it_is_said() -> None:
    meta = new_figure("Loss", "It falls.", "Line chart.").layout.meta
    assert dict(meta) == {"alt": "Line chart.", "how": "", "scale": [], "epochs": False, "framed": False, "log10": []}
    meta = new_figure("Loss", "It falls.", "Line chart.", over_epochs=True, log10=("yaxis", "z")).layout.meta
    assert dict(meta) == {
        "alt": "Line chart.",
        "how": "",
        "scale": [],
        "epochs": True,
        "framed": False,
        "log10": ["yaxis", "z"],
    }


def test_a_figure_may_have_another_layout_in_part() -> None:
    usual, other = (new_figure("T", "R.", "A.", **layout).layout for layout in ({}, {"margin": {"l": 3}, "height": 99}))
    assert (other.margin.l, other.height) == (3, 99)
    assert other.legend == usual.legend and usual.margin.l != 3


def test_figures_do_not_share_what_one_of_them_changes() -> None:
    one = new_figure("T", "R.", "A.")
    one.update_layout(margin_l=3)
    one.layout.meta["log10"].append("z")
    other = new_figure("T", "R.", "A.").layout
    assert other.margin.l != 3 and other.meta["log10"] == []


@pytest.mark.parametrize(
    ("color", "opacity", "css"),
    [
        ("#000000", 1, "rgba(0,0,0,1)"),
        ("#FFFFFF", 0, "rgba(255,255,255,0)"),
        ("#10ff0a", 0.25, "rgba(16,255,10,0.25)"),
    ],
)
def test_a_colour_keeps_its_red_green_and_blue(color: str, opacity: float, css: str) -> None:
    assert translucent(color, opacity) == css
