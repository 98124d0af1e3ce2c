"""Small Keras models of every kind, each with its data and the way it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

N = 16  # Examples: two steps of 8.


class Kind(NamedTuple):
    """A compiled model, what it is fitted on, and how."""

    model: Any
    x: Any
    y: Any
    sample_weight: Any = None
    fit: dict[str, Any] = {}
    loss: Any = None  # For the monitor.
    probe_size: int = N

    @property
    def probe(self) -> tuple[Any, Any, Any]:
        """What the monitor gets."""
        if isinstance(self.x, tf.data.Dataset):
            return self.x, None, None
        return keras.tree.map_structure(  # type: ignore[no-any-return]
            lambda values: None if values is None else values[: self.probe_size], (self.x, self.y, self.sample_weight)
        )

    def fitted(self, epochs: int, callbacks: list[Any]) -> dict[str, list[float]]:
        """Train, and give the history."""
        arrays = {} if isinstance(self.x, tf.data.Dataset) else {"batch_size": 8, "sample_weight": self.sample_weight}
        settings = {"epochs": epochs, "callbacks": callbacks, "verbose": 0} | arrays | self.fit
        return self.model.fit(self.x, self.y, **settings).history  # type: ignore[no-any-return]


KINDS: dict[str, Callable[[], Kind]] = {}


def kind(make: Callable[[], Kind]) -> Callable[[], Kind]:
    KINDS[make.__name__] = make
    return make


def numbers(*shape: int, draw: int = 0) -> np.ndarray:
    return np.random.default_rng(draw).normal(size=(N, *shape)).astype("float32")


def words(length: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 9, (N, length))


def classes(count: int = 3) -> np.ndarray:
    return np.random.default_rng(2).integers(0, count, N)


def classifier(model: Any, x: Any, **compiled: Any) -> Kind:
    """Trained by Adam on three classes."""
    settings = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(**settings | compiled)
    return Kind(model, x, classes())


def answer() -> Any:
    return layers.Dense(3, "softmax", name="answer")


@kind
def dense_with_dropout_and_batch_normalization() -> Kind:
    parts = [
        keras.Input((6,)),
        layers.Dense(8, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.5),
    ]
    made = classifier(keras.Sequential([*parts, answer()]), numbers(6))
    return made._replace(fit={"validation_data": (made.x, made.y)})


@kind
def sequential_that_is_not_built() -> Kind:
    model = keras.Sequential([layers.Dense(5, "tanh"), layers.GaussianNoise(0.1), answer()])
    return classifier(model, numbers(6), steps_per_execution=2)


@kind
def several_inputs_outputs_and_losses() -> Kind:
    first, second = keras.Input((4,), name="first"), keras.Input((3,), name="second")
    shared = layers.Dense(5, "elu", name="shared", kernel_regularizer="l2")
    joined = layers.Concatenate()([shared(first), layers.Dense(4, "selu", name="other")(second)])
    outputs = {
        "kind": layers.Dense(3, "softmax", name="kind")(joined),
        "size": layers.Dense(1, name="size", activity_regularizer="l2")(joined),
    }
    model = keras.Model({"first": first, "second": second}, outputs)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.3},
        weighted_metrics={"kind": ["accuracy"]},
    )
    weights = {name: np.linspace(0.1, 2, N).astype("float32") for name in outputs}
    return Kind(
        model, {"first": numbers(4), "second": numbers(3, draw=1)}, {"kind": classes(), "size": numbers(1)}, weights
    )


class Drawing(layers.Layer):
    """Draws from the seed that all layers share, and adds a loss."""

    def call(self, x: Any) -> Any:
        self.add_loss(0.1 * ops.mean(ops.square(x)))
        return x + 0.1 * keras.random.normal(ops.shape(x))


class Subclassed(keras.Model):
    """Blocks in lists, a layer that is called twice, one that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = [keras.Sequential([layers.Dense(6, "gelu", name="inner"), Drawing()]) for _ in range(2)]
        self.shared, self.unused, self.last = layers.Dense(6, "tanh", name="shared"), layers.Dense(2), answer()

    def build(self, shape: Any) -> None:
        self.unused.build((None, 4))
        super().build(shape)

    def call(self, x: Any, training: bool = False) -> Any:
        for block in self.blocks:
            x = block(self.shared(x), training=training)
        return self.last(x)


@kind
def subclassed_with_a_shared_seed() -> Kind:
    return classifier(Subclassed(), numbers(6))


@kind
def run_eagerly() -> Kind:
    return classifier(Subclassed(), numbers(6), run_eagerly=True)


class Branching(keras.Model):
    """Only Python can run it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = layers.Dense(4, "relu"), answer()

    def call(self, x: Any) -> Any:
        x = self.first(x)
        return self.last(x if float(ops.sum(x)) > 0 else -x)


@kind
def eager_alone() -> Kind:
    return classifier(Branching(), numbers(6), run_eagerly=True)


@kind
def compiled_with_xla() -> Kind:
    parts = [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.3), answer()]
    return classifier(keras.Sequential(parts), numbers(6), jit_compile=True)


@kind
def embedding_with_a_mask_and_recurrent_layers() -> Kind:
    parts = [
        layers.Embedding(9, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.2)),
        layers.SimpleRNN(3, recurrent_dropout=0.2),
        answer(),
    ]
    return classifier(keras.Sequential(parts), words())


@kind
def stateful_recurrence() -> Kind:
    parts = [keras.Input(batch_shape=(8, 5, 2)), layers.GRU(3, stateful=True), answer()]
    made = classifier(keras.Sequential(parts), numbers(5, 2))
    return made._replace(fit={"shuffle": False}, probe_size=8)


@kind
def attention_and_layer_normalization() -> Kind:
    tokens = keras.Input((5, 4))
    attended = layers.MultiHeadAttention(2, 3, dropout=0.1, name="attention")(tokens, tokens)
    x = layers.LayerNormalization()(tokens + attended)
    x = layers.Add()([x, layers.Dense(4, "gelu", name="mixing")(x)])
    return classifier(keras.Model(tokens, answer()(layers.GlobalAveragePooling1D()(x))), numbers(5, 4))


@kind
def frozen_nested_base() -> Kind:
    base = keras.Sequential([keras.Input((6,)), layers.Dense(5, "relu", name="inside")], name="base")
    base.trainable = False
    return classifier(keras.Sequential([base, layers.Dense(4, "tanh"), answer()]), numbers(6))


def _with_policy(policy: str) -> Kind:
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        parts = [layers.Dense(8, "relu"), layers.Dropout(0.3), layers.Dense(3), layers.Activation("softmax")]
        return classifier(keras.Sequential(parts), numbers(6))
    finally:
        keras.mixed_precision.set_dtype_policy(before)


@kind
def mixed_float16() -> Kind:
    return _with_policy("mixed_float16")


@kind
def mixed_bfloat16() -> Kind:
    return _with_policy("mixed_bfloat16")


class Autoencoder(keras.Model):
    """Variational: its loss is added in the call, with a seed and a metric of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = layers.Dense(4, name="encoder"), layers.Dense(6, name="decoder")
        self.seed, self.tracker = keras.random.SeedGenerator(4), keras.metrics.Mean(name="kl")

    def call(self, x: Any) -> Any:
        mean, deviation = ops.split(self.encoder(x), 2, axis=-1)
        z = mean + ops.exp(deviation) * keras.random.normal(ops.shape(mean), seed=self.seed)
        decoded = self.decoder(z)
        divergence = ops.mean(ops.square(mean) + ops.exp(2 * deviation) - 2 * deviation)
        self.tracker.update_state(divergence)
        self.add_loss(ops.mean(ops.square(decoded - x)) + 0.1 * divergence)
        return decoded


@kind
def loss_that_is_added_alone() -> Kind:
    model = Autoencoder()
    model.compile("rmsprop")
    return Kind(model, numbers(6), None)


class OwnLoss(keras.Model):
    """Computes its loss itself, with the arguments of older versions."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = layers.Dense(4, "softplus"), layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(self.first(x))

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None) -> Any:
        return ops.mean(ops.abs(y - y_pred)) + ops.mean(ops.abs(x)) * 0


@kind
def compute_loss_of_its_own() -> Kind:
    model = OwnLoss()
    model.compile(keras.optimizers.AdamW(0.01))
    return Kind(model, numbers(6), numbers(1, draw=1))


class OwnStep(keras.Model):
    """Trains by a step of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = layers.Dense(4, "tanh"), layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(self.first(x))

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = own_loss(self, x, y, None)
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        return {"loss": loss}


def own_loss(model: Any, x: Any, y: Any, sample_weight: Any) -> Any:
    return ops.mean(ops.abs(model(x, training=True) - y) ** 3)


@kind
def train_step_of_its_own() -> Kind:
    model = OwnStep()
    model.compile("adam")
    return Kind(model, numbers(6), numbers(1, draw=1), loss=own_loss)


@kind
def convolutions_and_augmentation() -> Kind:
    parts = [
        keras.Input((6, 6, 2)),
        layers.RandomTranslation(0.2, 0.2),
        layers.Conv2D(4, 3, padding="same", name="convolution"),
        layers.GroupNormalization(2),
        layers.Activation("silu"),
        layers.DepthwiseConv2D(3),
        layers.LeakyReLU(),
        layers.SpatialDropout2D(0.3),
        layers.Conv2DTranspose(3, 2, activation="relu"),
        layers.GlobalMaxPooling2D(),
        answer(),
    ]
    return classifier(keras.Sequential(parts), numbers(6, 6, 2))


@kind
def wrappers() -> Kind:
    parts = [
        keras.Input((4, 5)),
        layers.TimeDistributed(layers.Dense(4, name="inside"), name="spread"),
        layers.PReLU(),
        layers.SpectralNormalization(layers.Dense(4, "tanh", name="normed")),
        layers.Flatten(),
        answer(),
    ]
    return classifier(keras.Sequential(parts), numbers(4, 5))


@kind
def recurrent_convolution() -> Kind:
    parts = [keras.Input((3, 5, 2)), layers.ConvLSTM1D(2, 2), layers.Flatten(), answer()]
    return classifier(keras.Sequential(parts), numbers(3, 5, 2))


@kind
def operations_beside_layers() -> Kind:
    inputs = keras.Input((6,))
    x = ops.relu(layers.Dense(6, name="first")(inputs)) + inputs
    return classifier(keras.Model(inputs, answer()(x)), numbers(6))


@kind
def mirrored_on_one_device() -> Kind:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        return classifier(keras.Sequential([layers.Dense(5, "relu"), layers.Dropout(0.3), answer()]), numbers(6))


@kind
def data_set_with_weights() -> Kind:
    made = classifier(keras.Sequential([layers.Dense(5, "relu"), answer()]), numbers(6))
    data = tf.data.Dataset.from_tensor_slices((made.x, made.y, np.linspace(0, 1, N, dtype="float32"))).batch(8)
    return made._replace(x=data, y=None, fit={"shuffle": False})
