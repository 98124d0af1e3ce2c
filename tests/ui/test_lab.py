from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import random_record
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError
from vgdemo.record import RunRecord
from vgdemo.ui.lab import wait_for_news
from vgdemo.ui.page import plain
from vgdemo.ui.session import SESSION, Drawn, session

from .conftest import StandInJob, button, control, query

Lab = Callable[..., AppTest]


def progress(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text).replace("\\", "")


def shown_in(page: AppTest) -> Drawn:
    """The figures on the page."""
    return page.session_state[SESSION].drawn["Lab"]  # type: ignore[no-any-return]


def test_a_link_to_the_default_run_asks_for_it_and_keeps_its_address(lab: Lab, jobs: Any) -> None:
    page = lab(activation="tanh")
    assert not page.exception
    assert [job.config for job in jobs.submitted] == [RunConfig()]
    assert query(page) == {"activation": "tanh"}


@pytest.mark.parametrize(
    ("state", "details", "words"),
    [
        (JobState.QUEUED, {"position": 3}, "In the queue, at place 3."),
        (JobState.QUEUED, {"notices": ("Waiting for the workers to start.",)}, "In the queue. Waiting for the workers"),
        (JobState.COMPILING, {}, "Compiling the network; its first epochs follow."),
        (
            JobState.TRAINING,
            {"epoch": 312, "seconds_left": 0.44},
            "Training: epoch 312 of 500, less than a minute left.",
        ),
        (JobState.TRAINING, {"epoch": 3, "seconds_left": 1639.0}, "Training: epoch 3 of 500, about 27 minutes left."),
        (JobState.TRAINING, {"epoch": 3}, "Training: epoch 3 of 500."),
        (JobState.DONE, {"epoch": 500, "notices": ("It is not kept.",)}, "Complete. It is not kept."),
        (JobState.STOPPED, {"epoch": 40}, "Stopped after epoch 40 of 500; a stopped run is not kept."),
        (
            JobState.STOPPED,
            {"epoch": 40, "goes_on": True},
            "Stopped here after epoch 40 of 500; training went on for others.",
        ),
        (JobState.FAILED, {"reason": "ValueError: *no*"}, "Failed: ValueError: *no*"),
    ],
)
def test_progress_is_said_in_words(state: JobState, details: Any, words: str, lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.details = state, details
    page = lab()
    assert not page.exception
    assert " ".join(progress(page).split()).startswith(words)


def test_the_first_picture_waits_for_a_curve_and_for_nothing_else(lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.details = JobState.TRAINING, {"epoch": 3, "seconds_left": 0.2}
    lab()
    assert jobs.submitted[0].waited_for == {"curve"}


@pytest.mark.parametrize(
    ("epoch", "left", "waited_for"), [(0, None, {"curve"}), (3, None, set()), (3, 3.0, set()), (3, 0.2, {"end"})]
)
def test_a_later_picture_waits_for_the_first_curve_and_for_an_end_that_is_near(
    epoch: int, left: float | None, waited_for: set[str]
) -> None:
    job = StandInJob(RunConfig(), Progress(JobState.TRAINING, epoch, 500, seconds_left=left))
    wait_for_news(job)  # type: ignore[arg-type]
    assert job.waited_for == waited_for


def test_a_page_that_the_person_has_left_behind_takes_no_part_of_the_next_one(
    lab: Lab, jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of a page overlap for a moment: the older one, which waits, must not register its part last."""

    def overtaken(self: StandInJob, seconds: float) -> bool:
        session().job = None
        return False

    monkeypatch.setattr(StandInJob, "wait_for_curve", overtaken)
    page = lab()
    assert not page.exception
    assert not page.get("progress")


def test_how_long_it_took_is_said(lab: Lab, jobs: Any, make_record: Callable[..., RunRecord]) -> None:
    jobs.record = lambda config: make_record()
    assert "Complete, 1.0 s to compile, 0.0 s to train." in progress(lab())


def test_stop_stops_the_job(lab: Lab, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = lab()
    button(page, "Stop").click().run()
    assert jobs.submitted[0].progress.state is JobState.STOPPED


def test_a_stopped_run_can_be_trained_again(lab: Lab, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = lab()
    button(page, "Stop").click().run()
    assert not [one for one in page.button if one.label == "Stop"]
    jobs.state = JobState.DONE
    button(page, "Train it again").click().run()
    assert [job.config for job in jobs.submitted] == [RunConfig(), RunConfig()]
    assert progress(page).startswith("Complete") and button(page, "Stop").disabled


def test_train_is_there_for_a_run_that_was_stopped_and_for_no_other(lab: Lab, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = lab()
    assert button(page, "Train").disabled
    button(page, "Stop").click().run()
    jobs.state = JobState.DONE
    button(page, "Train").click().run()
    assert len(jobs.submitted) == 2 and progress(page).startswith("Complete")
    assert button(page.run(), "Train").disabled


def test_a_failed_run_can_be_tried_again(lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.details = JobState.FAILED, {"reason": "out of memory"}
    page = lab()
    jobs.state, jobs.details = JobState.DONE, {}
    button(page, "Try again").click().run()
    assert len(jobs.submitted) == 2
    assert progress(page).startswith("Complete")


def test_a_scheduler_that_does_not_answer_is_named_and_can_be_tried_again(lab: Lab, jobs: Any) -> None:
    jobs.error = SchedulerError("Expected a Dask scheduler at tcp://10.0.0.1:8786. Received: no answer")
    page = lab()
    assert not page.exception
    assert plain("tcp://10.0.0.1:8786") in page.error[0].value
    button(page, "Try again").click().run()
    assert not page.error
    assert len(jobs.submitted) == 1


def test_an_earlier_run_stays_dimmed_until_the_next_has_epochs(
    lab: Lab, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.record = lambda config: make_record(seed=config.seed)
    page = lab()
    shown = shown_in(page)
    assert shown.has_epochs and not shown.is_stale
    jobs.state, jobs.record = JobState.COMPILING, lambda config: None
    control(page, "seed").set_value(1).run()
    assert shown_in(page).is_stale
    assert shown_in(page).pictures == shown.pictures
    jobs.submitted[-1].record = make_record(seed=1, epochs=4)
    jobs.submitted[-1].version += 1
    page.run()
    assert not shown_in(page).is_stale
    assert shown_in(page).pictures != shown.pictures


def test_nothing_is_drawn_anew_until_something_changes(
    lab: Lab, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.record = lambda config: make_record()
    page = lab()
    before = shown_in(page)
    assert shown_in(page.run()) is before
    assert shown_in(control(page, "fit").set_value(True).run()) is not before


@pytest.mark.parametrize("network", ["simple_rnn", "lstm", "gru"])
def test_a_recurrent_run_is_shown_over_its_time_steps(network: str, lab: Lab, jobs: Any) -> None:
    jobs.record = random_record
    page = lab(network=network, time_steps="4", num_hidden_layers="2", epochs="2", replicates="2", units="3")
    assert not page.exception and not page.warning
    drawn = shown_in(page).pictures
    for layer in ("1", "2"):
        assert {f"layers state_gradient_rms steps/{layer}", f"profile state_gradient_rms steps/{layer}"} <= drawn.keys()
    assert "surface" not in drawn
    assert jobs.submitted[-1].config.sentence in "".join(text.value.replace("\\", "") for text in page.markdown)
