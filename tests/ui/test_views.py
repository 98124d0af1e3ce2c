"""Figures of runs on a page, of networks that no settings describe too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import foreign_record
from streamlit.testing.v1 import AppTest

from vgdemo.figures import VIEWS, ViewOptions
from vgdemo.jobs import JobState, Progress
from vgdemo.record import RunRecord
from vgdemo.ui import views
from vgdemo.ui.session import SESSION


@dataclass
class Finished:
    """A job whose record was made elsewhere."""

    record: RunRecord
    version: int = 1
    progress: Progress = Progress(JobState.DONE, 6, 6)

    @property
    def run_key(self) -> str:
        return self.record.run_key


def page_side_by_side() -> None:
    import streamlit as st

    from vgdemo.figures import VIEWS, ViewOptions
    from vgdemo.ui.views import show_side_by_side

    show_side_by_side(st.session_state["jobs"], ViewOptions(), "all", tuple(VIEWS))


@pytest.fixture
def page() -> AppTest:
    page = AppTest.from_function(page_side_by_side, default_timeout=60)
    page.session_state["jobs"] = {letter: Finished(foreign_record(draw)) for draw, letter in enumerate("AB")}
    return page.run()


def pictures(page: AppTest) -> dict[str, Any]:
    return {name: picture for name, picture in page.session_state[SESSION].drawn["Compare"].pictures.items()}


def test_a_network_of_ones_own_has_every_view_but_the_plane_and_its_time_steps(page: AppTest) -> None:
    assert not page.exception
    alone = [kind for kind in VIEWS if kind not in ("surface", "profile")] + ["layers state_gradient_rms"]
    together = ["overlay", "overlay loss", "profile", "profile state_gradient_rms"]
    assert sorted(pictures(page)) == sorted([*together, *(f"{kind} {letter}" for kind in alone for letter in "AB")])


def test_columns_are_told_apart_by_their_letter_and_share_their_kind(page: AppTest) -> None:
    drawn = pictures(page)
    assert drawn["layers A"].kind == drawn["layers B"].kind == "layers"
    assert (drawn["layers B"].column, drawn["profile"].column) == ("B", "")


def test_downloads_have_the_name_of_their_run_or_of_all_runs(page: AppTest) -> None:
    page.session_state[SESSION].names = ("", "My / run")
    drawn = pictures(page.run())
    assert drawn["layers A"].file == "my_model-layers"
    assert drawn["layers B"].file == "My-run-layers"
    assert drawn["layers state_gradient_rms B"].file == "My-run-layers-state_gradient_rms"
    assert drawn["overlay"].file == "my_model-against-My-run-overlay"


def test_its_layers_have_their_own_names(page: AppTest) -> None:
    layers = json.loads(pictures(page)["layers A"].json)["layout"]["yaxis"]["categoryarray"]
    assert layers == ["lstm/kernel", "lstm/recurrent_kernel", "dense", "answer"]


def test_a_remark_follows_each_reading_and_costs_no_look_at_the_frames() -> None:
    record = foreign_record()
    for name, view in VIEWS.items():
        plain, figure = (view.make(record, ViewOptions(), None) for _ in range(2))
        written = views._remarked(figure, "Of 2 of 3.").to_dict()
        expected = plain.to_dict()
        for layout in (expected["layout"], *(frame["layout"] for frame in expected.get("frames", []))):
            layout["title"]["subtitle"]["text"] = f"{layout['title']['subtitle']['text']} Of 2 of 3.".strip()
        assert json.dumps(written, default=str) == json.dumps(expected, default=str), name
        assert bool(getattr(figure, "plain_frames", [])) == bool(expected.get("frames"))
