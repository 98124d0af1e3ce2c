from __future__ import annotations

import keras
import numpy as np
import pytest

from vgdemo.initializers import INITIALIZERS, Initializer

KERAS_INITIALIZERS = {
    "uniform_0_1": keras.initializers.RandomUniform(0, 1, seed=1),
    "lsuv": keras.initializers.get("orthogonal"),  # Where it starts.
    **{name: keras.initializers.get(name) for name in INITIALIZERS if name not in ("uniform_0_1", "lsuv")},
}
each_initializer = pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=INITIALIZERS)
each_that_draws = pytest.mark.parametrize(
    "initializer", [one for name, one in INITIALIZERS.items() if name != "identity"], ids=lambda one: one.name
)


def test_every_row_stands_under_its_own_name() -> None:
    assert [initializer.name for initializer in INITIALIZERS.values()] == list(INITIALIZERS)


def test_lsuv_alone_looks_at_the_data() -> None:
    assert [initializer.name for initializer in INITIALIZERS.values() if initializer.looks_at_data] == ["lsuv"]


@each_that_draws
@pytest.mark.parametrize("shape", [(2, 600), (300, 300), (600, 2)])
def test_mean_and_variance_are_those_of_keras_draws(initializer: Initializer, shape: tuple[int, int]) -> None:
    keras.utils.set_random_seed(0)
    draws = np.stack([KERAS_INITIALIZERS[initializer.name].clone()(shape) for _ in range(20)])
    variance = initializer.variance(*shape)
    assert draws.mean() == pytest.approx(initializer.mean, abs=0.05 * variance**0.5)
    assert draws.var() == pytest.approx(variance, rel=0.05)


def test_the_identity_has_the_mean_square_of_its_row() -> None:
    """It has no mean of its own, as nothing of it is random."""
    for shape in ((2, 600), (300, 300), (600, 2)):
        kernel = np.asarray(KERAS_INITIALIZERS["identity"](shape))
        assert np.square(kernel).mean() == pytest.approx(INITIALIZERS["identity"].variance(*shape))


def test_the_identity_takes_no_seed() -> None:
    assert INITIALIZERS["identity"].keras_code(seed="7") == "Identity()"


@each_that_draws
def test_the_code_makes_kerass_initializer(initializer: Initializer) -> None:
    made = eval(f"keras.initializers.{initializer.keras_code(seed='2 + 3')}")
    expected = KERAS_INITIALIZERS[initializer.name]
    assert type(made) is type(expected)
    assert made.get_config() == expected.get_config() | {"seed": 5}


def test_the_code_needs_no_seed() -> None:
    assert INITIALIZERS["he_normal"].keras_code() == "HeNormal()"
    assert INITIALIZERS["uniform_0_1"].keras_code() == "RandomUniform(0, 1)"


@each_initializer
def test_a_family_has_one_author_and_but_for_plain_distributions_one_variance(initializer: Initializer) -> None:
    relatives = [other for other in INITIALIZERS.values() if other.family == initializer.family]
    assert {other.author for other in relatives} == {initializer.author}
    assert len({other.variance(3, 7) for other in relatives}) == (1 if initializer.author else 3)
