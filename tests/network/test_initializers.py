from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from vgdemo.config import OUTPUT_INITIALIZERS, RunConfig
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels, unit_variance_kernels

WIDE = RunConfig(num_hidden_layers=3, units=40, replicates=20, epochs=1)  # Kernels 2 × 40, 40 × 40 and 40 × 1.
KERAS_NAMES = {name: name for name in OUTPUT_INITIALIZERS} | {"uniform_0_1": "random_uniform"}
KERAS_SETTINGS = {"uniform_0_1": {"minval": 0, "maxval": 1}}  # The article's RandomUniform(0, 1).


def with_initializer(name: str) -> RunConfig:
    return WIDE.with_changes(kernel_initializer=name, output_initializer=name)


def keras_draws(name: str, shape: tuple[int, int], count: int) -> NDArray[np.float32]:
    """Kernels that Keras draws, one seed each."""

    def draw(seed: int) -> NDArray[np.float32]:
        settings = KERAS_SETTINGS.get(name, {}) | {"seed": seed}
        return np.asarray(keras.initializers.get({"class_name": KERAS_NAMES[name], "config": settings})(shape))

    return np.stack([draw(seed) for seed in range(count)])


@pytest.mark.parametrize("layer", [0, 1, 3])
@pytest.mark.parametrize("name", OUTPUT_INITIALIZERS)
def test_first_weights_are_distributed_as_keras_draws_them(name: str, layer: int) -> None:
    ours = initial_kernels(with_initializer(name))[layer]
    theirs = keras_draws(name, ours.shape[1:], WIDE.replicates)
    assert ks_2samp(ours.ravel(), theirs.ravel()).pvalue > 1e-3


def test_the_comparison_with_keras_sees_inputs_and_outputs_mixed_up() -> None:
    ours = initial_kernels(with_initializer("he_normal"))[0]
    assert ks_2samp(ours.ravel(), keras_draws("he_normal", (40, 2), WIDE.replicates).ravel()).pvalue < 1e-6


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_orthogonal_kernels_have_orthonormal_columns_or_rows(layer: int) -> None:
    for kernel in initial_kernels(with_initializer("orthogonal"))[layer].astype(float):
        inputs, outputs = kernel.shape
        products = kernel @ kernel.T if inputs < outputs else kernel.T @ kernel
        np.testing.assert_allclose(products, np.eye(len(products)), atol=1e-6)


def test_no_two_layers_or_replicates_share_a_draw() -> None:
    kernels = initial_kernels(with_initializer("uniform_0_1"))
    starts = [tuple(matrix.ravel()[:3]) for layer in kernels for matrix in layer]
    assert len(starts) == 4 * WIDE.replicates
    assert len(set(starts)) == len(starts)


def test_gain_multiplies_hidden_kernels_alone() -> None:
    *hidden, output = initial_kernels(WIDE)
    *scaled_hidden, scaled_output = initial_kernels(WIDE.with_changes(gain=3.0))
    for kernel, scaled in zip(hidden, scaled_hidden, strict=True):
        np.testing.assert_allclose(scaled, 3 * kernel, rtol=1e-6)
    np.testing.assert_array_equal(scaled_output, output)


def test_more_replicates_extend_a_run() -> None:
    few, many = (WIDE.with_changes(replicates=replicates) for replicates in (2, 20))
    for kernel, extended in zip(initial_kernels(few), initial_kernels(many), strict=True):
        np.testing.assert_array_equal(extended[:2], kernel)
    orders = (generator(config, 1, BATCH_ORDER_STREAM).permutation(500) for config in (few, many))
    np.testing.assert_array_equal(*orders)


def test_another_seed_gives_other_weights() -> None:
    for kernel, other in zip(initial_kernels(WIDE), initial_kernels(WIDE.with_changes(seed=1)), strict=True):
        assert not np.any(kernel == other)


@pytest.mark.parametrize("name", sorted(set(OUTPUT_INITIALIZERS) - {"orthogonal"}))
def test_two_initializers_start_from_the_same_draws(name: str) -> None:
    """So that of two runs the larger weight of one is the larger weight of the other."""
    ranks = [
        np.argsort(kernel.ravel(), kind="stable")
        for config in (WIDE, with_initializer(name))
        for kernel in initial_kernels(config.with_changes(units=9))[1:2]
    ]
    np.testing.assert_array_equal(*ranks)


def test_the_output_layers_weights_do_not_depend_on_the_depth() -> None:
    kernels = (initial_kernels(WIDE.with_changes(num_hidden_layers=depth))[-1] for depth in (1, 7))
    np.testing.assert_array_equal(*kernels)


def test_a_layer_whose_signal_does_not_vary_keeps_its_draw_and_the_other_replicates_are_scaled() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.uniform(-1, 1, (50, 2)).astype(np.float32)
    first, second, output = (generator.normal(size=(3, size, 1)).astype(np.float32) for size in (2, 1, 1))

    def dead_constant_and_linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([0 * values[0], 0 * values[1] + 0.7, values[2]])

    scaled = unit_variance_kernels([first, second, output], inputs, dead_constant_and_linear, gain=1.5)
    np.testing.assert_allclose((inputs @ scaled[0]).std(axis=(1, 2)), 1.5, rtol=1e-5)
    np.testing.assert_array_equal(scaled[1][:2], second[:2])
    np.testing.assert_allclose((inputs @ scaled[0][2] @ scaled[1][2]).std(), 1.5, rtol=1e-5)


def test_points_that_are_all_one_leave_a_single_unit_its_draw() -> None:
    kernels = initial_kernels(WIDE.with_changes(kernel_initializer="lsuv", units=1))
    point = np.full((500, 2), 0.3, np.float32)
    for before, after in zip(kernels, unit_variance_kernels(kernels, point, np.tanh, gain=1.0), strict=True):
        np.testing.assert_array_equal(before, after)
