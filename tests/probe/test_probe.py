"""What a probe measures is right: against plain Keras, and against finite differences."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from probe.kinds import KINDS, Kind, answer, classes, classifier, numbers, words

from vgdemo.probe import Measured, Probe, batch_of
from vgdemo.probe.foreign_state import ForeignStateError
from vgdemo.record import HISTOGRAM_BINS
from vgdemo.statistics import gradient_histograms


def made(make: Callable[[], Kind]) -> Kind:
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    return make()


def measured(kind: Kind, **settings: Any) -> tuple[Probe, Measured]:
    probe = Probe(kind.model, batch_of(*kind.probe), loss=kind.loss, **settings)
    return probe, probe.measure()


def plain_gradients(kind: Kind) -> dict[str, np.ndarray]:
    """Path of each variable to its gradient in evaluation, by a tape of its own."""
    x, y, weights = kind.probe
    variables = kind.model.trainable_variables
    with tf.GradientTape() as tape:
        y_pred = kind.model(x, training=False)
        loss = kind.model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weights, training=False)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    return {
        variable.path: tf.convert_to_tensor(gradient).numpy()
        for variable, gradient in zip(variables, gradients, strict=True)
        if gradient is not None
    }


def is_kernel(path: str, value: np.ndarray) -> bool:
    return value.ndim >= 2 and "bias" not in path and not path.endswith("alpha")


AGAINST_A_TAPE = (
    "dense_with_dropout_and_batch_normalization",
    "several_inputs_outputs_and_losses",
    "embedding_with_a_mask_and_recurrent_layers",
    "attention_and_layer_normalization",
    "frozen_nested_base",
    "convolutions_and_augmentation",
    "wrappers",
    "recurrent_convolution",
    "operations_beside_layers",
)


@pytest.mark.parametrize("name", AGAINST_A_TAPE)
def test_gradients_are_those_of_a_tape_of_its_own(name: str) -> None:
    kind = made(KINDS[name])
    probe, found = measured(kind, training=False)
    oracle = plain_gradients(kind)
    kernels = [kernel for kernel in probe.described.model.kernels if kernel.trainable and kernel.is_reached]
    rows = [row for row in found.kernels if "gradient_rms" in row]
    assert len(rows) == len(kernels) == sum(map(is_kernel, oracle, oracle.values()))
    for kernel, row in zip(kernels, rows, strict=True):
        (gradient,) = (
            value
            for path, value in oracle.items()
            if path.split("/")[-1] == kernel.name and kernel.layer in path.split("/")
        )
        gradient = gradient.astype(np.float64)
        assert row["gradient_rms"] == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-6)
        assert row["gradient_mean_abs"] == pytest.approx(np.abs(gradient).mean(), rel=1e-6)
        assert row["gradient_max_abs"] == pytest.approx(np.abs(gradient).max(), rel=1e-6)
        assert row["gradient_zero_share"] == (gradient == 0).mean()


@pytest.fixture
def double_precision() -> Iterator[None]:
    policy = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy(policy)


@pytest.mark.parametrize("name", ["convolution", "lstm"])
def test_gradients_are_central_differences_in_double_precision(name: str, double_precision: None) -> None:
    keras.utils.set_random_seed(3)
    if name == "convolution":
        parts, x = [layers.Conv2D(2, 2, activation="tanh", name=name), layers.Flatten(), answer()], numbers(3, 3, 1)
    else:
        parts, x = [layers.LSTM(2, name=name), answer()], numbers(4, 2)
    kind = classifier(keras.Sequential(parts), x.astype("float64"))
    probe, found = measured(kind, training=False)
    assert probe.described.model.kernels[0].layer == name
    for kernel, row in zip(kind.model.layers[0].trainable_variables, found.kernels, strict=False):
        if is_kernel(kernel.path, kernel.numpy()):
            gradient = np.array([difference(kind, kernel, place) for place in range(kernel.numpy().size)])
            assert row["gradient_rms"] == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-8)
            assert row["gradient_max_abs"] == pytest.approx(np.abs(gradient).max(), rel=1e-8)


def difference(kind: Kind, variable: Any, place: int, step: float = 1e-3) -> float:
    """The loss's derivative by one weight, to fourth order."""
    before = variable.numpy()

    def loss(moved: float) -> float:
        values = before.copy()
        values.ravel()[place] += moved
        variable.assign(values)
        return float(kind.model.compute_loss(x=kind.x, y=kind.y, y_pred=kind.model(kind.x), training=False))

    near, far = loss(step) - loss(-step), loss(2 * step) - loss(-2 * step)
    variable.assign(before)
    return (8 * near - far) / (12 * step)


class Counting(layers.Layer):
    """Keeps a variable that is none of Keras's."""

    def __init__(self, kind: str) -> None:
        super().__init__(name="counting")
        self.own = tf.Variable(0.0) if kind == "variable" else tf.random.Generator.from_seed(1)

    def call(self, x: Any) -> Any:
        if isinstance(self.own, tf.Variable):
            self.own.assign_add(1.0)
            return x
        return x + self.own.normal(tf.shape(x))


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("state", ["variable", "generator"])
def test_state_outside_keras_is_refused_with_the_name_of_its_layer(state: str, eager: bool) -> None:
    kind = classifier(keras.Sequential([Counting(state), answer()]), numbers(6), run_eagerly=eager)
    with pytest.raises(ForeignStateError, match=r"Expected layer counting .* Received: \w+"):
        Probe(kind.model, batch_of(*kind.probe))


class Holder:
    """An object of nobody's library."""

    def __init__(self, held: Any) -> None:
        self.held = held


GLOBAL = {"variable": tf.Variable(0.0)}


def by_a_global(x: Any) -> Any:
    GLOBAL["variable"].assign_add(1.0)
    return x


def caught(variable: tf.Variable) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        variable.assign_add(1.0)
        return x

    return call


class Holding(layers.Layer):
    """Keeps something, and may change it."""

    def __init__(self, held: Any, change: Callable[[Any, Any], Any] = lambda layer, x: x) -> None:
        super().__init__(name="holding")
        self.held, self.count, self.change = held, 0, change

    def call(self, x: Any) -> Any:
        return self.change(self, x)


def holding(held: Any, *change: Any) -> Kind:
    return classifier(keras.Sequential([Holding(held, *change), answer()]), numbers(6), run_eagerly=True)


@pytest.mark.parametrize(
    "held",
    [
        [tf.Variable(0.0)],
        {"a": [tf.Variable(0.0)]},
        Holder(Holder((tf.Variable(0.0),))),
        caught(tf.Variable(0.0)),
        functools.partial(lambda variable, x: x, tf.Variable(0.0)),
        Holder(caught(tf.Variable(0.0))).held,
        by_a_global,
        np.random.default_rng(0),
        [np.random.RandomState(0)],
        Holder(random.Random(0)),
    ],
)
def test_state_outside_keras_is_found_wherever_a_layer_holds_it(held: Any) -> None:
    kind = holding(held)
    with pytest.raises(ForeignStateError, match=r"Expected layer holding .* Received: \w+"):
        Probe(kind.model, batch_of(*kind.probe))


def counted(layer: Any, x: Any) -> Any:
    layer.count += 1
    return x


def written(layer: Any, x: Any) -> Any:
    layer.held[0][0] += 1
    return x


def drawn(layer: Any, x: Any) -> Any:
    return x + random.random() + np.random.random()


@pytest.mark.parametrize(
    ("change", "received"), [(counted, "a number"), (written, "an array"), (drawn, "a draw of Python's or NumPy's")]
)
def test_what_a_measurement_changes_of_an_eager_model_is_put_back_and_refused(change: Any, received: str) -> None:
    kind = holding([np.zeros(2)], change)
    layer = kind.model.layers[0]
    kind.model.fit(kind.x, kind.y, batch_size=8, verbose=0)  # Builds it, and changes twice what it changes.
    probe = Probe(kind.model, batch_of(*kind.probe))
    before = layer.count, layer.held[0].tolist(), random.getstate(), np.random.get_state()[1].tolist()
    with pytest.raises(ForeignStateError, match=f"Received: {received}"):
        probe.measure()
    assert before == (layer.count, layer.held[0].tolist(), random.getstate(), np.random.get_state()[1].tolist())


def test_an_eager_model_may_hold_what_it_does_not_change() -> None:
    table = np.linspace(0, 1, 6)
    table.flags.writeable = False
    kind = holding([table, {"a": Holder(np.full(6, np.nan))}], lambda layer, x: x + layer.held[0])
    probe, found = measured(kind)
    assert found.loss is not None and probe.notices[0].startswith("The model runs eagerly.")


def test_histograms_are_those_of_every_record() -> None:
    from vgdemo.probe.statistics import histogram

    random = np.random.default_rng(0)
    values = np.concatenate([10 ** random.uniform(-26, 8, 5000), [0, np.inf, np.nan]])
    counts = histogram(tf.constant(values)).numpy()
    assert len(counts) == HISTOGRAM_BINS
    np.testing.assert_array_equal(counts, gradient_histograms(values))


def test_kernels_and_layers_stand_in_the_order_of_data_flow() -> None:
    probe, _ = measured(made(KINDS["attention_and_layer_normalization"]))
    model = probe.described.model
    assert [kernel.layer for kernel in model.kernels] == [
        "query",
        "key",
        "value",
        "attention_output",
        "mixing",
        "answer",
    ]
    assert model.kernels[-1].is_output and not any(kernel.is_output for kernel in model.kernels[:-1])
    assert (model.normalization, model.residual, model.num_classes) == ("layer", True, 3)
    probe, _ = measured(made(KINDS["subclassed_with_a_shared_seed"]))
    model = probe.described.model
    assert model.kernel_labels == ("shared", "sequential/inner", "sequential_1/inner", "answer", "dense")
    assert [kernel.is_reached for kernel in model.kernels] == [True, True, True, True, False]
    assert [layer.name for layer in model.layers if layer.kind == "Dense"] == [
        "shared",
        "sequential/inner",
        "shared:2",
        "sequential_1/inner",
        "answer",
    ]


def test_a_layers_output_is_measured_as_it_is() -> None:
    parts = [keras.Input((6,)), layers.Dense(8, "relu", name="hidden"), layers.Dense(4, "tanh"), answer()]
    kind = classifier(keras.Sequential(parts), 9 * numbers(6))
    kind.model.layers[0].bias.assign([-1000, 0, 0, 0, 0, 0, 0, 0])
    _, found = measured(kind)
    with tf.GradientTape() as tape:
        hidden = kind.model.layers[0](kind.x)
        squashed = kind.model.layers[1](hidden)
        loss = kind.model.compute_loss(y=kind.y, y_pred=kind.model.layers[2](squashed))
    gradient = tape.gradient(loss, hidden).numpy().astype(np.float64)
    values = hidden.numpy().astype(np.float64)
    assert found.layers[0]["activation_mean"] == pytest.approx(values.mean())
    assert found.layers[0]["activation_std"] == pytest.approx(values.std())
    assert found.layers[0]["dead_share"] == (values == 0).all(axis=0).mean() > 0
    assert found.layers[0]["saturated_share"] == (values == 0).mean()
    assert found.layers[0]["output_gradient_rms"] == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-6)
    assert found.layers[1]["saturated_share"] == (1 - squashed.numpy() ** 2 < 0.05).mean() > 0
    assert "dead_share" not in found.layers[1] and "saturated_share" not in found.layers[2]


def deep_sigmoids(policy: str) -> Kind:
    units = [8] * 10 + [1]
    model = keras.Sequential([keras.layers.Dense(count, "sigmoid", dtype=policy) for count in units])
    optimizer = keras.optimizers.SGD(0.01)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(optimizer, "binary_crossentropy")
    return Kind(model, numbers(6), classes(2))


def test_the_loss_scale_keeps_gradients_that_half_precision_cannot_hold_and_is_taken_out() -> None:
    """Layer 1 gets less than 1e-6, where half precision holds multiples of 6e-8 alone."""
    policies = ("mixed_float16", "float32")
    half, single = (measured(made(lambda p=policy: deep_sigmoids(p)))[1] for policy in policies)
    for layer, other in zip(half.kernels, single.kernels, strict=True):
        assert layer["gradient_rms"] == pytest.approx(other["gradient_rms"], rel=0.02)
    assert single.kernels[0]["gradient_rms"] < 1e-6


def test_a_probe_that_looking_at_would_change_is_refused() -> None:
    data = tf.data.Dataset.from_tensor_slices((numbers(2), classes())).shuffle(4).batch(8)
    with pytest.raises(ValueError, match=re.escape("Received: shuffle()")):
        batch_of(data)
    with pytest.raises(ValueError, match="Expected a probe of arrays, or a data set. Received: generator"):
        batch_of(one for one in [numbers(2)])
    assert batch_of({"a": words()}, classes()).size == 16
