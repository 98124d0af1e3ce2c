from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from conftest import foreign_record

from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.model import Model
from vgdemo.record import RunRecord

from .conftest import filled, foreign, record_of, without


def said(record: RunRecord) -> dict[str, Any]:
    """Every symptom by name."""
    names = [
        name for name, one in vars(Symptoms).items() if isinstance(one, property | cached_property) and name[0] != "_"
    ]
    with np.errstate(all="ignore"):
        return {name: getattr(Symptoms(record), name) for name in names}


OF_LOGS = {"start_flow", "late_flow", "start_flow_growth", "start_underflow"}  # Held in `test_own_models`.
OF_SEQUENCES = {"needs_memory", "recurrent_scale"}  # None of points in the plane; held in `test_through_time`.
BY_LOSS = {"has_learned_by_loss", "has_not_learned_by_loss"}  # None where there is an accuracy.
MEASURED = {
    "kernels": {
        *(
            "start_gradient",
            "final_gradient",
            "start_hidden_gradient",
            "start_growth",
            "start_shrinkage",
            "late_shrinkage",
        ),
        *("start_weights", "weight_scale", "shifted_mean", "weights_left", "steps"),
    },
    "activations": {
        "start_saturated",
        "first_saturated",
        "final_saturated",
        "start_dead",
        "final_dead",
        "start_signal",
    },
    "updates": {"movement", "longest_move", "steps"},
    "train_loss": {"loss", "has_labels_out_of_range"},
    "val_accuracy": {"final_accuracy", "has_learned", "has_not_learned"},
}


@pytest.mark.parametrize("part", MEASURED)
def test_what_was_not_measured_is_none_and_the_rest_is_there(part: str) -> None:
    record = record_of(kernel_initializer="uniform_0_1")
    missing = {name for name, value in said(without(record, part)).items() if value is None}
    assert missing - OF_LOGS - OF_SEQUENCES == MEASURED[part] | (set() if part == "val_accuracy" else BY_LOSS)
    assert {name for name, value in said(record).items() if value is None} == OF_LOGS | OF_SEQUENCES | BY_LOSS


def with_outputs(record: RunRecord, is_output: bool) -> RunRecord:
    kernels = tuple(replace(kernel, is_output=is_output) for kernel in record.model.kernels)
    return replace(record, model=replace(record.model, kernels=kernels))


def test_without_an_output_kernel_nothing_is_compared_with_it() -> None:
    symptoms = said(with_outputs(foreign(), False))
    assert symptoms["start_growth"] is None
    assert symptoms["start_shrinkage"] == pytest.approx(np.sqrt(4 / 32)), (
        "a unit of the LSTM leads into 32, of the last into 4"
    )


def test_without_a_hidden_kernel_nothing_is_said_of_them() -> None:
    symptoms = said(with_outputs(foreign(), True))
    for name in ("start_hidden_gradient", "start_growth", "start_shrinkage", "late_shrinkage", "start_weights"):
        assert symptoms[name] is None


def test_epochs_are_counted_by_their_numbers() -> None:
    assert said(foreign())["trained_epochs"] == 6
    assert said(record_of(epochs=9))["trained_epochs"] == 9


def test_each_layer_is_saturated_by_its_own_activation() -> None:
    record = filled(foreign(), "saturated_share", 0.7)
    np.testing.assert_array_equal(said(record)["start_saturated"], [[0.7, 0.0]])  # tanh, relu


def test_what_breaks_is_dated_by_the_epochs_of_its_own_panel() -> None:
    record = filled(foreign(), "gradient_rms", np.inf, np.s_[2:, 0, 1])
    assert said(record)["broken_from"].tolist() == [4]
    assert said(filled(record, "train_loss", np.nan, np.s_[1:]))["broken_from"].tolist() == [2]
    assert said(foreign())["broken_from"].tolist() == [np.inf]


def test_the_first_measurement_may_be_all_there_is() -> None:
    record = foreign_record()
    panels = {
        name: replace(panel, epochs=panel.epochs[:0], statistics={k: v[:0] for k, v in panel.statistics.items()})
        for name, panel in record.panels.items()
    }
    assert said(replace(record, panels=panels))["start_gradient"] is None


def test_the_model_is_the_records_own() -> None:
    assert isinstance(said(foreign())["model"], Model)
    assert [field.name for field in fields(Symptoms)] == ["record"]


def test_a_guess_that_was_measured_counts_before_that_of_the_model() -> None:
    """One class of nine in ten costs 0.33 nats, not the ln 4 of four even classes."""
    resting = filled(foreign(), "train_loss", 0.5)
    assert Symptoms(resting).has_learned_a_part.all()
    assert not Symptoms(replace(resting, guess=0.33)).has_learned_a_part.any()
