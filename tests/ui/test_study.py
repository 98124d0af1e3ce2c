"""The Study page: its form, what it says of a study, and where it leads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import Estimate, QueueFullError, StudyProgress, StudyState
from vgdemo.jobs.tracked_study import mark_of
from vgdemo.record import RunRecord
from vgdemo.store import RunStore
from vgdemo.study import Grid, Study
from vgdemo.study.presets import STUDIES
from vgdemo.summary import Summary, summarize
from vgdemo.ui import landscape, study
from vgdemo.ui.landscape import marks_key
from vgdemo.ui.session import MEASURE, SESSION
from vgdemo.ui.study_form import suggested
from vgdemo.ui.study_look import StudyLook

from .conftest import StandInJobs, button, control, forged, query

APP = str(Path(__file__).resolve().parents[2] / "app.py")
GRID = Grid.of(RunConfig(epochs=20), {"num_hidden_layers": [1, 2, 3], "activation": ["tanh", "relu"]})
SMALL, LARGE = Estimate(6, 20.0, 2e6), Estimate(6, 7200.0, 2e9)
Open = Callable[..., AppTest]


class StandInStudies:
    """Studies that stand where a test puts them."""

    def __init__(self) -> None:
        self.details: dict[str, Any] = {}
        self.summaries: dict[RunConfig, Summary] = {}
        self.done: list[tuple[str, Grid]] = []
        self.others: list[StudyProgress] = []

    def look(self, grid: Grid) -> StudyProgress:
        progress = StudyProgress(
            grid=grid,
            state=StudyState.READY,
            is_known=True,
            done=len(self.summaries),
            trained=0,
            failed={},
            at_work=(),
            rate=None,
            seconds_left=None,
            trouble="",
            deaths=0,
            started=None,
            owner=None,
            version=1,
        )
        return replace(progress, **self.details)

    def results(self, grid: Grid) -> Study:
        return Study(grid, self.summaries)

    def listed(self) -> list[StudyProgress]:
        return self.others

    def start(self, grid: Grid, visitor: str = "") -> None:
        self.done.append(("start", grid))
        self.details |= {"started": datetime.now(UTC), "owner": mark_of(visitor)}

    def pause(self, grid: Grid) -> None:
        self.done.append(("pause", grid))

    def stop(self, grid: Grid) -> None:
        self.done.append(("stop", grid))

    def forget(self, grid: Grid) -> None:
        self.done.append(("forget", grid))


class StandInEstimates:
    """What a test says that runs take."""

    said: Estimate | None = SMALL

    def of(self, configs: tuple[RunConfig, ...]) -> Estimate | None:
        return self.said and replace(self.said, runs=len(configs))


@pytest.fixture
def studies(jobs: StandInJobs) -> StandInStudies:
    jobs.studies, jobs.estimates = StandInStudies(), StandInEstimates()  # type: ignore[attr-defined]
    study._estimates.clear()
    landscape._drawn.cache_clear()
    return jobs.studies  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def open_study(studies: StandInStudies) -> Open:
    def visit(**asked: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30).switch_page("pages/6_Study.py")
        page.query_params.update(asked or GRID.to_query())
        return page.run()

    return visit


def said(page: AppTest) -> str:
    return " ".join(one.value for kind in (page.markdown, page.caption, page.warning) for one in kind).replace("\\", "")


def bar(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text).replace("\\", "")


def texts(page: AppTest) -> dict[str, Any]:
    return {one.key: one for one in page.text_input}


def test_a_link_says_the_whole_study(open_study: Open) -> None:
    page = open_study()
    assert page.session_state[SESSION].grid == GRID
    assert "6 runs: hidden layers, 1 to 3 × activation, tanh and ReLU" in said(page)
    assert "all with epochs 20" in said(page)
    assert texts(page)["values along x"].value == "1..3" and texts(page)["values along y"].value == "tanh, relu"
    assert query(page) == GRID.to_query()
    assert not page.exception and not page.warning


def test_the_bare_address_is_that_of_the_first_preset(studies: StandInStudies) -> None:
    page = AppTest.from_file(APP, default_timeout=30).switch_page("pages/6_Study.py").run()
    first = next(preset for preset in STUDIES if preset.name == "depth")
    assert page.session_state[SESSION].grid == first.grid
    assert control(page, "study preset").value == first.title


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"x": "beauty: 1..3"}, "Expected a setting of a run. Received: 'beauty', which does not exist"),
        ({"x": "units: 0, 5, 300"}, "Received: units=0 and units=300"),
        ({"x": "seed: 0..999", "y": "data_seed: 0..999"}, "Received: 1000000 (1000 x 1000)"),
        ({"x": "units: 5"}, "Expected a study of 2 to 5000 runs. Received: 1"),
        ({"x": "units: 5..8", "y": "units activation: 5 tanh, 6 relu"}, "Received `units` twice"),
        ({"y": "<b>"}, "Received: <b>"),
        ({"x": "units: 5..8", "view": "measure-beauty"}, "Received: 'beauty'. It is ignored"),
        ({"x": "units: 5..8", "epochs": "0"}, "Expected `epochs` to be a whole number between 1 and 2000"),
    ],
)
def test_a_link_that_lies_is_told_in_a_sentence_and_starts_nothing(
    asked: dict[str, str], sentence: str, open_study: Open, studies: StandInStudies
) -> None:
    page = open_study(**asked)
    assert sentence in said(page)
    assert not page.exception and not studies.done


def test_values_that_are_typed_make_another_study_and_address(open_study: Open) -> None:
    page = open_study()
    texts(page)["values along x"].set_value("2..8 by 2").run()
    assert page.session_state[SESSION].grid.axes[0].points == ((2,), (4,), (6,), (8,))
    assert query(page)["x"] == "num_hidden_layers: 2, 4, 6, 8"


def test_values_that_are_none_leave_the_study_as_it_was(open_study: Open) -> None:
    page = open_study()
    texts(page)["values along x"].set_value("0..3").run()
    assert "Expected values of `num_hidden_layers` to be a whole number between 1 and 50" in said(page)
    assert page.session_state[SESSION].grid == GRID


def test_another_setting_along_an_axis_begins_with_values_of_its_own(open_study: Open) -> None:
    page = open_study()
    next(one for one in page.multiselect if one.label == "Along y").set_value(["normalization"]).run()
    assert texts(page)["values along y"].value == "none, batch, layer"
    assert page.session_state[SESSION].grid.shape == (3, 3)


def test_a_setting_that_changes_along_an_axis_has_no_control(open_study: Open) -> None:
    page = open_study()
    assert control(page, "Study num_hidden_layers").disabled
    assert not control(page, "Study units").disabled


@pytest.mark.parametrize("name", [*RunConfig().to_dict()])
def test_the_values_with_which_an_axis_begins_are_values(name: str) -> None:
    from vgdemo.config import SETTINGS
    from vgdemo.study import Axis

    assert len(Axis.of(name, suggested(SETTINGS[name])).points) > 1


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"is_known": False}, "Looking which runs the store holds."),
        ({"done": 2}, "2 of 6 runs are done."),
        (
            {"state": StudyState.RUNNING, "done": 4, "rate": 30.0, "seconds_left": 90.0},
            "4 of 6 runs are done, 30 a minute, about 2 minutes left.",
        ),
        (
            {"state": StudyState.PAUSED, "done": 1, "at_work": GRID.configs[:2]},
            "1 of 6 runs are done; paused, with 2 runs still at work.",
        ),
        ({"state": StudyState.PAUSED, "done": 1}, "1 of 6 runs are done; paused."),
        ({"state": StudyState.STOPPED, "done": 1}, "1 of 6 runs are done; stopped."),
        (
            {"state": StudyState.INTERRUPTED, "done": 1},
            "1 of 6 runs are done; the server ended before it was complete.",
        ),
        (
            {"state": StudyState.COMPLETE, "done": 0, "failed": dict.fromkeys(GRID.configs, "too large")},
            "0 of 6 runs are done, 6 failed.",
        ),
        ({"state": StudyState.COMPLETE, "done": 6}, "Complete: 6 of 6 runs are done."),
    ],
)
def test_where_it_stands_is_said(
    details: dict[str, Any], words: str, open_study: Open, studies: StandInStudies
) -> None:
    studies.details = details
    assert bar(open_study()) == words


def test_a_study_of_which_the_store_cannot_say_anything_says_why(open_study: Open, studies: StandInStudies) -> None:
    trouble = "Expected the run store s3://a to be readable. Received: denied"
    studies.details = {"is_known": False, "trouble": trouble}
    assert f"{trouble} The study tries again by itself." in said(open_study())


def test_trouble_deaths_and_failures_are_said(open_study: Open, studies: StandInStudies) -> None:
    failed = {GRID.at(0, 0): "ValueError: too large"}
    trouble = "Expected the run store s3://a to be writable. Received: denied"
    studies.details = {"state": StudyState.RUNNING, "trouble": trouble, "deaths": 2, "failed": failed}
    words = said(open_study())
    assert f"{trouble} The study tries again by itself." in words
    assert "A worker died 2 times; its runs were given to another one." in words
    assert f"1 run failed. {GRID.at(0, 0).sentence}: ValueError: too large." in words


def test_start_pause_and_stop_do_what_they_say(open_study: Open, studies: StandInStudies) -> None:
    button(open_study(), "Start").click().run()
    studies.details = {"state": StudyState.RUNNING}
    page = open_study()
    button(page, "Pause").click().run()
    button(page, "Stop").click().run()
    studies.details = {"state": StudyState.PAUSED}
    button(open_study(), "Go on").click().run()
    assert studies.done == [("start", GRID), ("pause", GRID), ("stop", GRID), ("start", GRID)]


def test_what_is_small_says_what_it_takes_and_asks_nothing(open_study: Open) -> None:
    page = open_study()
    assert "The missing 6 runs take less than a minute and 2 MB of the store on 2 workers" in said(page)
    assert not page.checkbox


def test_what_is_large_asks_first(open_study: Open, studies: StandInStudies, jobs: StandInJobs) -> None:
    jobs.estimates.said = LARGE  # type: ignore[attr-defined]
    page = open_study()
    assert button(page, "Start").disabled
    assert "about 2 hours and 2 GB" in said(page)
    study._start(GRID)  # As a browser may ask that does not mind what is disabled.
    assert not studies.done
    page.checkbox[0].check().run()
    button(page, "Start").click().run()
    assert studies.done == [("start", GRID)]


def test_what_is_confirmed_of_one_study_says_nothing_of_another(open_study: Open, jobs: StandInJobs) -> None:
    jobs.estimates.said = LARGE  # type: ignore[attr-defined]
    page = open_study()
    page.checkbox[0].check().run()
    assert not button(page, "Start").disabled
    texts(page)["values along x"].set_value("1..9").run()
    assert button(page, "Start").disabled and not page.checkbox[0].value


def test_more_workers_make_another_estimate(open_study: Open, jobs: StandInJobs) -> None:
    open_study()
    jobs.num_workers = 8
    jobs.estimates.said = replace(SMALL, seconds=240.0)  # type: ignore[attr-defined]
    assert "take about 4 minutes and 2 MB of the store on 8 workers" in said(open_study())


def test_more_than_the_store_keeps_is_said(
    open_study: Open, jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study.runs, "open_store", lambda: RunStore("memory://small", max_bytes=10**9))
    jobs.estimates.said = LARGE  # type: ignore[attr-defined]
    assert "It needs about 2 GB, but the store keeps 1 GB: `VGDEMO_STORE_GB` says how much it may." in said(
        open_study()
    )


def test_nothing_starts_before_it_is_known_what_it_takes(open_study: Open, jobs: StandInJobs) -> None:
    jobs.estimates.said = None  # type: ignore[attr-defined]
    page = open_study()
    assert "Measuring what a run of it takes here." in said(page)
    assert button(page, "Start").disabled


def test_the_measure_stands_in_the_address(open_study: Open) -> None:
    page = open_study()
    control(page, MEASURE).set_value("accuracy").run()
    assert query(page)["view"] == "measure-accuracy"
    assert control(open_study(**query(page)), MEASURE).value == "accuracy"


def test_marked_runs_go_to_compare_and_one_goes_to_the_lab(open_study: Open) -> None:
    page = open_study()
    assert button(page, "Open in the Lab").disabled and button(page, "Compare them").disabled
    choice = page.multiselect(key=marks_key(GRID))
    choice.set_value([1, 4]).run()
    assert button(page, "Open in the Lab").disabled and not button(page, "Compare them").disabled
    button(page, "Compare them").click().run()
    assert page.session_state[SESSION].columns == (GRID.configs[1], GRID.configs[4])


def test_a_run_that_is_marked_alone_is_opened_in_the_lab(open_study: Open) -> None:
    page = open_study()
    page.multiselect(key=marks_key(GRID)).set_value([3]).run()
    button(page, "Open in the Lab").click().run()
    assert page.session_state[SESSION].config == GRID.configs[3]


def shown(measure: str = "learned") -> str:
    """The sentence below the landscape's title."""
    return str(json.loads(landscape._picture(GRID, StudyLook(measure)).json)["layout"]["title"]["subtitle"]["text"])


def test_the_landscape_shows_what_is_known_and_more_when_more_is(
    studies: StandInStudies, make_record: Callable[..., RunRecord]
) -> None:
    assert shown() == "None of 6 runs is trained yet."
    studies.summaries = {GRID.at(0, 0): summarize(make_record())}
    assert "of 6 runs 5 not trained yet" in shown()
    studies.summaries[GRID.at(1, 0)] = summarize(make_record(activation="relu"))
    assert "of 6 runs 4 not trained yet" in shown()
    assert shown("verdict").startswith("Of ")


@pytest.mark.parametrize("point", [None, {}, [], [0], ["0", 1], [0.5, 1], [9, 0], [-1, 0], [[0], 1]])
def test_a_forged_click_chooses_nothing(point: Any, studies: StandInStudies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landscape, "session", lambda: pytest.fail("a run was chosen"))
    landscape._pick(GRID, point)


def test_other_studies_of_the_server_can_be_opened(open_study: Open, studies: StandInStudies) -> None:
    other = Grid.of(RunConfig(), {"units": [5, 8]})
    studies.others = [replace(studies.look(other), state=StudyState.STOPPED)]
    page = open_study()
    assert other.sentence in said(page)
    button(page, f"Open {other.key[:4]}").click().run()
    assert page.session_state[SESSION].grid == other


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize("starter", ["another", ""])
def test_a_stranger_neither_pauses_nor_stops_nor_hides_what_another_has_started(
    starter: str,
    open_study: Open,
    studies: StandInStudies,
) -> None:
    studies.details = {"state": StudyState.RUNNING, "started": datetime.now(UTC), "owner": mark_of(starter)}
    other = Grid.of(RunConfig(), {"units": [5, 8]})
    studies.others = [replace(studies.look(other), state=StudyState.STOPPED)]
    for label in ("Pause", "Stop", "Forget"):
        forged(open_study(), label)
    assert studies.done == []


@pytest.mark.usefixtures("strangers")
def test_who_has_started_a_study_may_stop_it(
    open_study: Open,
    studies: StandInStudies,
) -> None:
    page = open_study()
    button(page, "Start").click().run()
    assert studies.details["owner"] == mark_of(page.session_state[SESSION].visitor)
    studies.details["state"] = StudyState.RUNNING
    page = button(page.run(), "Pause").click().run()
    studies.details["owner"] = mark_of("another")  # Who has started it anew, after this one was forgotten.
    button(page, "Stop").click().run()
    assert studies.done == [("start", GRID), ("pause", GRID)]


@pytest.mark.usefixtures("strangers")
def test_a_stranger_who_may_go_on_with_a_study_is_told_that_it_stays_anothers(
    open_study: Open,
    studies: StandInStudies,
) -> None:
    studies.details = {"state": StudyState.PAUSED, "started": datetime.now(UTC), "owner": mark_of("another")}
    page = open_study()
    assert not button(page, "Go on").disabled
    assert button(page, "Go on").help == study.GO_ON_HELP
    assert button(page, "Stop").disabled
    studies.details = {}
    assert not button(open_study(), "Start").help


def test_one_study_too_many_is_said_on_the_page(
    open_study: Open,
    studies: StandInStudies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise QueueFullError("Expected at most 2 studies. Received: another one.")

    monkeypatch.setattr(studies, "start", refuse)
    page = open_study()
    button(page, "Start").click().run()
    assert "Expected at most 2 studies." in said(page)
    assert not page.exception
