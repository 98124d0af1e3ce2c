"""The Lab's form: presets, the address, and what is trained when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.presets import PRESETS
from vgdemo.ui.page import plain

from .conftest import button, control, query

Lab = Callable[..., AppTest]


def test_a_change_trains_at_once_and_cancels_what_it_replaces(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "activation").set_value("relu").run()
    assert [job.config.activation for job in jobs.submitted] == ["tanh", "relu"]
    assert [job.released for job in jobs.submitted] == [True, False]
    assert query(page) == {"activation": "relu"}


def test_training_can_wait_for_a_button(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "train at once").set_value(False).run()
    control(page, "units").set_value(7).run()
    assert len(jobs.submitted) == 1
    assert "press Train" in page.info[0].value
    button(page, "Train").click().run()
    assert jobs.submitted[-1].config.units == 7
    assert not page.info


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


def test_what_a_preset_is_stands_below_it(lab: Lab) -> None:
    page = lab()
    assert "Five hidden layers of the same kind hardly learn." in [caption.value for caption in page.sidebar.caption]
    control(page, "units").set_value(6).run()
    assert any("None of these" in caption.value for caption in page.sidebar.caption)


def test_of_presets_with_the_same_settings_the_chosen_one_stays(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "preset").set_value("6 · Gradients of deep tanh").run()
    assert control(page, "preset").value == "6 · Gradients of deep tanh"
    assert len(jobs.submitted) == 1


@pytest.mark.parametrize(("number", "statistic"), [("6", "gradient_mean_abs"), ("E3", "kernel_l1")])
def test_an_experiment_brings_the_statistic_that_it_is_about_and_another_one_leaves_it(
    number: str, statistic: str, lab: Lab
) -> None:
    page = lab()
    label = next(preset.label for preset in PRESETS if preset.number == number)
    control(page, "preset").set_value(label).run()
    assert control(page, "statistic").value == statistic
    assert control(page.run(), "preset").value == label
    control(page, "statistic").set_value("gradient_rms").run()
    assert control(page, "preset").value == "2 · Deep tanh"


def test_an_experiment_about_the_run_stays_whatever_statistic_is_looked_at(lab: Lab) -> None:
    page = lab()
    control(page, "statistic").set_value("kernel_l1").run()
    assert control(page, "preset").value == "2 · Deep tanh"


def test_a_visit_without_a_run_trains_although_a_button_is_preferred(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "train at once").set_value(False).run()
    assert len(jobs.submitted) == 1 and not page.info, "the run is there, and nothing has changed"
    control(page, "train at once").set_value(True).run()
    assert button(page, "Train").disabled
