"""Kernels drawn from uniform numbers, of the variance that the table says; `tests/network` holds them to Keras's."""

from __future__ import annotations

import numpy as np
import pytest

from vgdemo.draws import drawn
from vgdemo.initializers import INITIALIZERS


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_kernel_has_the_mean_and_the_variance_of_its_row(name: str) -> None:
    initializer = INITIALIZERS[name]
    kernels = drawn(initializer, np.random.default_rng(0).random((400, 6, 20)))
    assert kernels.mean() == pytest.approx(initializer.mean, abs=0.01)
    assert kernels.var() == pytest.approx(initializer.variance(6, 20), rel=0.03)
