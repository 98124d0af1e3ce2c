"""Quantiles over replicates."""

from __future__ import annotations

import numpy as np
import pytest

from vgdemo.record import quantile


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.5, 0.9, 1])
@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_a_quantile_of_numbers_is_numpys(share: float, count: int) -> None:
    values = np.random.default_rng(count).normal(size=(4, count))
    np.testing.assert_allclose(quantile(values, share), np.quantile(values, share, axis=1))
    np.testing.assert_allclose(quantile(values, 0.5, axis=0), np.median(values, axis=0))


def test_what_is_not_a_number_ranks_above_every_number() -> None:
    values = np.array([[1.0, np.nan, np.inf, 2.0, 3.0]])
    assert [float(quantile(values, share)[0]) for share in (0, 0.5, 0.75)] == [1, 3, np.inf]
    assert np.isnan(quantile(values, 1)[0]) and np.isnan(quantile(values, 0.9)[0])
