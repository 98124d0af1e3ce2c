from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.figures import layer_lines
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_there_is_one_line_for_each_kernel_with_the_median_over_replicates(make_record: Make) -> None:
    record = make_record(num_hidden_layers=5, epochs=4, replicates=3)
    medians = record.layers.groupby(["layer", "epoch"]).gradient_mean_abs.median().unstack()
    lines = layer_lines(record).data
    assert [line.name for line in lines] == ["layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "the output"]
    for line, layer in zip(lines, medians.index, strict=True):
        assert list(line.x) == list(medians.columns)
        np.testing.assert_allclose(line.y, medians.loc[layer], rtol=1e-6)


def test_an_exact_zero_is_a_mark_at_the_end_of_the_axis_and_stays_zero(make_record: Make) -> None:
    figure = layer_lines(changed(make_record(), gradient_mean_abs=np.array([0, 0, 0.5])))
    *lines, zeros = figure.data
    assert [set(line.y) for line in lines] == [{0}, {0}, {0.5}]
    assert (zeros.name, zeros.showlegend, set(zeros.y), set(zeros.text)) == ("exact zero", True, {1e-8}, {"1, 2"})
    assert figure.layout.title.subtitle.text.endswith("0 in layer 1, 0.5 in the output; exactly zero in 2 of 3 layers.")


@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "∞")])
def test_what_is_not_finite_is_a_mark_at_the_upper_end(value: float, name: str, make_record: Make) -> None:
    mark = layer_lines(changed(make_record(), gradient_mean_abs=np.array([0.5, 0.5, value]))).data[-1]
    assert (mark.name, set(mark.y), set(mark.text)) == (name, {10.0}, {"output"})


def test_what_is_too_small_for_the_axis_keeps_its_value_and_is_counted(make_record: Make) -> None:
    figure = layer_lines(changed(make_record(), gradient_mean_abs=np.array([3e-12, 0.1, 0.5])))
    assert set(figure.data[0].y) == {np.float32(3e-12)}
    assert figure.layout.title.subtitle.text.endswith("1 layer below 10⁻⁸, smallest 3.0·10⁻¹², beyond the scale.")


def test_the_axis_is_the_same_for_all_runs_unless_it_fits(make_record: Make) -> None:
    record = make_record()
    smaller = {name: record.values(name) / 100 for name in ("gradient_mean_abs", "kernel_l1")}
    other = changed(record, **smaller)
    assert layer_lines(record).layout.yaxis.range == layer_lines(other).layout.yaxis.range
    low, high = layer_lines(other, "kernel_l1", fit=True).layout.yaxis.range
    drawn = np.log10([line.y for line in layer_lines(other, "kernel_l1", fit=True).data])
    assert low < drawn.min() and drawn.max() < high
    assert high - low == pytest.approx((drawn.max() - drawn.min()) * 1.08, rel=1e-3)


def test_a_deep_network_has_few_names_in_its_legend(make_record: Make) -> None:
    lines = layer_lines(make_record(num_hidden_layers=20)).data
    named = [line.name for line in lines if line.showlegend]
    assert len(lines) == 21 and len(named) <= 6
    assert (named[0], named[-1]) == ("layer 1", "the output")


def test_an_output_that_is_called_as_a_time_step_is_breaks_no_time_step() -> None:
    record = foreign_record()
    kernels = tuple(replace(kernel, layer="5") if kernel.is_output else kernel for kernel in record.model.kernels)
    record = replace(record, model=replace(record.model, kernels=kernels))
    assert {line.line.dash for line in layer_lines(record, "state_gradient_rms").data} == {"solid"}
    assert [line.line.dash for line in layer_lines(record).data] == ["solid", "solid", "solid", "dash"]


def test_the_line_of_the_output_alone_is_broken(make_record: Make) -> None:
    for record in (make_record(), foreign_record()):
        assert [line.line.dash for line in layer_lines(record).data][-2:] == ["solid", "dash"]
    assert {line.line.dash for line in layer_lines(make_record(), "dead_share").data} == {"solid"}
    assert {line.line.dash for line in layer_lines(foreign_record(), "state_gradient_rms").data} == {"solid"}
