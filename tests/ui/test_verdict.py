from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import changed
from streamlit.testing.v1 import AppTest

from vgdemo.diagnosis import diagnose, possible, so_far
from vgdemo.jobs import JobState
from vgdemo.links import from_query
from vgdemo.record import RunRecord
from vgdemo.ui.page import plain
from vgdemo.ui.session import SESSION

Lab = Callable[..., AppTest]
MakeRecord = Callable[..., RunRecord]


def vanishing(make_record: MakeRecord) -> RunRecord:
    """A record in which each layer has a thousandth of the gradient of the one above, and nothing is learned."""
    record = make_record(activation="sigmoid", kernel_initializer="glorot_uniform", epochs=30)
    flat = {name: 0.1 for panel in record.panels.values() for name in panel.statistics}
    gradients = {"gradient_rms": 10.0 ** np.arange(-7, 2, 3)}
    curves = {"train_loss": 0.69, "val_loss": 0.69, "train_accuracy": 0.5, "val_accuracy": 0.5}
    return changed(record, **flat | {"kernel_mean": 0.0} | gradients | curves)


def texts(page: AppTest) -> str:
    return " ".join(text.value for text in (*page.markdown, *page.caption))


def test_a_run_that_is_over_has_its_verdict_with_evidence_rule_and_explanation(
    lab: Lab, jobs: Any, make_record: MakeRecord
) -> None:
    record = vanishing(make_record)
    jobs.record = lambda config: record
    said = texts(lab(**record.config.to_query()))
    diagnosis = diagnose(record)
    assert diagnosis.headline == "Vanishing gradient"
    assert "**Vanishing gradient:**" in said
    for sentence in (*diagnosis.evidence, diagnosis.rule.in_words):  # type: ignore[union-attr]
        assert plain(sentence) in said
    assert "multiplied by a factor below 1" in said


def test_a_run_that_waits_has_the_forecast_in_place_of_a_verdict(lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.record = JobState.QUEUED, lambda config: None
    page = lab(activation="sigmoid", kernel_initializer="glorot_uniform")
    assert "Theory expects the gradient of the weights to change" in texts(page)
    assert "The verdict follows" in texts(page)
    assert "So far" not in texts(page)


def test_a_run_that_trains_has_what_its_start_shows_in_place_of_a_verdict(
    lab: Lab, jobs: Any, make_record: MakeRecord
) -> None:
    record = vanishing(make_record)
    jobs.state, jobs.record = JobState.TRAINING, lambda config: record
    page = lab(activation="sigmoid", kernel_initializer="glorot_uniform")
    seen = so_far(record)
    assert "have a vanishing gradient at the start." in seen
    assert plain(f"So far: {seen}") in texts(page)
    assert "The verdict follows" in texts(page)
    assert "Vanishing gradient" not in texts(page)
    assert not [button for button in page.button if (button.key or "").startswith("remedy")]


def test_batches_of_one_with_batch_normalisation_are_warned_of_while_they_train(
    lab: Lab, jobs: Any, make_record: MakeRecord
) -> None:
    jobs.state, jobs.record = JobState.TRAINING, lambda config: make_record()
    page = lab(normalization="batch", batch_size=1)
    assert "no step can learn" in texts(page)
    assert "no step can learn" not in texts(lab(normalization="layer", batch_size=1))


def test_the_forecast_is_drawn_before_there_is_a_measurement(lab: Lab, jobs: Any) -> None:
    jobs.state, jobs.record = JobState.QUEUED, lambda config: None
    page = lab(activation="sigmoid", kernel_initializer="glorot_uniform")
    assert "theory, epoch 0" in page.session_state[SESSION].drawn["Lab"].pictures["profile"].json
    assert "theory, epoch 0" not in lab().session_state[SESSION].drawn["Lab"].pictures["profile"].json, (
        "where the theory does not hold"
    )


def test_each_remedy_is_a_button_that_leads_to_before_and_after(
    lab: Lab, jobs: Any, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = vanishing(make_record)
    jobs.record = lambda config: record
    remedy = possible(diagnose(record).remedies, record.config)[0]
    page = lab(**record.config.to_query())
    asked: list[Any] = []
    monkeypatch.setattr("streamlit.switch_page", lambda *args, **kwargs: asked.append((args, kwargs)))
    button = next(one for one in page.button if one.label == remedy.label)
    assert button.help == remedy.explanation
    button.click().run()
    ((target,), options) = asked[0]
    assert target == "pages/1_Compare.py"
    assert from_query(options["query_params"]) == ((record.config, remedy.applied(record.config)), ())


def test_a_run_without_epochs_gets_no_verdict(lab: Lab, jobs: Any) -> None:
    page = lab()
    assert not page.exception
    assert "The verdict follows" in texts(page)


def test_the_words_of_the_run_are_explained_beside_it(lab: Lab) -> None:
    said = texts(lab(activation="relu", kernel_initializer="he_uniform", residual="true"))
    for term in ("ReLU", "He initialiser", "residual connection", "replicate", "dead unit"):
        assert f"**{term}:**" in said
    assert "**Adam:**" not in said
