from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.diagnosis.evidence import written
from vgdemo.record import RunRecord

from .conftest import changed


def evidence(record: RunRecord, name: str, values: Any, where: Any) -> str:
    return " ".join(diagnose(changed(record, name, lambda array: array.__setitem__(where, values))).evidence)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0557, "0.056"), (6.3e-9, "6.3e-9"), (0, "0"), (47.1, "47"), (1.4e9, "1.4e9"), (np.inf, "infinite")],
)
def test_numbers_are_short_and_never_round_to_nothing(value: float, text: str) -> None:
    assert written(value) == text


def test_a_slope_over_layers_is_said_with_its_factor(failing: RunRecord) -> None:
    factor = 0.056
    sizes = [factor**5, factor**4, factor**3, factor**2, factor, 1.0]
    said = evidence(failing, "gradient_rms", sizes, np.s_[0])
    assert "shrinks ×0.056 per layer towards the input, 5.5e-7 of the output's at layer 1." in said


def test_growth_is_said_as_growth(failing: RunRecord) -> None:
    said = evidence(failing, "gradient_rms", [3.0**k for k in range(6, 0, -1)], np.s_[0])
    assert "grows ×3 per layer towards the input, 2.4e2 of the output's at layer 1." in said


def test_a_gradient_of_exact_zeros_is_said_as_such(failing: RunRecord) -> None:
    assert "exactly 0 in every hidden layer" in evidence(failing, "gradient_rms", 0.0, np.s_[0])


def test_saturation_names_its_layer_and_both_times(failing: RunRecord) -> None:
    said = evidence(failing, "saturated_share", 0.75, np.s_[:50, :, 3])
    assert "75% of the activations of layer 4 are saturated at the start, 10% in the end." in said


def test_the_first_broken_epoch_is_named(failing: RunRecord) -> None:
    assert "at epoch 12 for the first time" in evidence(failing, "train_loss", np.nan, np.s_[12:, 1:])


def test_accuracy_is_compared_with_the_larger_class(failing: RunRecord) -> None:
    labels_equal = "validation accuracy of 0.50; always answering the larger class gives 0.5"
    assert labels_equal in evidence(failing, "gradient_rms", 0.01, np.s_[:])
