from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.presets import PRESETS
from vgdemo.record import RunRecord
from vgdemo.ui import runs
from vgdemo.ui.page import INTRODUCTION, plain
from vgdemo.ui.session import SESSION, Drawn

Lab = Callable[..., AppTest]


def control(page: AppTest, name: str) -> Any:
    kinds = (page.selectbox, page.slider, page.number_input, page.toggle)
    return next(widget for kind in kinds for widget in kind if widget.key == name)


def query(page: AppTest) -> dict[str, str]:
    """The address; AppTest keeps each parameter as a list."""
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


def progress(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text).replace("\\", "")


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def shown_in(page: AppTest) -> Drawn:
    """The figures on the page."""
    return page.session_state[SESSION].drawn["Lab"]  # type: ignore[no-any-return]


def test_a_first_visit_asks_for_the_default_run(lab: Lab, jobs: Any) -> None:
    page = lab()
    assert not page.exception
    assert [job.config for job in jobs.submitted] == [RunConfig()]
    assert query(page) == {}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_every_setting_has_a_control_with_its_words(setting: Any, lab: Lab) -> None:
    widget = control(lab(), setting.name)
    assert widget.value == setting.default
    assert (widget.label, widget.help) == (setting.label, setting.help)
    if setting.choices:
        assert tuple(widget.options) == setting.choices
    elif not isinstance(setting.default, bool):
        assert (widget.min, widget.max) == (setting.minimum, setting.maximum)


def test_a_change_trains_at_once_and_cancels_what_it_replaces(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "activation").set_value("relu").run()
    assert [job.config.activation for job in jobs.submitted] == ["tanh", "relu"]
    assert [job.released for job in jobs.submitted] == [True, False]
    assert query(page) == {"activation": "relu"}


def test_a_rerun_without_a_change_trains_nothing(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "statistic").set_value("kernel_l1").run()
    page.run()
    assert len(jobs.submitted) == 1


def test_training_can_wait_for_a_button(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "train at once").set_value(False).run()
    control(page, "units").set_value(7).run()
    assert len(jobs.submitted) == 1
    assert "press Train" in page.info[0].value
    button(page, "Train").click().run()
    assert jobs.submitted[-1].config.units == 7
    assert not page.info


def test_steps_of_a_control_do_not_make_another_run(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "gain").set_value(1.0 + 0.1 + 0.1 + 0.1).run()  # 1.3000000000000003
    assert jobs.submitted[-1].config.gain == 1.3


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.number)
def test_a_preset_sets_every_control(preset: Any, lab: Lab, jobs: Any) -> None:
    page = lab(units="9", dataset="moons")
    control(page, "preset").set_value(preset.label).run()
    assert jobs.submitted[-1].config == preset.config
    assert control(page, "preset").value == preset.label
    assert control(page, "units").value == preset.config.units


def test_leaving_a_preset_is_visible(lab: Lab) -> None:
    page = lab()
    assert control(page, "preset").value == "2 · Deep tanh"
    control(page, "units").set_value(6).run()
    assert control(page, "preset").value is None


def test_the_address_sets_the_controls(lab: Lab, jobs: Any) -> None:
    page = lab(activation="relu", learning_rate="0.5", nesterov="true", epochs="7")
    config = RunConfig(activation="relu", learning_rate=0.5, nesterov=True, epochs=7)
    assert jobs.submitted[0].config == config
    assert control(page, "epochs").value == 7
    assert query(page) == config.to_query()


def test_each_invalid_parameter_gives_a_notice_and_the_default(lab: Lab, jobs: Any) -> None:
    page = lab(units="9000", activation="![x](http://example.org)", sorcery="1", epochs="30")
    assert jobs.submitted[0].config == RunConfig(epochs=30)
    assert len(page.warning) == 3
    assert plain("units=9000") in page.warning[0].value
    assert query(page) == {"epochs": "30"}
    assert len(page.run().warning) == 3, "they stay until the person changes a setting"
    assert not control(page, "units").set_value(6).run().warning


def test_settings_that_do_not_fit_together_keep_the_last_run(lab: Lab, jobs: Any) -> None:
    page = lab(n_samples="200")
    control(page, "batch_size").set_value(150).run()
    assert not page.exception
    assert "last one that was possible" in page.warning[0].value
    assert [job.config for job in jobs.submitted] == [RunConfig(n_samples=200)]


@pytest.mark.parametrize(
    ("state", "details", "words"),
    [
        (JobState.QUEUED, {"position": 3}, "In the queue, at place 3."),
        (JobState.QUEUED, {"notices": ("Waiting for the workers to start.",)}, "In the queue. Waiting for the workers"),
        (JobState.COMPILING, {}, "Compiling the network; its first epochs follow."),
        (JobState.TRAINING, {"epoch": 312, "seconds_left": 0.44}, "Training: epoch 312 of 500, 0.4 s left."),
        (JobState.TRAINING, {"epoch": 3}, "Training: epoch 3 of 500."),
        (JobState.DONE, {"epoch": 500, "notices": ("It is not kept.",)}, "Complete. It is not kept."),
        (JobState.STOPPED, {"epoch": 40}, "Stopped after epoch 40 of 500; a stopped run is not kept."),
        (JobState.FAILED, {"reason": "ValueError: *no*"}, "Failed: ValueError: *no*"),
    ],
)
def test_progress_is_said_in_words(state: JobState, details: Any, words: str, lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.details = state, details
    page = lab()
    assert not page.exception
    assert " ".join(progress(page).split()).startswith(words)


def test_how_long_it_took_is_said(lab: Lab, jobs: Any, make_record: Callable[..., RunRecord]) -> None:
    jobs.record = lambda config: make_record()
    assert "Complete, 1.0 s to compile, 0.0 s to train." in progress(lab())


def test_stop_stops_the_job(lab: Lab, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = lab()
    button(page, "Stop").click().run()
    assert jobs.submitted[0].progress.state is JobState.STOPPED
    assert button(page, "Stop").disabled


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


def test_a_visitor_of_an_empty_store_is_told_what_this_is(lab: Lab, jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "has_no_runs", lambda: True)
    page = lab()
    assert INTRODUCTION in [text.value for text in page.main.markdown]
    page.run()
    assert INTRODUCTION in [text.value for text in page.main.markdown], "it must not vanish and move the page"


@pytest.mark.parametrize("text", ["**bold**", "[x](http://example.org)", ":red[x]", "$x$", "<b>x</b>", "# x", "`x`"])
def test_plain_text_has_no_markup_left(text: str) -> None:
    assert plain(text).replace("\\", "") == text
    signs = [sign for sign in text if not sign.isalnum() and sign != " "]
    assert plain(text).count("\\") == len(signs)


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
