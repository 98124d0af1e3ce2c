from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, ended, foreign_record

from vgdemo.comparison import (
    apart,
    described_model,
    difference,
    differences,
    differing,
    endings,
    headings,
    names,
    shared_parts,
    who_learns,
)
from vgdemo.config import RunConfig
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels
from vgdemo.record import Log, RunRecord
from vgdemo.summary import summarize

MakeRecord = Callable[..., RunRecord]


def test_the_difference_is_that_of_pairs_of_replicates(make_record: MakeRecord) -> None:
    levels = [0.1, 0.5, 0.9, 0.3]
    found = difference(ended(make_record, *(level + 0.05 for level in levels)), ended(make_record, *levels))
    assert found is not None
    assert (found.mean, found.low, found.high, found.pairs) == pytest.approx((0.05, 0.05, 0.05, 4))


def test_the_interval_agrees_with_the_normal_one_for_many_replicates(make_record: MakeRecord) -> None:
    draws = np.random.default_rng(3).normal(0.1, 0.05, 32)
    found = difference(ended(make_record, *(0.5 + draws)), ended(make_record, *[0.5] * 32))
    half = 1.96 * draws.std() / np.sqrt(32)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((draws.mean() - half, draws.mean() + half), abs=0.003)


def test_a_diverged_replicate_guesses_and_a_missing_one_has_no_pair(make_record: MakeRecord) -> None:
    first, second = ended(make_record, 0.8, 0.8, 0.8), ended(make_record, 0.5, 0.6)
    first.curve_arrays["train_loss"][-1, 0] = np.nan
    found = difference(first, second)
    assert found is not None and found.pairs == 2
    assert found.mean == pytest.approx(((0.5 - 0.5) + (0.8 - 0.6)) / 2)
    assert found.low == pytest.approx(0) and found.high == pytest.approx(0.2)
    first.curve_arrays["train_loss"][-1] = np.nan
    found = difference(first, second)
    assert found is not None and (found.mean, found.pairs) == (pytest.approx(-0.05), 2)


def test_runs_without_an_accuracy_have_no_difference(make_record: MakeRecord) -> None:
    assert difference(make_record(), foreign_record()) is None
    assert difference(foreign_record(), make_record()) is None


def titled(records: dict[str, RunRecord]) -> dict[str, RunRecord]:
    """By heading in place of letter."""
    titles = headings({letter: record.source for letter, record in records.items()})
    return {titles[letter]: record for letter, record in records.items()}


def test_sentences_say_who_learns_and_who_ends_better(make_record: MakeRecord) -> None:
    records = {
        "A": ended(make_record, 0.5, 0.5, 0.9, activation="tanh"),
        "B": ended(make_record, 0.9, 0.9, 0.9, activation="relu"),
        "C": ended(make_record, 0.9, 0.5, 0.5, activation="elu"),
    }
    better, unsure, worse = differences(records)
    assert who_learns(titled(records)) == "A · tanh learns in 1 of 3 replicates, B · ReLU in 3 of 3, C · ELU in 1 of 3."
    assert better.startswith("B ends") and "+0.27 in validation accuracy, mean over 3 pairs" in better
    assert "95 % bootstrap interval" in better
    assert unsure.startswith("C ends neither surely more nor surely less accurate than A: 0.00")
    assert worse.startswith("C ends neither surely more nor surely less accurate than B: −0.27")


def test_a_surely_better_run_is_called_more_accurate(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.5, 0.6), "B": ended(make_record, 0.9, 0.9, activation="relu")}
    assert differences(records)[0].startswith("B ends more accurate than A: +0.35")


def test_a_single_pair_has_no_interval_and_a_diverged_one_is_told_as_a_guess(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.5), "B": ended(make_record, 0.9, activation="relu")}
    assert differences(records)[0] == "B ends +0.40 against A in validation accuracy; one pair has no interval."
    records["B"].curve_arrays["train_loss"][-1] = np.nan
    assert differences(records)[0] == "B ends 0.00 against A in validation accuracy; one pair has no interval."


def test_a_difference_that_was_not_measured_is_told_as_that(make_record: MakeRecord) -> None:
    records = {"A": make_record(), "B": foreign_record()}
    assert differences(records) == ["B and A have no pair of replicates whose accuracy was measured."]


def test_who_learns_is_said_of_those_whose_accuracy_was_measured(make_record: MakeRecord) -> None:
    records = {"A": foreign_record(), "B": ended(make_record, 0.9, 0.5)}
    assert who_learns(titled(records)) == "B · 2 layers of 5 tanh units learns in 1 of 2 replicates."
    assert who_learns({"A": foreign_record()}) == "No accuracy was measured."


def test_the_table_of_endings_says_each_number_of_the_summary(make_record: MakeRecord) -> None:
    record = ended(make_record, 0.8, 0.9, 0.9, 0.9, 0.9)
    for name, values in {"gradient_mean_abs": [2e-5, 1, 1], "dead_share": [0, 0], "saturated_share": [1, 0]}.items():
        record.values(name)[:] = values
    assert endings({"A": summarize(record)})["A"].to_dict() == {
        "final validation accuracy, median (10–90 %)": "0.9 (0.84–0.9)",
        "replicates that learn": "5 of 5 replicates (100 %, 95 % interval 57–100 %)",
        "first epoch at 95 % of the final accuracy": "0",
        "gradient, mean |g|, first hidden layer / output, epoch 0": "2.0·10⁻⁵",
        "gradient, mean |g|, first hidden layer / output, end": "2.0·10⁻⁵",
        "dead units at the end, share": "0",
        "units on the flat of their activation at the end, share": "0.5 saturated",
        "seconds, compiling included": "1",
    }


def test_a_run_that_never_learns_never_arrives(make_record: MakeRecord) -> None:
    found = endings({"A": summarize(ended(make_record, 0.5, 0.5))})["A"]
    assert found["first epoch at 95 % of the final accuracy"] == "never"


def test_a_ratio_of_two_zeros_is_told_in_words_and_a_relus_flat_is_inactive(make_record: MakeRecord) -> None:
    record = changed(make_record(activation="relu"), gradient_mean_abs=0.0, saturated_share=0.25)
    found = endings({"A": summarize(record)})["A"]
    for epoch in ("epoch 0", "end"):
        ratio = found[f"gradient, mean |g|, first hidden layer / output, {epoch}"]
        assert ratio == "none: both are 0, or one is not finite"
    assert found["units on the flat of their activation at the end, share"] == "0.25 inactive"
    mixed = endings({"A": summarize(changed(foreign_record(), saturated_share=np.array([0.25, 0.5])))})["A"]
    assert mixed["units on the flat of their activation at the end, share"] == "0.25 saturated, 0.5 inactive"


def test_what_was_not_measured_is_said_in_the_table_of_endings(make_record: MakeRecord) -> None:
    found = endings({"A": summarize(make_record()), "B": summarize(foreign_record(panels={}))})
    assert list(found.columns) == ["A", "B"]
    assert set(found["B"]) == {"not measured"}


def test_the_settings_that_set_runs_apart_make_a_table() -> None:
    first, second = RunConfig(units=7), RunConfig(units=7, activation="relu", residual=True)
    table = apart({"A": first, "B": second}, {"A": first.model, "B": second.model})
    assert table.to_dict("index") == {
        "Activation": {"A": "tanh", "B": "ReLU"},
        "Residual": {"A": "no", "B": "yes"},
    }


def test_a_log_is_set_apart_by_what_is_known_of_its_model() -> None:
    config, log = RunConfig(num_hidden_layers=1), foreign_record()
    table = apart({"A": config, "B": log.source}, {"A": config.model, "B": log.model})
    assert table.to_dict("index") == {
        "kernels": {
            "A": "1 (2 × 5) and output (5 × 1)",
            "B": "lstm/kernel (3 × 32), lstm/recurrent_kernel (8 × 32), dense (8 × 6) and answer (6 × 4)",
        },
        "activations": {"A": "tanh", "B": "tanh and relu"},
        "optimiser": {"A": "sgd", "B": "adam"},
        "learning rate": {"A": "0.01", "B": "0.001"},
        "loss": {"A": "binary_crossentropy", "B": "sparse_categorical_crossentropy"},
    }


def test_of_a_model_whose_optimiser_nobody_knows_that_is_said() -> None:
    model = replace(foreign_record().model, optimizer=None, learning_rate=None, layers=())
    words = described_model(model)
    assert (words["optimiser"], words["learning rate"], words["activations"]) == ("not known", "not known", "nothing")


def test_a_log_is_headed_by_its_name() -> None:
    assert headings({"A": RunConfig(), "B": Log("mine", "0" * 64)}) == {
        "A": "A · 5 layers of 5 tanh units",
        "B": "B · mine",
    }


def test_beside_a_log_runs_are_named_by_what_sets_them_apart_from_each_other() -> None:
    sources = {"A": Log("mine", "0" * 64), "B": RunConfig(), "C": RunConfig(activation="relu")}
    assert headings(sources) == {"A": "A · mine", "B": "B · tanh", "C": "C · ReLU"}
    alike = "5 layers of 5 tanh units"
    assert headings(sources | {"C": RunConfig()}) == {"A": "A · mine", "B": f"B · {alike}", "C": f"C · {alike}"}


def test_a_surely_worse_run_is_called_less_accurate(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.9, 0.9), "B": ended(make_record, 0.5, 0.6, activation="relu")}
    assert differences(records)[0].startswith("B ends less accurate than A: −0.35")


def test_only_what_differs_is_named() -> None:
    first = RunConfig(units=7, seed=3)
    second = first.with_changes(activation="relu", output_initializer="glorot_uniform", residual=True)
    assert differing([first, second]) == ("activation", "output_initializer", "residual")
    assert names([first, second]) == (
        "tanh + output uniform(0, 1) + no residual",
        "ReLU + output Glorot uniform + residual",
    )
    assert headings({"A": first, "B": first}) == {"A": "A", "B": "B"}


def test_a_name_has_three_settings_at_most_the_networks_first() -> None:
    first = RunConfig(dataset="moons", n_samples=500, num_hidden_layers=1, learning_rate=0.5, normalization="layer")
    assert names([first, RunConfig(activation="relu")]) == (
        "1 layer + tanh + normalisation layer + …",
        "5 layers + ReLU + no normalisation + …",
    )
    assert names([first, first.with_changes(learning_rate=0.1, epochs=1, dataset="xor")]) == (
        "rate 0.5 + 500 epochs + moons",
        "rate 0.1 + 1 epoch + xor",
    )


def test_a_name_of_ones_own_takes_the_place_of_what_sets_a_run_apart() -> None:
    sources = {"A": RunConfig(), "B": RunConfig(activation="relu"), "C": Log("mine", "0" * 64)}
    assert headings(sources, {"A": "deep", "B": "", "C": "ours"}) == {"A": "A · deep", "B": "B · ReLU", "C": "C · ours"}


def shares(part: str, first: RunConfig, second: RunConfig) -> bool:
    return any(part in shared for shared in shared_parts(first, second))


@pytest.mark.parametrize(
    ("changes", "layers"),
    [
        ({"activation": "relu"}, 2),
        ({"kernel_initializer": "he_normal"}, 2),
        ({"num_hidden_layers": 1}, 1),
        ({"shared_draw": True}, 1),
        ({"units": 4}, 0),
        ({"seed": 1}, 0),
    ],
)
def test_the_draws_called_shared_are_those_that_the_engine_makes_alike(changes: dict[str, Any], layers: int) -> None:
    first = RunConfig(num_hidden_layers=2, replicates=2)
    second = first.with_changes(**changes)
    common = {"kernel_initializer": "uniform_0_1"}
    kernels = [initial_kernels(config.with_changes(**common)) for config in (first, second)]
    alike = [np.array_equal(*pair) for pair in zip(*(k[:-1] for k in kernels), strict=False)]
    assert sum(alike) == layers
    assert shares({2: "layers 1 to 2", 1: "layer 1 ", 0: "layers 1 to 2"}[layers], first, second) == bool(layers)
    output = kernels[0][-1].shape == kernels[1][-1].shape and np.array_equal(kernels[0][-1], kernels[1][-1])
    assert shares("and the output", first, second) == output


def test_scaled_draws_are_called_draws_and_equal_weights_weights() -> None:
    first = RunConfig()
    assert shares("the first weights of", first, first.with_changes(activation="relu"))
    assert shares("the draws behind the first weights", first, first.with_changes(gain=2))


def test_the_order_of_the_points_is_shared_where_the_engine_draws_the_same_one() -> None:
    first = RunConfig()
    for changes, is_shared in (({"noise": 0.2}, True), ({"seed": 9}, False), ({"n_samples": 500}, False)):
        second = first.with_changes(**changes)
        orders = [generator(c, 0, BATCH_ORDER_STREAM).permutation(c.n_train).tolist() for c in (first, second)]
        assert (orders[0] == orders[1]) == is_shared == shares("the order of the points", first, second)
    assert shares("in other batches", first, first.with_changes(batch_size=16))


def test_other_data_are_not_called_shared() -> None:
    assert not shares("the data", RunConfig(), RunConfig(data_seed=2))
    assert shares("the data", RunConfig(), RunConfig(epochs=7))


LSTM, RNN = RunConfig(network="lstm"), RunConfig(network="simple_rnn")


def test_a_setting_that_only_one_of_the_networks_has_is_no_difference() -> None:
    table = apart({"A": RunConfig(units=16), "B": LSTM.with_changes(unit_forget_bias=False)}, {})
    assert table.loc["Network"].tolist() == ["Dense", "LSTM"]
    assert "Time steps" not in table.index and "Forget bias 1" not in table.index


def test_of_a_setting_that_differs_among_others_a_network_without_it_has_none() -> None:
    runs = {"A": RunConfig(), "B": RNN, "C": LSTM.with_changes(time_steps=20)}
    assert apart(runs, {}).loc["Time steps"].tolist() == ["—", "100", "20"]
    assert names([*runs.values()])[1].startswith("SimpleRNN")


def test_networks_of_different_cells_share_the_data_and_the_draw_of_the_output() -> None:
    assert shared_parts(RNN, LSTM) == ("the data", "the order of the points", "the first weights of the output")
    assert shared_parts(RNN, RNN.with_changes(recurrent_gain=2)) == (
        "the data",
        "the order of the points",
        "the draws behind the first weights of layer 1 and the output",
    )
    assert "the data" not in shared_parts(RNN, RNN.with_changes(time_steps=99))
