"""The controls of settings, on the Lab and alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig

from .conftest import control

Lab = Callable[..., AppTest]


@pytest.mark.parametrize("network", SETTINGS_OF)
def test_every_setting_of_a_network_has_a_control_with_its_words_and_no_other_has_one(network: str, lab: Lab) -> None:
    page = lab(network=network)
    drawn = {
        widget.key for widgets in (page.selectbox, page.slider, page.number_input, page.toggle) for widget in widgets
    }
    assert drawn & SETTINGS.keys() == SETTINGS_OF[network].keys()
    for name, setting in SETTINGS_OF[network].items():
        widget = control(page, name)
        assert widget.value == (network if name == "network" else setting.default)
        assert widget.label == setting.label
        assert widget.help.startswith(setting.help)
        if setting.choices:
            assert widget.options == [setting.in_words(choice) for choice in setting.choices]
        elif not isinstance(setting.default, bool):
            assert (widget.min, widget.max) == (setting.minimum, setting.maximum)


def test_another_network_begins_with_its_own_defaults_and_keeps_what_was_set(lab: Lab, jobs: Any) -> None:
    page = lab(optimizer="adam", num_hidden_layers="9", residual="true")
    control(page, "network").set_value("lstm").run()
    assert not page.exception
    assert jobs.submitted[-1].config == RunConfig(network="lstm", optimizer="adam")
    control(page, "time_steps").set_value(20).run()
    control(page, "unit_forget_bias").set_value(False).run()
    assert jobs.submitted[-1].config == RunConfig(
        network="lstm", optimizer="adam", time_steps=20, unit_forget_bias=False
    )
    control(page, "network").set_value("simple_rnn").run()
    assert jobs.submitted[-1].config == RunConfig(network="simple_rnn", optimizer="adam", time_steps=20)
    control(page, "network").set_value("dense").run()
    assert jobs.submitted[-1].config == RunConfig(optimizer="adam")


def test_a_link_with_settings_of_another_network_says_that_they_are_ignored(lab: Lab, jobs: Any) -> None:
    page = lab(time_steps="50", units="6")
    assert jobs.submitted[-1].config == RunConfig(units=6)
    assert any("Dense layers do not have" in warning.value for warning in page.warning)


def test_what_does_nothing_is_off_says_why_and_makes_no_other_run(lab: Lab, jobs: Any) -> None:
    page = lab(momentum="0.5", gradient_clip="value", clip_limit="2")
    assert not [name for name in ("momentum", "nesterov", "clip_limit") if control(page, name).disabled]
    control(page, "optimizer").set_value("adam").run()
    assert control(page, "momentum").disabled and control(page, "nesterov").disabled
    assert control(page, "momentum").help.endswith("It does nothing now: only sgd uses it.")
    assert jobs.submitted[-1].config == RunConfig(optimizer="adam", gradient_clip="value", clip_limit=2)
    control(page, "optimizer").set_value("sgd").run()
    assert jobs.submitted[-1].config == RunConfig(momentum=0.5, gradient_clip="value", clip_limit=2)


def test_steps_of_a_control_do_not_make_another_run(lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, "gain").set_value(1.0 + 0.1 + 0.1 + 0.1).run()  # 1.3000000000000003
    assert jobs.submitted[-1].config.gain == 1.3


def page_of_controls() -> None:
    """The controls of two pages, of which the second one's are entered at the first run."""
    import streamlit as st

    from vgdemo.config import RunConfig
    from vgdemo.ui.controls import controls, enter, entered

    if "is entered" not in st.session_state:
        st.session_state["is entered"] = True
        enter(RunConfig(), "Lab")
        enter(RunConfig(units=9, noise=0.25, activation="relu", residual=True), "Test")
    controls("Lab")
    controls("Test")
    try:
        st.session_state["made"] = entered("Test")
    except ValueError as error:
        st.error(str(error))


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(page_of_controls, default_timeout=30).run()


def test_what_is_entered_stands_in_the_controls_of_its_page_alone(page: AppTest) -> None:
    assert not page.exception
    assert page.session_state["made"] == RunConfig(units=9, noise=0.25, activation="relu", residual=True)
    assert control(page, "Test units").value == 9
    assert control(page, "units").value == 5


def test_settings_stand_in_four_groups_of_which_two_begin_open(page: AppTest) -> None:
    groups = [(expander.label, expander.proto.expanded) for expander in page.expander][:4]
    assert groups == [("Network", True), ("Training", True), ("Data", False), ("Repeats", False)]


def test_settings_that_do_not_fit_together_are_refused(page: AppTest) -> None:
    control(page, "Test batch_size").set_value(501).run()
    assert "`batch_size`" in page.error[0].value and "501" in page.error[0].value


def page_of_a_message() -> None:
    """What a browser sends, as if the controls had let it through."""
    import streamlit as st

    from vgdemo.config import RunConfig
    from vgdemo.ui.controls import enter, entered

    enter(RunConfig(), "Test")
    for name, value in st.session_state["sent"].items():
        st.session_state[f"Test {name}"] = value
    st.session_state["made"] = entered("Test")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"learning_rate": 11.0}, "`learning_rate` to be between 1e-06 and 10"),
        ({"n_samples": 99}, "`n_samples` to be a whole number between 100 and 10000"),
        ({"activation": "<b>"}, "`activation`"),
        ({"units": "9"}, "`units`"),
    ],
)
def test_what_a_browser_sends_is_not_trusted(sent: dict[str, Any], words: str) -> None:
    page = AppTest.from_function(page_of_a_message, default_timeout=30)
    page.session_state["sent"] = sent
    assert words in page.run().exception[0].message


@pytest.mark.parametrize("name", ["epochs", "learning_rate"])
def test_a_field_that_is_sent_empty_says_so_and_trains_nothing(name: str, lab: Lab, jobs: Any) -> None:
    page = lab()
    control(page, name).set_value(None).run()
    assert not page.exception and len(jobs.submitted) == 1
    (warning,) = page.warning
    assert f"Expected `{name}`" in warning.value and "None" in warning.value
    control(page, name).set_value(SETTINGS[name].maximum).run()
    assert not page.warning and getattr(jobs.submitted[-1].config, name) == SETTINGS[name].maximum
