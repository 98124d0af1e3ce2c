from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.diagnosis import Remedy, diagnose
from vgdemo.jobs import JobState, Trial, TrialState
from vgdemo.learning import Share
from vgdemo.links import to_query
from vgdemo.record import RunRecord
from vgdemo.trials import first_remedies
from vgdemo.ui import remedies as module
from vgdemo.ui.session import TRY

from .conftest import StandInJobs, control
from .test_verdict import vanishing

Open = Callable[..., AppTest]
MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def ill(jobs: StandInJobs, make_record: MakeRecord) -> RunRecord:
    """A run that does not learn, on a server that tries remedies."""
    record = vanishing(make_record)
    jobs.record = lambda config: record
    jobs.trials.is_on = True
    return record


def offered(record: RunRecord) -> tuple[Remedy, ...]:
    assert record.config is not None
    return first_remedies(diagnose(record), record.config)


def tried(record: RunRecord, jobs: StandInJobs, *counts: int) -> None:
    """Let so many of ten replicates learn with the first remedies."""
    for remedy, count in zip(offered(record), counts, strict=False):
        jobs.trials.found[remedy.applied(record.config).run_key] = Trial(TrialState.DONE, Share(count, 10))


def labels(page: AppTest) -> list[str]:
    return [one.label.replace("\\", "") for one in page.button if (one.key or "").startswith("remedy ")]


def style(page: AppTest) -> str:
    """Which button comes first, second, …"""
    return " ".join(element.proto.body for element in page.get("html") if "order:" in element.proto.body)


def test_each_button_says_what_came_of_its_trial(lab: Open, jobs: StandInJobs, ill: RunRecord) -> None:
    tried(ill, jobs, 10, 0)
    names = [remedy.label for remedy in offered(ill)]
    jobs.trials.found[offered(ill)[2].applied(ill.config).run_key] = Trial(TrialState.AT_WORK)
    found = labels(lab(**ill.config.to_query()))
    assert found[:4] == [
        f"{names[0]} :small[·] :small[learns in 10 of 10]",
        f"{names[1]} :small[·] :small[tried: learns in 0 of 10]",
        f"{names[2]} :small[·] :small[being tried …]",
        f"{names[3]} :small[·] :small[to be tried]",
    ]


def test_the_best_come_first_once_all_are_tried_and_not_before(lab: Open, jobs: StandInJobs, ill: RunRecord) -> None:
    tried(ill, jobs, 3, 0, 9)
    page = lab(**ill.config.to_query())
    assert style(page) == ""
    before = labels(page)
    tried(ill, jobs, 3, 0, 9, 3)
    page.run()
    assert [label.partition(" :")[0] for label in labels(page)] == [label.partition(" :")[0] for label in before]
    places = [".st-key-remedies > :nth-child(3) {order: 0}", ":nth-child(1) {order: 1}", ":nth-child(4) {order: 2}"]
    for place in places:
        assert place in style(page)


def test_the_first_remedies_are_tried_as_the_buttons_lead_to_them(lab: Open, jobs: StandInJobs, ill: RunRecord) -> None:
    lab(**ill.config.to_query())
    assert jobs.trials.looked == [remedy.applied(ill.config) for remedy in offered(ill)]


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.DONE])
def test_only_a_run_that_is_whole_has_its_remedies_tried(
    state: JobState, lab: Open, jobs: StandInJobs, ill: RunRecord
) -> None:
    jobs.state = state
    lab(**ill.config.to_query())
    assert jobs.trials.looked == []


def test_a_person_can_turn_trials_off(lab: Open, jobs: StandInJobs, ill: RunRecord) -> None:
    page = lab(**ill.config.to_query())
    jobs.trials.looked = []
    control(page, TRY).set_value(False).run()
    assert jobs.trials.looked == []
    assert labels(page) == [remedy.label for remedy in offered(ill)]


def test_a_server_without_trials_shows_no_switch(lab: Open, jobs: StandInJobs, ill: RunRecord) -> None:
    jobs.trials.is_on = False
    page = lab(**ill.config.to_query())
    assert not [one for one in page.toggle if one.key == TRY]
    assert labels(page) == [remedy.label for remedy in offered(ill)]


def test_a_change_that_is_too_large_to_be_tried_says_so(
    lab: Open, jobs: StandInJobs, ill: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "trial_of", lambda config: None)
    assert all(label.endswith(":small[too large to be tried]") for label in labels(lab(**ill.config.to_query())))
    assert jobs.trials.looked == []


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_trials_of_a_visit_are_bounded_however_many_columns_are_ill(
    count: int, compare: Open, jobs: StandInJobs, ill: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: dict[int, int] = {}

    def look(configs: Any) -> list[Trial]:
        looked[configs[0].seed] = len(configs)
        return [Trial(TrialState.WAITING) for _ in configs]

    monkeypatch.setattr(jobs.trials, "look", look)
    compare(**to_query([ill.config.with_changes(seed=seed) for seed in range(count)]))
    assert list(looked.values()) == [8 // count] * count


def test_a_look_at_trials_is_cheap(jobs: StandInJobs, ill: RunRecord) -> None:
    job = jobs.submit(ill.config)
    begun = time.perf_counter()
    for _ in range(10):
        module._look(offered(ill), job, 4)  # type: ignore[arg-type]
    assert (time.perf_counter() - begun) / 10 < 0.05
