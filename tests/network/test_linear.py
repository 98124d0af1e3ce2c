from __future__ import annotations

import numpy as np
import pytest

from vgdemo.network.linear import (
    REDUCED_INPUTS,
    bias_gradients,
    input_gradients,
    kernel_gradients,
    pre_activate,
)

NARROW_AND_WIDE = pytest.mark.parametrize(("inputs", "units"), [(2, 3), (REDUCED_INPUTS, 1), (REDUCED_INPUTS + 1, 40)])


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@NARROW_AND_WIDE
@pytest.mark.parametrize("replicates", [1, 4], ids=["shared inputs", "inputs of each replicate"])
def test_every_width_multiplies_alike(inputs: int, units: int, replicates: int) -> None:
    kernel, bias, values = normal(4, inputs, units), normal(4, units, 1), normal(replicates, inputs, 9)
    expected = np.einsum("riu,rin->run", kernel, np.broadcast_to(values, (4, inputs, 9))) + bias
    np.testing.assert_allclose(pre_activate(kernel, bias, values), expected, rtol=1e-4, atol=1e-4)


@NARROW_AND_WIDE
def test_the_gradients_are_the_transposed_maps(inputs: int, units: int) -> None:
    kernel, values, upstream = normal(4, inputs, units), normal(4, inputs, 9), normal(4, units, 9)
    np.testing.assert_allclose(
        kernel_gradients(values, upstream), np.einsum("rin,run->riu", values, upstream), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(bias_gradients(upstream), upstream.sum(axis=2, keepdims=True), rtol=1e-4, atol=1e-4)
    expected = np.einsum("riu,run->rin", kernel, upstream)
    np.testing.assert_allclose(input_gradients(kernel, upstream), expected, rtol=1e-4, atol=1e-4)
