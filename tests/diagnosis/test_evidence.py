from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.diagnosis import Verdict
from vgdemo.learning import accuracy_deciles
from vgdemo.record import RunRecord

from .conftest import PLATEAU, filled, foreign, record_of


def evidence(record: RunRecord, name: str, values: Any, where: Any) -> str:
    return " ".join(diagnose(filled(record, name, values, where)).evidence)


def test_a_slope_over_layers_is_said_with_its_factor(failing: RunRecord) -> None:
    factor = 0.056
    sizes = [factor**5, factor**4, factor**3, factor**2, factor, 1.0]
    said = evidence(failing, "gradient_rms", sizes, np.s_[0])
    assert "shrinks ×0.056 per layer towards the input; in layer 1 it is 5.5·10⁻⁷ times the output's," in said
    assert "the output's, and 1 times in the end." in said


@pytest.mark.parametrize("output", [0, 3, None])
def test_a_slope_is_that_of_hidden_kernels_wherever_the_output_stands(failing: RunRecord, output: int | None) -> None:
    kernels = tuple(replace(kernel, is_output=place == output) for place, kernel in enumerate(failing.model.kernels))
    elsewhere = replace(failing, model=replace(failing.model, kernels=kernels))
    hidden = iter([1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0])
    sizes = [500.0 if kernel.is_output else next(hidden) for kernel in kernels]
    assert "shrinks ×0.1 per layer towards the input" in evidence(elsewhere, "gradient_rms", sizes, np.s_[0])


@pytest.mark.parametrize(
    ("end", "said"), [(1.06, "stays near"), (1.14, "rises from"), (0.94, "stays"), (0.86, "falls")]
)
def test_a_loss_that_wanders_by_less_than_a_tenth_stays(end: float, said: str) -> None:
    record = record_of(PLATEAU | {"train_loss": (1.0, end)})
    assert f"The training loss {said}" in " ".join(diagnose(record).evidence)


def test_growth_is_said_as_growth(failing: RunRecord) -> None:
    said = evidence(failing, "gradient_rms", [3.0**k for k in range(6, 0, -1)], np.s_[0])
    assert (
        "grows ×3 per layer towards the input; in layer 1 it is 243 times the output's, and 1 times in the end." in said
    )


def test_a_gradient_of_exact_zeros_is_said_as_such(failing: RunRecord) -> None:
    assert "exactly 0 in every hidden layer" in evidence(failing, "gradient_rms", 0.0, np.s_[0])


def test_saturation_names_its_layer_and_both_times(failing: RunRecord) -> None:
    said = evidence(failing, "saturated_share", 0.75, np.s_[:50, :, 3])
    assert "75 % of the activations of layer 4 are saturated at the start, 10 % in the end." in said


def test_the_first_broken_epoch_is_named(failing: RunRecord) -> None:
    assert "at epoch 12 for the first time" in evidence(failing, "train_loss", np.nan, np.s_[12:, 1:])


def test_accuracy_is_compared_with_the_larger_class(failing: RunRecord) -> None:
    labels_equal = "validation accuracy of 0.5; always answering the larger class gives 0.5"
    assert labels_equal in evidence(failing, "gradient_rms", 0.01, np.s_[:])


def test_the_accuracy_is_that_of_all_replicates_and_counts_diverged_ones_as_guessing() -> None:
    ends = [0.5, 0.5, 0.52, 0.55, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9]
    record = filled(record_of(PLATEAU, replicates=10), "val_accuracy", ends, np.s_[-1])
    diverged = filled(record, "train_loss", np.nan, np.s_[-1, 7:])
    assert accuracy_deciles(diverged)[1] == pytest.approx(0.51)  # type: ignore[index]  # As if 0.9 were 0.5.
    diagnosis = diagnose(diverged)
    assert diagnosis.verdict is not Verdict.HEALTHY
    assert diagnosis.evidence[-1].startswith("The median of all replicates ends at a validation accuracy of 0.51; ")


def test_a_single_run_has_no_median() -> None:
    assert diagnose(record_of(PLATEAU, replicates=1)).evidence[-1].startswith("The run ends at a validation accuracy")


def test_without_a_larger_class_guessing_is_what_the_accuracy_is_compared_with() -> None:
    record = replace(record_of(PLATEAU), majority_share=None)
    four = replace(record, model=replace(record.model, num_classes=4))
    assert "0.5; guessing gives 0.25." in diagnose(four).evidence[-1]


def test_the_price_of_guessing_is_that_of_the_classes() -> None:
    assert "The training loss stays near 1.3 nats; answering 1/4 for every class everywhere costs 1.4." in (
        diagnose(foreign()).evidence
    )


def test_first_weights_are_told_with_their_mean_where_it_is_shifted(failing: RunRecord) -> None:
    shifted = record_of(PLATEAU, kernel_initializer="uniform_0_1")
    assert "The first weights are drawn around 0.5, with 1.6 times the mean square of Glorot's" in " ".join(
        diagnose(shifted).evidence
    )
    assert "first weights" not in " ".join(diagnose(failing).evidence)
    assert "with 0.97 times the mean square of Glorot's initialiser, which suits tanh." in (
        evidence(failing, "gradient_rms", 1e-9, np.s_[0])
    )


def test_kernels_that_never_move_are_said_to_stay_where_they_are(failing: RunRecord) -> None:
    assert "Over the whole run no kernel moves at all." in diagnose(filled(failing, "update_ratio", 0.0)).evidence


def test_several_activations_are_not_put_under_one_name() -> None:
    said = diagnose(foreign(gradient_rms=1e-9)).evidence
    assert any("the initialisers that suit their layers' activations." in sentence for sentence in said)


def test_numbers_of_some_replicates_say_so_and_those_of_all_do_too(failing: RunRecord) -> None:
    learns = filled(failing, "val_accuracy", 0.9, np.s_[-1, :2])
    said = diagnose(filled(learns, "saturated_share", 0.75, np.s_[:, 2:, 3])).evidence
    of_all = (
        "The median of all replicates ends at a validation accuracy of 0.7; always answering the larger class gives"
    )
    assert said[-1].startswith(of_all)
    assert len(said) > 2 and all(sentence.endswith(" (median of 2 of 4 replicates).") for sentence in said[:-1])
    one = diagnose(
        filled(filled(failing, "val_accuracy", 0.9, np.s_[-1, :3]), "train_loss", np.nan, np.s_[9:, 3])
    ).evidence
    assert one[0] == "Loss or gradient stop being finite numbers at epoch 9 for the first time (replicate 4)."


def test_the_gradient_is_told_as_it_is_in_the_end_too(failing: RunRecord) -> None:
    vanished = filled(failing, "gradient_rms", [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4], np.s_[0])
    assert "in layer 1 it is 1.0·10⁻⁵ times the output's, and 3 times in the end." in (
        evidence(vanished, "gradient_rms", 0.03, np.s_[-1, :, 0])
    )


def test_what_can_be_reached_is_said_beside_what_was(failing: RunRecord) -> None:
    said = diagnose(replace(failing, ceiling=0.85)).evidence[-1]
    assert said.endswith("always answering the larger class gives 0.5, and 0.85 can be reached on these points.")


def test_that_a_line_is_all_that_a_linear_network_draws_is_said_whatever_ails_it() -> None:
    line = "Without a bend in its activation the network can only draw a straight line between the classes."
    exploding = filled(record_of(PLATEAU, activation="linear"), "gradient_rms", 100.0, np.s_[0])
    assert line in diagnose(exploding).evidence
    assert line not in diagnose(filled(record_of(PLATEAU), "gradient_rms", 100.0, np.s_[0])).evidence
    assert line not in diagnose(record_of(activation="linear")).evidence, "it learns"


def test_what_theory_expects_of_a_layer_is_told_with_the_part_that_is_blamed() -> None:
    steep = record_of(PLATEAU, activation="sigmoid", gain=0.58, num_hidden_layers=20, units=100, replicates=1)
    assert (
        "Theory expects the gradient to change ×0.14 per layer on its way down, and ×0.57 with the slope of tanh."
        in (diagnose(filled(steep, "gradient_rms", 1e-9, np.s_[0])).evidence)
    )
