from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import LSTM, Noise, changed
from hypothesis import assume, given
from hypothesis import strategies as st

from vgdemo import diagnose
from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import ARCHITECTURES
from vgdemo.config import RunConfig, takes
from vgdemo.diagnosis import RULES, Verdict, headline, possible, so_far
from vgdemo.initializers import INITIALIZERS
from vgdemo.learning import Share
from vgdemo.model import Layer, Model
from vgdemo.record import CURVES, Log, RunRecord
from vgdemo.wording import uncapitalized

from .conftest import filled, foreign, without

# Networks that no `RunConfig` makes: without output, without hidden kernel, without anything that is known.
FOREIGN = [
    (Log("lstm", "0"), LSTM),
    (Log("trunk", "1"), replace(LSTM, kernels=LSTM.kernels[:3], loss="mse", num_classes=None, learning_rate=None)),
    (Log("line", "2"), Model(LSTM.kernels[3:])),
    (Log("bare", "3"), Model(LSTM.kernels, (Layer("dense"), Layer("mine", activation="my_own")), loss="my_own")),
]
OPTIONAL = (
    *(
        "kernels",
        "updates",
        "activations",
        "train_loss",
        "val_accuracy",
        "kernel_mean",
        "kernel_rms",
        "gradient_rms",
        "dead_share",
    ),
    *("saturated_share", "activation_std"),
)
NUMBERS = np.array([0.0, 1.0, 0.5, 0.7, 0.01, -1.0, 1e-30, 1e-300, 1e300, np.inf, -np.inf, np.nan])


def test_a_run_that_learns_is_healthy_and_needs_no_remedy(learning: RunRecord) -> None:
    diagnosis = diagnose(learning)
    assert diagnosis.verdict is Verdict.HEALTHY
    assert diagnosis.remedies == ()
    assert diagnosis.counts == {Verdict.HEALTHY: 4}
    assert diagnosis.confidence == "All 4 replicates show it."
    assert diagnosis.sentence == "Healthy: the gradient reaches every layer."


def test_a_profile_with_its_lowest_point_in_the_middle_vanishes(failing: RunRecord) -> None:
    u_shaped = [0.027, 0.004, 0.0015, 0.0031, 0.012, 0.4]
    diagnosis = diagnose(filled(failing, "gradient_rms", u_shaped, np.s_[0]))
    assert diagnosis.verdict is Verdict.VANISHING
    assert any("smallest in layer 3" in sentence for sentence in diagnosis.evidence)


def test_nothing_measured_is_not_enough() -> None:
    diagnosis = diagnose(RunRecord.empty(RunConfig()))
    assert diagnosis.verdict is Verdict.UNKNOWN
    assert diagnosis.sentence == "Not enough to say: nothing was measured yet."
    assert diagnosis.confidence == "Nothing was measured."
    assert diagnosis.counts == {}


def growing(record: RunRecord) -> list[RunRecord]:
    """The record as it is known after 1, 2, 20 and all of its epochs."""

    def cut(count: int) -> RunRecord:
        last = record.epochs[count - 1]
        panels = {name: panel.until(int(last)) for name, panel in record.panels.items()}
        curves = {name: values[:count] for name, values in record.curve_arrays.items()}
        return replace(record, epochs=record.epochs[:count], curve_arrays=curves, panels=panels)

    return [cut(count) for count in (1, 2, 20, len(record.epochs))]


def test_what_is_seen_so_far_is_known_from_the_first_measurement_and_never_changes(failing: RunRecord) -> None:
    vanishing = filled(failing, "gradient_rms", [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1], np.s_[0, 1:])
    (first,) = {so_far(record) for record in growing(vanishing)}
    assert first.startswith("3 of 4 replicates have a vanishing gradient at the start. ")
    last = filled(filled(vanishing, "val_accuracy", 0.9, np.s_[-1]), "train_loss", np.nan, np.s_[5:])
    assert so_far(last) == first


def test_so_far_nothing_that_only_the_end_can_tell_is_an_illness(failing: RunRecord, learning: RunRecord) -> None:
    dying = filled(failing, "dead_share", 1.0, np.s_[-1])
    for record in (failing, learning, dying):
        assert {so_far(one) for one in growing(record)} == {"Nothing is wrong at the start."}


def test_so_far_there_is_nothing_to_say_before_a_measurement() -> None:
    assert so_far(RunRecord.empty(RunConfig())) == ""


def test_so_far_saturation_that_makes_the_gradient_vanish_is_said_with_it(failing: RunRecord) -> None:
    saturated = filled(failing, "saturated_share", 0.9, np.s_[0])
    vanishing = filled(saturated, "gradient_rms", 1e-9, np.s_[0, :2, :3])
    assert so_far(saturated).startswith("all 4 replicates are saturated at the start. ")
    assert so_far(vanishing).startswith("all 4 replicates are saturated (2 of them with a vanishing gradient) at the")


def test_a_mixed_outcome_is_said_as_such(failing: RunRecord) -> None:
    dead = filled(failing, "dead_share", 1.0, np.s_[-1, 1:3, 2])
    mixed = filled(dead, "val_accuracy", 0.9, np.s_[-1, 0])
    diagnosis = diagnose(mixed)
    assert diagnosis.verdict is Verdict.DEAD
    assert diagnosis.counts == {Verdict.DEAD: 2, Verdict.HEALTHY: 1, Verdict.STUCK: 1}
    assert list(diagnosis.kinds.items()) == [(Verdict.DEAD, (1, 2)), (Verdict.HEALTHY, (0,)), (Verdict.STUCK, (3,))]
    assert diagnosis.sentence == (
        "Learns in 1 of 4: of the others 2 have a dead layer because "
        f"{uncapitalized(diagnosis.cause)} The rest: 1 is stuck."
    )
    assert diagnosis.confidence == "Of 4 replicates 2 have a dead layer, 1 learns and 1 is stuck."
    assert any(
        sentence.startswith("Of all replicates 2 of 4 have a dead layer in the end, 0 at the start")
        for sentence in diagnosis.evidence
    )


def test_three_learning_of_four_are_healthy_with_remedies_for_the_fourth(failing: RunRecord) -> None:
    diagnosis = diagnose(filled(failing, "val_accuracy", 0.9, np.s_[-1, :3]))
    assert diagnosis.verdict is Verdict.HEALTHY
    assert diagnosis.sentence.startswith("Learns in 3 of 4: the other one is stuck because the weights move,")
    assert diagnosis.confidence == "Of 4 replicates 3 learn and 1 is stuck."
    assert diagnosis.explained is Verdict.STUCK and diagnosis.rule.verdict is Verdict.STUCK  # type: ignore[union-attr]
    assert diagnosis.remedies


def test_two_learning_of_four_are_not_healthy(failing: RunRecord) -> None:
    assert diagnose(filled(failing, "val_accuracy", 0.9, np.s_[-1, :2])).verdict is Verdict.STUCK


def test_its_parts_make_the_sentence(failing: RunRecord) -> None:
    dead = filled(failing, "dead_share", 1.0, np.s_[-1, 1:, 2])
    diagnosis = diagnose(dead)
    assert diagnosis.headline == "Dead units in 3 of 4"
    assert diagnosis.explanation == f"the units died{diagnosis.cause.removeprefix('The units died')} The rest: " + (
        "1 is stuck."
    )
    assert diagnosis.sentence == f"{diagnosis.headline}: {diagnosis.explanation}"


def test_where_none_learns_the_headline_counts_what_most_have_and_the_rest_follows(failing: RunRecord) -> None:
    diagnosis = diagnose(filled(filled(failing, "dead_share", 1.0, np.s_[-1, :2]), "train_loss", np.nan, np.s_[-1, 3]))
    assert diagnosis.headline == "Dead units in 2 of 4"
    assert diagnosis.explanation.endswith(" The rest: 1 is stuck and 1 diverges.")
    assert not diagnosis.learns_in_part


def test_where_some_learn_the_count_comes_first_whatever_the_verdict(failing: RunRecord) -> None:
    for learners in (1, 2, 3):
        diagnosis = diagnose(filled(failing, "val_accuracy", 0.9, np.s_[-1, :learners]))
        assert diagnosis.headline == headline(diagnosis.verdict, Share(learners, 4)) == f"Learns in {learners} of 4"
        assert " stuck because " in diagnosis.explanation and diagnosis.learns_in_part
        assert diagnosis.cause.startswith("The weights move, but to no avail")


SATURATED = np.s_[0, :, 3]


@pytest.mark.parametrize(
    ("smallest", "vanishing"), [([1e-5, 1e-5, 1e-5, 1e-5], 4), ([1e-5, 1e-5, 1e-5, 0.01], 3), ([0.01] * 4, 0)]
)
def test_saturation_that_makes_the_gradient_vanish_says_both(
    failing: RunRecord, smallest: list[float], vanishing: int
) -> None:
    """The other layers have a gradient of 0.01, of which a hundredth is 1e-4."""
    record = filled(filled(failing, "saturated_share", 0.9, SATURATED), "gradient_rms", smallest, np.s_[0, :, 1])
    diagnosis = diagnose(record)
    assert diagnosis.counts == {Verdict.SATURATED: 4} and len(diagnosis.vanishing) == vanishing
    assert diagnosis.headline == ("Saturated, vanishing gradient" if vanishing == 4 else "Saturated")
    assert diagnosis.explanation.endswith(" 3 of these 4 have a vanishing gradient as well.") == (vanishing == 3)
    assert ("vanish" in diagnosis.sentence) == (vanishing > 0)


def test_the_others_of_a_run_that_learns_in_part_are_said_to_vanish_too(failing: RunRecord) -> None:
    record = filled(filled(failing, "saturated_share", 0.9, SATURATED), "gradient_rms", 1e-7, np.s_[0, :, 1])
    diagnosis = diagnose(filled(record, "val_accuracy", 0.9, np.s_[-1, 0]))
    assert diagnosis.explanation.startswith("the other 3 are saturated and have a vanishing gradient because ")
    assert diagnosis.vanishing == (1, 2, 3)


def test_a_gradient_that_vanishes_in_training_belongs_to_saturation_in_training(failing: RunRecord) -> None:
    late = filled(failing, "saturated_share", 0.9, np.s_[60:, :, 3])
    assert diagnose(filled(late, "gradient_rms", 1e-7, np.s_[40:, :, 1])).headline == "Saturated, vanishing gradient"
    assert diagnose(late).headline == "Saturated"


def test_a_cause_that_holds_for_some_of_its_verdicts_replicates_says_for_how_many(failing: RunRecord) -> None:
    born = filled(filled(failing, "dead_share", 1.0, np.s_[0, :2, 2]), "dead_share", 1.0, np.s_[-1, :3, 2])
    mixed = diagnose(filled(born, "val_accuracy", 0.9, np.s_[-1, 3]))
    assert mixed.told == (0, 1) and mixed.kinds[Verdict.DEAD] == (0, 1, 2)
    assert mixed.explanation.startswith("the other 3 have a dead layer, 2 of them because before the first update")
    assert diagnose(born).explanation.endswith(
        "the network was born dead. This is so in 2 of these 3. The rest: 1 is stuck."
    )


def test_a_replicate_of_another_verdict_that_dies_later_is_said_to_die_where_others_count_as_dead(
    failing: RunRecord,
) -> None:
    """Three are born dead; the gradient of the fourth vanishes at the start, and in the end it is dead too."""
    born = filled(filled(failing, "dead_share", 1.0, np.s_[0, :3, 2]), "dead_share", 1.0, np.s_[-1, :, 2])
    diagnosis = diagnose(filled(born, "gradient_rms", 1e-7, np.s_[0, 3]))
    assert diagnosis.kinds == {Verdict.DEAD: (0, 1, 2), Verdict.VANISHING: (3,)} and diagnosis.dead == (3,)
    fourth = "1 has a vanishing gradient at the start (with a dead layer in the end)"
    assert diagnosis.explanation.endswith(f"The rest: {fourth}.")
    assert diagnosis.confidence == f"Of 4 replicates 3 have a dead layer and {fourth}."
    assert any(said.startswith("Of all replicates 4 of 4 have a dead layer in the end") for said in diagnosis.evidence)


def test_those_that_diverge_beside_a_dead_one_are_said_to_die_as_far_as_they_do(failing: RunRecord) -> None:
    dead = filled(failing, "dead_share", 1.0, np.s_[-1, 1:, 2])
    assert diagnose(filled(dead, "train_loss", np.nan, np.s_[-1, :3])).confidence == (
        "Of 4 replicates 3 diverge (2 of them with a dead layer in the end) and 1 has a dead layer."
    )


def test_where_none_counts_as_dead_no_count_needs_the_dead(failing: RunRecord) -> None:
    dead = filled(failing, "dead_share", 1.0, np.s_[-1, :3, 2])
    diagnosis = diagnose(filled(dead, "train_loss", np.nan, np.s_[-1, :3]))
    assert diagnosis.confidence == "Of 4 replicates 3 diverge and 1 is stuck."


def test_without_an_accuracy_the_loss_says_whether_it_learns(learning: RunRecord, failing: RunRecord) -> None:
    assert diagnose(without(learning, "val_accuracy")).verdict is Verdict.HEALTHY
    assert diagnose(without(failing, "val_accuracy", "val_loss")).verdict is Verdict.STUCK
    assert diagnose(without(failing, "val_accuracy")).verdict is Verdict.HEALTHY, (
        "by the validation loss, if there is one"
    )


def test_where_neither_accuracy_nor_guessing_is_known_nothing_is_stuck(failing: RunRecord) -> None:
    model = replace(failing.model, loss="mean_absolute_error", num_classes=None)
    record = replace(without(failing, "val_loss"), model=model)
    diagnosis = diagnose(without(record, "val_accuracy"))
    assert diagnosis.verdict is Verdict.UNKNOWN
    assert diagnose(without(filled(record, "train_loss", 0.3, np.s_[-1]), "val_accuracy")).verdict is Verdict.HEALTHY
    assert diagnosis.cause == (
        "What was measured shows no illness, and without an accuracy nothing says whether it learns."
    )
    assert diagnosis.remedies == ()
    vanishing = filled(failing, "gradient_rms", 1e-7, np.s_[0])
    assert diagnose(without(vanishing, "val_accuracy", "val_loss")).verdict is Verdict.VANISHING


def test_without_gradients_the_accuracy_still_says_whether_it_learns(learning: RunRecord, failing: RunRecord) -> None:
    assert diagnose(without(learning, "kernels", "updates", "activations")).sentence == (
        "Healthy: it learns; its gradient was not measured."
    )
    diagnosis = diagnose(without(failing, "kernels", "updates", "activations"))
    assert diagnosis.verdict is Verdict.STUCK
    assert "weights move" not in diagnosis.cause


def test_of_another_loss_nothing_is_said_that_needs_the_loss_of_guessing(failing: RunRecord) -> None:
    rising = filled(failing, "train_loss", 1.5, np.s_[50:])
    assert diagnose(rising).verdict is Verdict.DIVERGED
    other = replace(rising, model=replace(rising.model, loss="mean_squared_error", num_classes=None))
    diagnosis = diagnose(other)
    assert diagnosis.verdict is not Verdict.DIVERGED
    assert "The training loss rises from 0.69 to 1.5." in diagnosis.evidence
    assert diagnose(filled(other, "train_loss", np.inf, np.s_[-1])).verdict is Verdict.DIVERGED


def test_without_the_loss_nothing_is_said_of_it(failing: RunRecord) -> None:
    diagnosis = diagnose(without(failing, "train_loss"))
    assert diagnosis.verdict is Verdict.STUCK
    assert not any("loss" in sentence for sentence in diagnosis.evidence)


def test_a_record_without_replicates_is_one_without_measurements(failing: RunRecord) -> None:
    assert diagnose(replace(failing, replicates=0)).confidence == "Nothing was measured."


def test_an_lstm_of_somebody_else_is_diagnosed() -> None:
    young = diagnose(foreign())
    assert young.verdict is Verdict.UNKNOWN
    assert young.cause == "Training ended before it settled: more epochs decide.", (
        "six epochs, and no validation accuracy"
    )
    dying = diagnose(foreign(gradient_rms=np.array([1e-5, 1e-4, 0.1, 0.1])))
    assert dying.verdict is Verdict.VANISHING
    assert dying.evidence[0] == (
        "At the start the gradient (root mean square) is smallest in layer lstm/kernel, 1.0·10⁻⁴ of the largest "
        "layer's; in layer lstm/kernel it is 1.0·10⁻⁴ times the output's, and 1.0·10⁻⁴ times in the end."
    )
    assert dying.confidence == "There is one replicate, and it shows this."
    saturated = diagnose(foreign(saturated_share=np.array([0.9, 0.1])))
    assert saturated.verdict is Verdict.SATURATED, "tanh is S-shaped"
    relu = diagnose(foreign(saturated_share=np.array([0.1, 0.9])))
    assert relu.verdict is Verdict.UNKNOWN, "a ReLU is not"


def test_an_output_that_is_sure_of_itself_is_not_saturated() -> None:
    record = foreign(saturated_share=np.array([0.1, 0.9]))
    sure = Layer("answer", activation="sigmoid")
    model = replace(record.model, layers=(record.model.layers[0], sure))
    assert diagnose(replace(record, model=model)).verdict is Verdict.UNKNOWN


@st.composite
def records(draw: st.DrawFn) -> RunRecord:
    """Records of any numbers and networks, of few and many epochs, and with anything left out."""
    network = draw(st.sampled_from(list(ARCHITECTURES)))
    initializers = [name for name in INITIALIZERS if takes(network, "kernel_initializer", name)]
    config = RunConfig(
        network=network,
        num_hidden_layers=draw(st.integers(1, 4)),
        replicates=draw(st.integers(1, 3)),
        units=draw(st.integers(1, 3)),
        activation=draw(st.sampled_from(list(ACTIVATIONS))),
        kernel_initializer=draw(st.sampled_from(initializers)),
        n_samples=100,
    )
    source, model = draw(st.sampled_from([(config, config.model), *FOREIGN]))
    epochs = np.arange(draw(st.integers(1, 30)), dtype=np.int32) * draw(st.integers(1, 2))
    noise = Noise(draw(st.integers(0, 99)), epochs, config.replicates)
    pool = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4))
    panels = noise.panels(model) | noise.steps(config.states if source is config else {"lstm": ["1", "2", "3"]})
    whole = RunRecord(source, model, config.replicates, epochs, noise.curves(CURVES), panels)
    names = [*whole.curve_arrays, *(name for panel in whole.panels.values() for name in panel.statistics)]
    filled = changed(
        whole, **{name: lambda of: of.__setitem__(..., noise.generator.choice(pool, of.shape)) for name in names}
    )
    return without(filled, *draw(st.sets(st.sampled_from(OPTIONAL), max_size=4)))


@given(records())
def test_any_record_gets_a_diagnosis_without_a_warning(record: RunRecord) -> None:
    diagnosis = diagnose(record)
    assert sum(diagnosis.counts.values()) == record.replicates
    assert diagnosis.rule in RULES
    sentences = (diagnosis.sentence, diagnosis.cause, diagnosis.confidence, *diagnosis.evidence)
    assert all(sentence.endswith(".") and "nan" not in sentence for sentence in sentences)
    for remedy in possible(diagnosis.remedies, record.config):
        assert remedy.as_keras() if record.config is None else remedy.applied(record.config) != record.config


@given(records())
def test_a_loss_that_is_not_a_number_in_the_end_is_never_healthy(record: RunRecord) -> None:
    assume("train_loss" in record.curve_arrays)
    assert diagnose(filled(record, "train_loss", np.nan, np.s_[-1])).verdict is not Verdict.HEALTHY
