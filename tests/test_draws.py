"""Kernels drawn from uniform numbers, of the variance that the table says; `tests/network` holds them to Keras's."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from vgdemo.draws import drawn
from vgdemo.initializers import INITIALIZERS


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "identity"])
def test_a_kernel_has_the_mean_and_the_variance_of_its_row(name: str) -> None:
    initializer = INITIALIZERS[name]
    kernels = drawn(initializer, np.random.default_rng(0).random((400, 6, 20)))
    assert kernels.mean() == pytest.approx(initializer.mean, abs=0.01)
    assert kernels.var() == pytest.approx(initializer.variance(6, 20), rel=0.03)


@pytest.mark.parametrize("shape", [(6, 6), (6, 20), (20, 6)])
def test_the_identity_is_kerass_whatever_is_drawn(shape: tuple[int, int]) -> None:
    kernels = drawn(INITIALIZERS["identity"], np.random.default_rng(0).random((3, *shape)))
    for kernel in kernels:
        np.testing.assert_array_equal(kernel, keras.initializers.Identity()(shape))
