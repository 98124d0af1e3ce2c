from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from vgdemo.activations import ACTIVATIONS
from vgdemo.diagnosis.first_weights import pooled_shift, relative_scale
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Kernel


def shift(*replicates: Sequence[np.ndarray]) -> float | None:
    """The shifted mean of kernels, given for each replicate."""
    means = np.array([[kernel.mean() for kernel in kernels] for kernels in replicates])
    sizes = np.array([[np.sqrt((kernel**2).mean()) for kernel in kernels] for kernels in replicates])
    return pooled_shift(means, sizes, [Kernel(str(place), kernel.shape) for place, kernel in enumerate(replicates[0])])


def drawn(seed: int, *shapes: tuple[int, ...], low: float = -1.0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.uniform(low, 1, shape) for shape in shapes]


def test_uniform_weights_from_0_up_are_shifted_at_any_scale() -> None:
    kernels = drawn(0, (2, 5), (5, 5), low=0)
    assert shift(kernels) == pytest.approx(np.mean([*kernels[0].flat, *kernels[1].flat]))
    assert shift([1e-3 * kernel for kernel in kernels]) is not None
    assert shift([-kernel for kernel in kernels]) == pytest.approx(-shift(kernels))  # type: ignore[operator]


def test_a_mean_that_is_small_beside_the_spread_is_none_however_many_weights_there_are() -> None:
    wide = drawn(0, (200, 200))[0] + 0.2
    assert wide.mean() / (wide.std() / 200) > 50, "although it is far beyond chance"
    assert shift([wide]) is None


def test_few_weights_do_not_cry_wolf() -> None:
    assert shift([np.array([[0.7, 0.9]])]) is None
    assert shift([np.full((1, 1), 0.5)], [np.full((1, 1), 0.9)]) is None
    shapes = [(2, 1), (1, 1), (1, 1)]
    alarms = sum(shift(drawn(seed, *shapes)) is not None for seed in range(2000))
    assert alarms == 0
    shapes = [(2, 3), (3, 3), (3, 3), (3, 3)]
    alarms = sum(shift(drawn(seed, *shapes)) is not None for seed in range(3000))
    assert alarms <= 3000 / 200


def test_many_narrow_kernels_together_tell_what_one_cannot() -> None:
    shapes = [(2, 1), *[(1, 1)] * 9]
    replicates = [drawn(seed, *shapes, low=0) for seed in range(10)]
    assert shift(replicates[0]) is None
    assert shift(*replicates) is not None


def test_copies_of_one_draw_count_once() -> None:
    one = np.array([[0.9, 0.2], [0.8, -0.1]])
    assert shift([one] * 20, [one] * 20) is None
    different = [one + 0.01 * place for place in range(20)]
    assert shift(different) is not None


def test_a_large_kernel_counts_for_more_than_a_small_one() -> None:
    large, small = drawn(0, (40, 40))[0], drawn(1, (5, 5), low=0)[0]
    assert shift([large, small]) is None
    assert shift([small]) is not None


@pytest.mark.parametrize("name", [name for name, one in INITIALIZERS.items() if one.mean == 0])
def test_no_initialiser_of_mean_0_is_shifted(name: str) -> None:
    generator = np.random.default_rng(3)
    for units in (1, 2, 5, 30):
        kernels = [generator.standard_normal((units, units)) for _ in range(6)]
        if INITIALIZERS[name].distribution == "orthogonal":
            kernels = [np.linalg.qr(kernel)[0] * generator.choice([-1, 1], units) for kernel in kernels]
        assert shift(kernels) is None


def test_weights_that_are_not_numbers_are_left_out_and_zeros_have_no_mean() -> None:
    broken, good = np.full((2, 5), np.nan), drawn(0, (5, 5), low=0)[0]
    assert shift([broken, good]) == pytest.approx(good.mean())
    assert shift([np.zeros((5, 5))]) is None
    assert shift([broken]) is None


def test_a_scale_of_1_is_that_of_the_suited_initialiser() -> None:
    kernels = [Kernel("a", (2, 5)), Kernel("b", (5, 5)), Kernel("c", (5, 20))]
    tanh = np.sqrt([2 / 7, 2 / 10, 2 / 25])  # Glorot & Bengio 2010.
    relu = np.sqrt([2 / 2, 2 / 5, 2 / 5])  # He et al. 2015.
    sizes = np.array([tanh, 2 * tanh, relu])
    pooled = (10 * 3.5 + 25 * 2 + 100 * 5) / 135
    np.testing.assert_allclose(relative_scale(sizes, kernels, [ACTIVATIONS["tanh"]] * 3), [1, 4, pooled])
    mixed = np.array([[tanh[0], relu[1], relu[2]]])
    activations = [ACTIVATIONS["tanh"], ACTIVATIONS["relu"], ACTIVATIONS["relu"]]
    np.testing.assert_allclose(relative_scale(mixed, kernels, activations), [1])


def test_a_kernel_of_unknown_activation_is_left_out() -> None:
    kernels = [Kernel("a", (5, 5)), Kernel("b", (5, 5))]
    sizes = np.sqrt(np.array([[0.2, 20.0]]))
    np.testing.assert_allclose(relative_scale(sizes, kernels, [ACTIVATIONS["tanh"], None]), [1])
    assert relative_scale(sizes, kernels, [None, None]) is None
