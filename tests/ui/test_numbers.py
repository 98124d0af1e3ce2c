from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from by_hand import study, with_values
from conftest import changed, foreign_record, over_depths
from javascript import call, page_with
from playwright.sync_api import Browser, Page

from vgdemo import ui
from vgdemo.figures import (
    Figure,
    Row,
    curves,
    decision_surface,
    gradient_density,
    gradient_distribution,
    layer_heatmap,
    layer_lines,
    layer_profile,
    outcome,
    overlaid_accuracy,
)
from vgdemo.record import HISTOGRAM_EDGES, RunRecord
from vgdemo.study.landscape import landscape

Make = Callable[..., RunRecord]

GAP = float("nan")
FIRST_AXES = {"xaxis": "x", "yaxis": "y"}  # As Plotly completes a trace that names none.


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with page_with(browser, Path(ui.__file__).with_name("numbers.js")) as opened:
        yield opened


def table(page: Page, *traces: dict[str, Any], log10: Sequence[str] = ()) -> tuple[list[str], list[list[Any]]]:
    found = call(page, "table", [FIRST_AXES | trace for trace in traces], {"meta": {"log10": list(log10)}})
    return found["columns"], found["rows"]


def frame(page: Page, figure: Figure, epoch: int = 3) -> pd.DataFrame:
    """What pandas reads back of a figure, whose arrays Plotly has decoded."""
    traces = [plain(FIRST_AXES | trace.to_plotly_json()) for trace in figure.data]
    for trace in traces:
        trace["meta"] = {**trace.get("meta", {}), "epoch": epoch}
    return pd.read_csv(io.StringIO(call(page, "csv", traces, plain(figure.layout.to_plotly_json()))))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def test_a_trace_names_its_columns_and_where_their_values_lie(page: Page) -> None:
    columns = {"epoch": "x[i]", "half": ["training"], "median": "y[i]", "low": "customdata[i][0]"}
    line = {"x": [0, 1], "y": [0.5, 0.75], "customdata": [[0.25], [0.5]], "meta": {"columns": columns}}
    assert table(page, line, {"x": [1], "y": [2]}) == (
        ["epoch", "half", "median", "low"],
        [[0, "training", 0.5, 0.25], [1, "training", 0.75, 0.5]],
    )


def test_columns_that_a_trace_does_not_have_stay_empty(page: Page) -> None:
    one, other = ({"x": [1], "meta": {"columns": {"a": ["row"], name: "x[i]"}}} for name in ("b", "c"))
    assert table(page, one, other) == (["a", "b", "c"], [["row", 1, ""], ["row", "", 1]])


def test_a_heatmap_has_a_row_for_each_cell_but_its_gaps(page: Page) -> None:
    meta = {"columns": {"epoch": "x[i]", "layer": "y[j]", "size": "z[j][i]"}, "needed": "z[j][i]"}
    cells = {"x": [0, 5], "y": ["1", "output"], "z": [[-3, GAP], [-2, 1]], "meta": meta}
    assert table(page, cells, log10=["z"])[1] == [[0, "1", 0.001], [0, "output", 0.01], [5, "output", 10]]
    assert table(page, cells)[1][0] == [0, "1", -3]
    assert table(page, {"meta": meta})[1] == []


def test_on_an_axis_of_logarithms_lie_the_numbers_themselves(page: Page) -> None:
    line = {"x": [-1], "y": [2], "meta": {"columns": {"x": "x[i]", "y": "y[i]"}}}
    assert table(page, line, log10=["xaxis"])[1] == [[0.1, 2]]
    assert table(page, line, log10=["yaxis2"])[1] == [[-1, 2]]
    assert table(page, line | {"yaxis": "y2"}, log10=["yaxis2"])[1] == [[-1, 100]]


def test_numbers_have_five_digits_and_stay_true(page: Page) -> None:
    line = {"y": [1 / 3, 4.0000004e-16, 123456789, 0, float("inf"), GAP], "meta": {"columns": {"y": "y[i]"}}}
    text = call(page, "csv", [FIRST_AXES | line], {"meta": {"log10": []}})
    assert text.replace('"', "").split() == ["y", "0.33333", "4e-16", "123456789", "0", "Infinity", "NaN"]


def test_a_cell_is_neither_cut_by_a_comma_nor_taken_for_a_formula(page: Page) -> None:
    names = ['A · "tanh", deep', "=1+1", "-3"]
    line = {"x": names, "meta": {"columns": {"name": "x[i]"}}}
    read = pd.read_csv(io.StringIO(call(page, "csv", [FIRST_AXES | line], {"meta": {"log10": []}})))
    assert list(read["name"]) == [names[0], "'=1+1", "'-3"]


def test_arrays_may_be_those_that_plotly_has_decoded(page: Page) -> None:
    meta = "meta: { columns: { epoch: 'x[i]', layer: 'y[j]', size: 'z[j][i]' }, needed: 'z[j][i]' }"
    arrays = "x: new Int8Array([0, 1]), y: ['1'], z: [new Float32Array([NaN, 0.5])]"
    trace = f"{{ xaxis: 'x', yaxis: 'y', {arrays}, {meta} }}"
    assert page.evaluate(f"module.table([{trace}], {{ meta: {{ log10: [] }} }}).rows") == [[1, "1", 0.5]]


def test_the_curves_can_be_drawn_again_from_their_file(page: Page, make_record: Make) -> None:
    record = make_record(replicates=5)
    found = frame(page, curves(record))
    assert list(found.columns) == ["epoch", "half", "measure", "median", "low (10 %)", "high (90 %)"]
    for half, key in (("training", "train"), ("validation", "val")):
        rows = found[(found.half == half) & (found.measure == "loss")]
        values = record.curve_arrays[f"{key}_loss"]
        np.testing.assert_allclose(rows["median"], np.median(values, axis=1), rtol=1e-4)
        np.testing.assert_allclose(rows["low (10 %)"], np.quantile(values, 0.1, axis=1), rtol=1e-4)


def test_single_replicates_are_counted_from_one(page: Page, make_record: Make) -> None:
    record = make_record(replicates=3)
    found = frame(page, curves(record, replicates=(0, 2), singles=True)).dropna(subset="value")
    rows = found[(found.measure == "loss") & (found.half == "training")].pivot(
        index="epoch", columns="replicate", values="value"
    )
    assert list(rows.columns) == [1, 3]
    np.testing.assert_allclose(rows, record.curve_arrays["train_loss"][:, [0, 2]], rtol=1e-4)


@pytest.mark.parametrize("make_figure", [layer_heatmap, layer_lines])
def test_a_statistic_has_a_row_for_each_epoch_and_layer(page: Page, make_figure: Any, make_record: Make) -> None:
    values = np.array([0, 4e-16, np.nan])
    record = changed(make_record(), gradient_rms=values)
    found = frame(page, make_figure(record, "gradient_rms"))
    assert sorted(found.columns) == ["epoch", "gradient, RMS", "layer"] and len(found) == 4 * 3
    sizes = found[found.epoch == 2].set_index("layer")["gradient, RMS"]
    assert (sizes["1"], sizes["2"]) == (0, pytest.approx(4e-16, rel=1e-4)) and np.isnan(sizes["output"])


def test_a_profile_has_a_row_for_each_layer_of_its_epoch(page: Page, make_record: Make) -> None:
    record = changed(make_record(), gradient_rms=np.array([0, 4e-16, 0.5]))
    found = frame(page, layer_profile(record))
    assert list(found.columns) == ["layer", "epoch", "gradient, RMS", "low (10 %)", "high (90 %)"]
    assert found.values.tolist() == [["1", 3, 0, 0, 0], ["2", 3, 4e-16, 4e-16, 4e-16], ["output", 3, 0.5, 0.5, 0.5]]


def test_a_distribution_has_shares_from_and_to_a_size_that_sum_to_one(page: Page, make_record: Make) -> None:
    record = make_record()
    found = frame(page, gradient_distribution(record))
    assert list(found.columns) == ["layer", "epoch", "from", "to", "share"]
    np.testing.assert_allclose(found.groupby("layer")["share"].sum(), 1, rtol=1e-3)
    counts = record.panels["kernels"].histograms[-1].sum(axis=0)  # type: ignore[index]
    zero = found[(found["from"] == 0) & (found["to"] == 0)].set_index("layer")["share"]
    np.testing.assert_allclose(zero[["1", "2", "output"]], counts[:, 0] / counts.sum(axis=1), rtol=1e-3)


def test_a_density_has_shares_at_every_epoch(page: Page, make_record: Make) -> None:
    record = make_record()
    found = frame(page, gradient_density(record))
    assert list(found.columns) == ["layer", "epoch", "from", "to", "share"]
    np.testing.assert_allclose(found.groupby(["layer", "epoch"])["share"].sum(), 1, rtol=1e-3)
    counts = record.panels["kernels"].histograms[2].sum(axis=0)[0]  # type: ignore[index]
    place = int(np.searchsorted(HISTOGRAM_EDGES, -3.0)) + 2
    row = found[(found.layer == "1") & (found.epoch == 2) & np.isclose(found["from"], 1e-3)]
    assert row["share"].item() == pytest.approx(counts[place] / counts.sum(), rel=1e-3)


def test_an_outcome_has_a_row_for_each_replicate(page: Page) -> None:
    rows = [Row("layer 1", np.array([0, 1e-3, np.inf]), (0.2, 0.4)), Row("layer 2", np.array([np.nan, 0.5, 0.25]))]
    found = frame(page, outcome(rows, "Mean |g|", "mean |g|", logarithmic=True))
    measured = found[found.replicate.notna()].sort_values(["row", "replicate"])
    assert measured.replicate.tolist() == [1, 2, 3, 1, 2, 3]
    np.testing.assert_allclose(measured.value, [0, 1e-3, np.inf, np.nan, 0.5, 0.25])
    assert found.published.dropna().tolist() == [0.2, 0.4]


def test_other_figures_name_their_columns_too(page: Page, make_record: Make) -> None:
    record = make_record()
    overlay = frame(page, overlaid_accuracy({"A": record}, {"A": "A · mine"}))
    assert list(overlay.columns) == ["epoch", "run", "median", "low (10 %)", "high (90 %)"]
    plane = frame(page, decision_surface(record))
    assert plane.columns[:4].tolist() == ["epoch", "input 1", "input 2", "probability of class 1"]
    assert len(plane[plane["probability of class 1"].notna()]) == 32 * 32
    learned = frame(page, landscape(over_depths({2: record})))
    assert {"hidden layers", "share that learns", "replicate", "final validation accuracy"} <= {*learned.columns}


def test_a_map_of_a_study_has_a_row_for_each_run_that_has_a_value(page: Page) -> None:
    runs = {(0, 0): [0.0, 0.0], (1, 0): [1e-3, 1e-5], (1, 1): [np.nan, np.nan], (0, 1): [None]}
    summaries = {places: with_values("first_ratio", values) for places, values in runs.items()}
    made = study({"num_hidden_layers": [3, 2], "activation": ["tanh", "relu"]}, summaries)
    found = frame(page, landscape(made, "first_ratio")).set_index(["hidden layers", "activation"])
    label = "gradient, layer 1 / output, at the start"
    assert list(found.columns) == [label, "low (10 %)", "high (90 %)"]
    values = {(2, "tanh"): 5.05e-4, (3, "tanh"): 0.0, (2, "ReLU"): np.nan}
    assert found[label].to_dict() == pytest.approx(values, rel=1e-4, nan_ok=True)
    assert found.loc[(2, "tanh"), "high (90 %)"] == pytest.approx(9.01e-4, rel=1e-4)


def test_curves_of_a_study_have_their_ends_and_every_replicate(page: Page) -> None:
    made = study({"units": [2, 3]}, {(1,): with_values("first_ratio", [1e-3, np.inf, 0.0])})
    found = frame(page, landscape(made, "first_ratio"))
    label = "gradient, layer 1 / output, at the start"
    replicates = found[found.replicate.notna()]
    assert replicates[label].tolist() == [1e-3, np.inf, 0] and replicates.replicate.tolist() == [1, 2, 3]
    (median,) = found[found.replicate.isna()].to_dict("records")
    assert (median["units per layer"], median[label], median["high (90 %)"]) == (3, 1e-3, np.inf)


def test_the_verdicts_of_a_study_are_words(page: Page) -> None:
    made = study({"units": [2, 3], "gain": [1, 2]}, {(0, 1): with_values("dead", [0.5])})
    found = frame(page, landscape(made, "verdict"))
    assert found.to_dict("records") == [{"units per layer": 2, "gain": 2, "verdict": "stuck (1 of 1 replicate)"}]


def test_layers_and_steps_have_the_names_that_the_record_gives_them(page: Page) -> None:
    found = frame(page, layer_heatmap(foreign_record(), "state_gradient_rms"))
    assert list(found.columns) == ["epoch", "time step", "through time, RMS of ∂L/∂state"]
    assert set(frame(page, layer_heatmap(foreign_record())).layer) == {
        *("lstm/kernel", "lstm/recurrent_kernel", "dense", "answer")
    }
