"""What theory says of a study, held to what is known in closed form."""

from __future__ import annotations

import pytest

from vgdemo.config import RunConfig
from vgdemo.study import Grid
from vgdemo.study import outlook as module
from vgdemo.study.outlook import NO_OUTLOOK, outlook

RELU = RunConfig(activation="relu", kernel_initializer="he_uniform", output_initializer="glorot_uniform", n_samples=100)
DEPTHS = {"num_hidden_layers": [1, 4, 20]}


def test_a_point_gets_through_with_the_probability_of_lu() -> None:
    found = outlook(Grid.of(RELU, DEPTHS | {"units": [2, 3]}), "learned", as_curves=True)
    expected = [(1 - 2.0**-units) ** depth for depth in (1, 4, 20) for units in (2, 3)]
    assert [*found.values.values()] == pytest.approx(expected)


def test_units_that_cannot_die_have_no_such_probability() -> None:
    assert outlook(Grid.of(RELU.with_changes(activation="tanh"), DEPTHS), "learned") == NO_OUTLOOK


def test_a_linear_networks_kernels_have_gradients_of_one_size() -> None:
    """What a gain adds on the way up it adds on the way down, so it cancels."""
    linear = RELU.with_changes(activation="linear", kernel_initializer="lecun_normal", units=200)
    grid = Grid.of(linear, {"gain": [0.5, 2], "num_hidden_layers": [6, 8]})
    along_curves, on_a_map = (outlook(grid, "first_factor", as_curves=as_curves) for as_curves in (True, False))
    assert [*along_curves.values.values()] == pytest.approx([1] * 4, rel=0.05) and along_curves.edge is None
    assert on_a_map.edge == pytest.approx(1) and not on_a_map.values  # A map shows no forecast of a run.


def test_only_gain_against_depth_has_an_edge() -> None:
    assert outlook(Grid.of(RELU, {"num_hidden_layers": [2, 3], "gain": [1, 2]}), "accuracy").edge == pytest.approx(1)
    assert outlook(Grid.of(RELU, {"num_hidden_layers": [2, 3], "units": [4, 5]}), "accuracy").edge is None
    assert outlook(Grid.of(RELU, {"gain": [1, 2]}), "accuracy").edge is None
    shifted = RELU.with_changes(kernel_initializer="uniform_0_1")
    assert outlook(Grid.of(shifted, {"num_hidden_layers": [2, 3], "gain": [1, 2]}), "accuracy").edge is None


def test_the_edge_lies_where_the_gain_itself_makes_chi_1() -> None:
    """χ of ReLU is half of σw², which LeCun's variance and a gain g make g²."""
    grid = Grid.of(
        RELU.with_changes(kernel_initializer="lecun_normal", gain=3), {"gain": [1, 2], "num_hidden_layers": [2, 3]}
    )
    assert outlook(grid, "learned").edge == pytest.approx(2**0.5)


def test_where_theory_has_nothing_to_say_it_says_nothing() -> None:
    mixed = Grid.of(RELU, {"kernel_initializer": ["he_uniform", "uniform_0_1"], "num_hidden_layers": [3, 4]})
    found = outlook(mixed, "first_ratio", as_curves=True).values
    assert {run.kernel_initializer for run in found} == {"he_uniform"} and len(found) == 2
    assert outlook(mixed, "verdict") == outlook(mixed, "last_factor") == NO_OUTLOOK
    lstm = Grid.of(RunConfig(network="lstm", time_steps=5), {"num_hidden_layers": [1, 2]})
    assert outlook(lstm, "first_ratio") == NO_OUTLOOK


def test_of_large_studies_no_forecast_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FORECASTS", 2)
    assert outlook(Grid.of(RELU, DEPTHS), "learned") == NO_OUTLOOK


def test_a_forecast_is_made_once_for_runs_that_begin_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RunConfig] = []
    module._forecast.cache_clear()
    monkeypatch.setattr(module, "forecast_of", lambda config: asked.append(config) or module.Forecast(config, "None."))
    grid = Grid.of(RELU, {"epochs": [1, 2], "replicates": [3, 4]})
    outlook(grid, "first_ratio", as_curves=True)
    outlook(grid, "first_factor", as_curves=True)
    assert len(asked) == 1
    module._forecast.cache_clear()
