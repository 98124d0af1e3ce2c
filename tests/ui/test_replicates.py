"""Which replicates the figures show."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from conftest import changed
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress
from vgdemo.record import RunRecord
from vgdemo.ui.session import REPLICATE, SESSION

Make = Callable[..., RunRecord]
LEARNS, DEAD = 2, (0, 1, 3)  # Of four replicates.


@dataclass
class FakeJob:
    """A job whose record was made elsewhere."""

    record: RunRecord
    state: JobState = JobState.DONE
    version: int = 1

    @property
    def config(self) -> RunConfig:
        assert self.record.config is not None
        return self.record.config

    @property
    def progress(self) -> Progress:
        return Progress(self.state, 3, 3)

    @property
    def run_key(self) -> str:
        return self.record.run_key


def lab() -> None:
    import streamlit as st

    from vgdemo.figures import ViewOptions
    from vgdemo.ui.replicates import replicate_choice
    from vgdemo.ui.views import show_one

    job = st.session_state["job"]
    show_one(job, ViewOptions(), replicate_choice([job]))


def compare() -> None:
    import streamlit as st

    from vgdemo.figures import VIEWS, ViewOptions
    from vgdemo.ui.replicates import replicate_choice
    from vgdemo.ui.views import show_side_by_side

    jobs = st.session_state["jobs"]
    show_side_by_side(jobs, ViewOptions(), replicate_choice(jobs.values()), tuple(VIEWS))


def fitted() -> None:
    import streamlit as st

    from vgdemo.figures import VIEWS, ViewOptions
    from vgdemo.ui.views import show_side_by_side

    show_side_by_side(st.session_state["jobs"], ViewOptions(fit=True), "all", tuple(VIEWS))


@pytest.fixture
def mixed(make_record: Make) -> RunRecord:
    """One of four replicates learns, the others have a layer whose units are all dead."""
    record = make_record(activation="relu", replicates=4)

    def kill(values: np.ndarray) -> None:
        values[:, DEAD] = 1

    def settle(values: np.ndarray) -> None:
        values[:] = 0.5
        values[1:, LEARNS] = 0.9

    dead = changed(record, dead_share=0, saturated_share=0, gradient_zero_share=0)
    return replace(changed(dead, dead_share=kill, val_accuracy=settle), majority_share=0.5)


def opened(page: Callable[[], None], chosen: str | None = None, **state: Any) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in state.items():
        test.session_state[name] = value
    if chosen is not None:
        test.session_state[REPLICATE] = chosen
    return test.run()


def choice(page: AppTest) -> Any:
    assert not page.exception
    return page.selectbox(key=REPLICATE)


def readings(page: AppTest) -> dict[str, str]:
    assert not page.exception
    (shown,) = page.session_state[SESSION].drawn.values()
    layouts = {name: json.loads(picture.json)["layout"] for name, picture in shown.pictures.items()}
    return {name: layout["title"]["subtitle"]["text"] for name, layout in layouts.items()}


def test_replicates_that_fall_into_kinds_can_be_chosen_by_kind(mixed: RunRecord) -> None:
    page = opened(lab, job=FakeJob(mixed))
    assert choice(page).options == [
        "median of all",
        "the 1 that learns",
        "the 3 that have a dead layer",
        *(f"replicate {number}" for number in range(1, 5)),
    ]


def test_a_kind_is_shown_in_every_figure(mixed: RunRecord) -> None:
    said = readings(opened(lab, "dead", job=FakeJob(mixed)))
    assert all("3 of 4 replicates" in sentence for sentence in said.values())


def test_a_kind_that_dies_after_what_names_it_says_so(mixed: RunRecord) -> None:
    """Its figures show an end at which every gradient is exactly zero."""

    def revive(values: np.ndarray) -> None:
        values[0, 1] = 0

    def diverge(values: np.ndarray) -> None:
        values[-1, 1] = np.nan

    another = replace(mixed, source=replace(mixed.config, seed=9))  # A diagnosis is kept by the settings.
    diverged = changed(another, dead_share=revive, train_loss=diverge)
    said = readings(opened(lab, "diverged", job=FakeJob(diverged)))
    assert "Of the replicates 1 diverges (with a dead layer in the end)." in said["layers"]


def test_one_replicate_is_shown_in_every_figure(mixed: RunRecord) -> None:
    said = readings(opened(lab, "3", job=FakeJob(mixed)))
    assert all("eplicate 3" in sentence for sentence in said.values())
    assert said["curves"].startswith("Replicate 3: validation accuracy 0.9 at")


def test_the_median_of_replicates_that_differ_says_that_they_do(mixed: RunRecord) -> None:
    said = readings(opened(lab, job=FakeJob(mixed)))
    for kind in ("layers", "profile"):
        assert said[kind].endswith(" Replicates of 2 kinds: look at each.")


def test_replicates_that_are_alike_have_no_kinds(make_record: Make) -> None:
    alike = changed(make_record(activation="relu"), dead_share=1, val_accuracy=0.5)
    page = opened(lab, job=FakeJob(alike))
    assert choice(page).options == ["median of all", "replicate 1", "replicate 2"]
    assert not any("look at" in sentence for sentence in readings(page).values())


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("dead", ["No replicate has a dead layer: you see all."]),
        ("healthy", ["No replicate learns: you see all."]),
        ("4", ["There is no replicate 4: you see all."]),
        ("nonsense", []),
    ],
)
def test_a_choice_that_the_next_run_does_not_have_becomes_all_and_it_says_so(
    gone: str, said: list[str], make_record: Make
) -> None:
    page = opened(lab, gone, job=FakeJob(make_record()))
    assert choice(page).value == "all"
    assert [toast.value for toast in page.toast] == said
    assert not page.run().toast


def test_a_kind_that_all_replicates_are_of_is_not_said_to_be_absent(make_record: Make) -> None:
    alike = changed(make_record(activation="relu"), dead_share=1, val_accuracy=0.5)
    page = opened(lab, "dead", job=FakeJob(alike))
    assert choice(page).value == "all" and not page.toast


def test_a_kind_stays_chosen_until_the_run_is_over(mixed: RunRecord) -> None:
    page = opened(lab, "dead", job=FakeJob(mixed, JobState.TRAINING))
    assert choice(page).value == "dead" and "those that have a dead layer" in choice(page).options
    assert "median of 4 replicates" in readings(page)["layers"]
    page.session_state["job"] = FakeJob(mixed, version=2)
    assert choice(page.run()).value == "dead"
    assert "median of 3 of 4 replicates" in readings(page)["layers"]


def test_side_by_side_a_kind_means_each_columns_own(mixed: RunRecord, make_record: Make) -> None:
    other = changed(make_record(activation="relu", replicates=3), dead_share=1, val_accuracy=0.5)
    page = opened(compare, "healthy", jobs={"A": FakeJob(mixed), "B": FakeJob(other)})
    assert "those that learn" in choice(page).options
    said = readings(page)
    assert "replicate 3" in said["layers A"]
    assert said["layers B"].endswith("(median of 3 replicates). All replicates: none learns.")


def test_what_lies_beyond_the_scale_leads_to_the_choice_that_fits_it(make_record: Make) -> None:
    page = opened(lab, job=FakeJob(changed(make_record(seed=7), gradient_rms=np.array([4e-16, 0.1, 0.5]))))
    said = readings(page)
    counted = "1 layer below 10⁻⁸, smallest 4.0·10⁻¹⁶, beyond the scale."
    assert counted in said["layers"]
    assert counted in said["profile"]


def test_side_by_side_the_scales_fit_to_all_runs(make_record: Make) -> None:
    small, large = (changed(make_record(seed=seed), gradient_rms=size) for seed, size in ((8, 1e-12), (9, 1e3)))
    page = opened(fitted, jobs={"A": FakeJob(small), "B": FakeJob(large)})
    assert not page.exception
    (shown,) = page.session_state[SESSION].drawn.values()
    layouts = {name: json.loads(picture.json)["layout"] for name, picture in shown.pictures.items()}
    assert layouts["layers A"]["meta"]["scale"] == layouts["layers B"]["meta"]["scale"] == [-12.5, 3.5]
    assert layouts["distribution A"]["xaxis"] == layouts["distribution B"]["xaxis"]
