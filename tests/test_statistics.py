from __future__ import annotations

import math

import numpy as np
import pytest

from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES
from vgdemo.statistics import gradient_histograms, gradient_statistics, kernel_statistics, update_statistics

ENTRIES = np.array([3.0, -4.0, 0.0, 1e-30], np.float32)


def statistic(name: str, gradient: np.ndarray) -> float:
    return float(gradient_statistics(gradient.astype(np.float32))[name])


def test_sizes_are_those_of_the_entries_whatever_their_sign() -> None:
    assert math.isclose(statistic("gradient_mean_abs", ENTRIES), 7 / 4)
    assert math.isclose(statistic("gradient_rms", ENTRIES), 5 / 2)
    assert statistic("gradient_max_abs", ENTRIES) == 4
    assert statistic("gradient_zero_share", ENTRIES) == 1 / 4


def test_a_gradient_whose_square_float32_cannot_hold_is_not_taken_for_zero() -> None:
    tiny = np.full(4, 1e-30)
    assert math.isclose(statistic("gradient_rms", tiny), 1e-30, rel_tol=1e-6)
    assert statistic("gradient_zero_share", tiny) == 0


def test_signs_do_not_cancel() -> None:
    assert statistic("gradient_mean_abs", np.array([1.0, -1.0])) == 1


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_what_is_not_finite_stays_so(poison: float) -> None:
    gradient = np.array([1.0, poison])
    for name in ("gradient_mean_abs", "gradient_rms", "gradient_max_abs"):
        np.testing.assert_equal(statistic(name, gradient), poison)


def test_a_kernels_sizes_and_its_change_are_those_of_the_definitions() -> None:
    now, before = np.array([[3.0, -4.0]], np.float32), np.array([[3.0, -1.0]], np.float32)
    statistics = kernel_statistics(now) | update_statistics(now, before)
    measured = {name: value.item() for name, value in statistics.items()}
    expected = {"kernel_l1": 7, "kernel_rms": math.sqrt(25 / 2), "kernel_mean": -1 / 2}
    assert measured == pytest.approx(expected | {"update_ratio": 3 / math.sqrt(10)})


def test_a_mean_that_float32_cannot_hold_is_not_lost() -> None:
    """In float32 the large entries would swallow the small one."""
    entries = np.array([1e9, 1.0, -1e9, 0.0], np.float32)
    assert kernel_statistics(entries)["kernel_mean"] == 1 / 4


def test_infinities_of_both_signs_have_no_mean() -> None:
    """Any warning would fail this test."""
    statistics = kernel_statistics(np.array([math.inf, -math.inf]))
    assert np.isnan(statistics["kernel_mean"]) and np.isinf(statistics["kernel_rms"])


def test_a_kernel_of_zeros_has_no_update_ratio() -> None:
    nothing = np.zeros((1, 4), np.float32)
    assert np.isnan(update_statistics(nothing, nothing)["update_ratio"]).all()
    assert np.isinf(update_statistics(nothing + 1, nothing)["update_ratio"]).all()


def test_what_stands_before_the_entries_stays() -> None:
    """So that kernels of any rank can be measured, at many epochs and of many replicates at once."""
    kernels = np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype(np.float32)
    measured = gradient_statistics(kernels) | kernel_statistics(kernels) | update_statistics(kernels, kernels + 1)
    assert {values.shape for values in measured.values()} == {(2, 3, 5)}
    for name, values in measured.items():
        one = kernels[1, 2, 3]
        alone = gradient_statistics(one) | kernel_statistics(one) | update_statistics(one, one + 1)
        assert math.isclose(values[1, 2, 3], alone[name])


def bin_of(entry: float) -> int:
    """The bin that `Panel.histograms` documents."""
    if not math.isfinite(entry):
        return HISTOGRAM_BINS - 1
    if entry == 0:
        return 0
    size = math.log10(abs(entry))
    return 1 + sum(size >= edge for edge in HISTOGRAM_EDGES)


def test_each_entry_is_counted_in_its_documented_bin() -> None:
    generator = np.random.default_rng(0)
    gradients = generator.normal(size=(2, 3, 20)) * 10.0 ** generator.uniform(-40, 8, (2, 3, 20))
    gradients = gradients.astype(np.float32)
    gradients[0, 0, :5] = [0, math.nan, math.inf, -math.inf, -0.0]
    expected = np.zeros((2, 3, HISTOGRAM_BINS), np.uint32)
    for (epoch, replicate, _), entry in np.ndenumerate(gradients):
        expected[epoch, replicate, bin_of(float(entry))] += 1
    np.testing.assert_array_equal(gradient_histograms(gradients), expected)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [(0, 0), (1e-25, 1), (1e-24, 2), (1.0, 50), (-1.0, 50), (9e5, 61), (1e6, 62), (1e30, 62), (math.nan, 63)],
)
def test_bins_lie_where_the_record_says(entry: float, expected: int) -> None:
    """-24 to 6 in halves: the bin of 1 is the 49th of the 60, after the ones for zero and for what is below."""
    counts = gradient_histograms(np.array([[entry]]))
    assert counts.shape == (1, HISTOGRAM_BINS)
    assert np.flatnonzero(counts[0]) == expected
