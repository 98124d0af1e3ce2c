"""Small Keras models whose illness is known without the rules, recorded by the monitor as somebody's own are.

python -m bench.labelled_models             trains all of them and prints how many verdicts agree
python -m bench.labelled_models frozen      those whose name has this word

A label is written down from theory, or from what plain Keras does with the model, before any rule sees its record. A
verdict that disagrees is printed; the label stays. A healthy model must not be called ill by its first record either.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from bench.labels import HALVES, HELD_OUT, TUNE, Label
from vgdemo import GradientMonitor
from vgdemo.diagnosis import Diagnosis, Verdict, diagnose, so_far
from vgdemo.record import RunRecord

EPOCHS = 20  # As few as the rules ask for.
TRAINED, HELD_BACK, PROBED = 256, 128, 64  # Examples.
NOTHING_WRONG = "Nothing is wrong at the start."


class Training(NamedTuple):
    """A compiled model, what it is fitted on, and how."""

    model: Any
    x: Any
    y: Any
    fit: dict[str, Any] = {}

    @property
    def probe(self) -> tuple[Any, Any]:
        """The first examples."""
        first = keras.tree.map_structure(lambda values: values[:PROBED], (self.x, self.y))
        return first[0], first[1]

    def recorded(self) -> RunRecord:
        """Train, and give what the monitor saw."""
        monitor = GradientMonitor(*self.probe)
        settings = {"epochs": EPOCHS, "batch_size": 32, "verbose": 0} | self.fit
        self.model.fit(self.x, self.y, callbacks=[monitor], **settings)
        return monitor.record


class LabelledModel(NamedTuple):
    """A model and what it has.

    Attributes:
        name: In words.
        make: The model with its data.
        label: Its verdicts, and how they are known.
        word: That the cause has to have; empty if the verdict says all.
    """

    name: str
    make: Callable[[], Training]
    label: Label
    word: str

    @property
    def half(self) -> str:
        """Where the model belongs, by its name alone."""
        return TUNE if zlib.crc32(self.name.encode()) % 2 == 0 else HELD_OUT

    @property
    def is_healthy(self) -> bool:
        """Whether it learns."""
        return Verdict.HEALTHY in self.label.verdicts

    def recorded(self) -> RunRecord:
        """Its record, the same each time."""
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        return self.make().recorded()


class Judged(NamedTuple):
    """A model with its verdict, and what its first record alone says."""

    labelled: LabelledModel
    diagnosis: Diagnosis
    start: str
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the label, for the reason that it has; of a healthy one from the first record on."""
        labelled = self.labelled
        is_right = self.diagnosis.verdict in labelled.label.verdicts and labelled.word in self.diagnosis.cause
        return is_right and (not labelled.is_healthy or self.start == NOTHING_WRONG)

    def __str__(self) -> str:
        """One line, and where it disagrees all that was said."""
        sign, label = " " if self.agrees else "≠", self.labelled.label
        line = f"{sign} {self.labelled.half:<9}{label!s:<28}{self.diagnosis.verdict:<10}{self.seconds:5.1f} s  "
        line += self.labelled.name
        if self.agrees:
            return line
        told = (f"label: {label.source}", f"at the start: {self.start}", self.diagnosis.sentence)
        return "\n    ".join((line, *told, *self.diagnosis.evidence))


MODELS: list[LabelledModel] = []
Make = Callable[[], Training]


def labelled(verdicts: str, source: str, word: str = "") -> Callable[[Make], Make]:
    """A model of the set: its verdicts with "or" between them, and where they are from."""

    def added(make: Make) -> Make:
        label = Label(tuple(map(Verdict, verdicts.split(" or "))), source)
        MODELS.append(LabelledModel(make.__name__.replace("_", " "), make, label, word))
        return make

    return added


def judged(model: LabelledModel) -> Judged:
    """Train and diagnose a model."""
    began = time.process_time()
    record = model.recorded()
    return Judged(model, diagnose(record), so_far(record), time.process_time() - began)


def show(results: Iterable[Judged]) -> None:
    """Print every model as it comes, then what each half says."""
    seen = []
    for result in results:
        print(result, flush=True)
        seen.append(result)
    print(f"\n{len(seen)} models in {sum(result.seconds for result in seen):.0f} s of a processor.")
    for half in HALVES:
        agree = [result.agrees for result in seen if result.labelled.half == half]
        print(f"{half}: {sum(agree)} of {len(agree)} agree.")


def main(words: list[str]) -> None:
    """Train those whose name has the words."""
    show(judged(model) for model in MODELS if " ".join(words) in model.name)


@cache
def digits() -> tuple[Any, Any]:
    """(n, 64) images between 0 and 1, (n,) classes."""
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y.astype("int32")


def classifier(model: Any, shape: tuple[int, ...] = (64,), optimizer: Any = "adam", **compiled: Any) -> Training:
    """A model of the ten digits; most are trained without other points, as most people begin."""
    x, y = digits()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **compiled)
    return Training(model, x[:TRAINED].reshape(-1, *shape), y[:TRAINED])


def checked(training: Training) -> Training:
    """With its accuracy on other points."""
    x, y = digits()
    others = slice(TRAINED, TRAINED + HELD_BACK)
    shape = training.x.shape[1:]
    return training._replace(fit={"validation_data": (x[others].reshape(-1, *shape), y[others])})


def dense(*hidden: Any, shape: tuple[int, ...] = (64,)) -> Any:
    """A plain network with ten answers."""
    return keras.Sequential([keras.Input(shape), *hidden, layers.Dense(10, "softmax", name="answer")])


def numbers(*shape: int, draw: int = 0) -> Any:
    """Normal numbers of variance 1."""
    return np.random.default_rng(draw).normal(size=shape).astype("float32")


def sgd(rate: float) -> Any:
    """Plain steps."""
    return keras.optimizers.SGD(rate)


def faint(dtype: str) -> Training:
    """Trained on a very small part of its loss, by an optimiser that does not mind."""
    hidden = [layers.Dense(32, "tanh", dtype=dtype) for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *hidden, layers.Dense(10, "softmax", dtype=dtype)])
    adam = keras.optimizers.Adam(epsilon=1e-12)
    return classifier(model, optimizer=adam, loss_weights=[1e-7], auto_scale_loss=False)


LEARNS = "plain Keras, without the monitor: it ends far better than guessing"


@labelled("healthy", LEARNS)
def mlp() -> Training:
    """Two hidden layers."""
    return checked(classifier(dense(layers.Dense(32, "relu"), layers.Dense(32, "relu"))))


@labelled("healthy", LEARNS)
def convolutions_with_batch_normalization() -> Training:
    """Whose moving averages need more updates than these, so that other points would say nothing."""
    parts = [
        layers.Conv2D(8, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(16, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
    ]
    return classifier(dense(*parts, shape=(8, 8, 1)), (8, 8, 1), keras.optimizers.Adam(0.01))


@labelled("healthy", LEARNS)
def residual_network() -> Training:
    """Six blocks."""
    inputs = keras.Input((64,))
    signal = layers.Dense(32, "relu")(inputs)
    for _ in range(6):
        signal = layers.Add()([signal, layers.Dense(32, "relu")(layers.LayerNormalization()(signal))])
    return classifier(keras.Model(inputs, layers.Dense(10, "softmax")(signal)))


@labelled("healthy", LEARNS)
def transformer_block() -> Training:
    """Rows of the images as a sequence."""
    inputs = keras.Input((8, 8))
    signal = layers.Dense(16)(inputs)
    attended = layers.MultiHeadAttention(2, 8)(signal, signal)
    signal = layers.LayerNormalization()(layers.Add()([signal, attended]))
    forward = layers.Dense(16)(layers.Dense(32, "gelu")(signal))
    signal = layers.LayerNormalization()(layers.Add()([signal, forward]))
    answer = layers.Dense(10, "softmax")(layers.Flatten()(signal))
    return checked(classifier(keras.Model(inputs, answer), (8, 8)))


@labelled("healthy", LEARNS)
def embedding_with_unseen_rows() -> Training:
    """Which of two words stands first; nearly all rows of the vocabulary are never looked up."""
    x = np.random.default_rng(0).integers(0, 20, (TRAINED, 6))
    y = (x[:, 0] < 10).astype("int32")
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(20_000, 8),
            layers.Flatten(),
            layers.Dense(16, "relu"),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Training(model, x, y)


@labelled("healthy", LEARNS)
def frozen_base_with_a_new_head() -> Training:
    """The base was trained on the same images first."""
    base = keras.Sequential([keras.Input((64,)), layers.Dense(48, "relu"), layers.Dense(24, "relu")], name="base")
    before = classifier(keras.Sequential([base, layers.Dense(10, "softmax")]))
    before.model.fit(before.x, before.y, epochs=10, verbose=0)
    base.trainable = False
    head = [base, layers.Dense(16, "relu"), layers.Dense(10, "softmax")]
    return classifier(keras.Sequential([keras.Input((64,)), *head]))


@labelled("healthy", LEARNS)
def regression() -> Training:
    """A smooth function of four numbers."""
    x = numbers(TRAINED, 4)
    y = np.sin(x[:, :1]) + x[:, 1:2] * 0.5
    model = keras.Sequential([keras.Input((4,)), layers.Dense(32, "tanh"), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return Training(model, x, y)


@labelled("healthy", LEARNS)
def autoencoder() -> Training:
    """Of the images, through eight units."""
    x = digits()[0][:TRAINED]
    parts = [layers.Dense(32, "relu"), layers.Dense(8), layers.Dense(32, "relu"), layers.Dense(64)]
    model = keras.Sequential([keras.Input((64,)), *parts])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return Training(model, x, x)


@labelled("healthy", LEARNS)
def gru_on_short_sequences() -> Training:
    """Rows of the images, one after the other."""
    return classifier(dense(layers.GRU(24), shape=(8, 8)), (8, 8), keras.optimizers.Adam(0.01))


@labelled("healthy", LEARNS)
def two_way_lstm_on_short_sequences() -> Training:
    """Both ways through the rows."""
    return classifier(dense(layers.Bidirectional(layers.LSTM(12)), shape=(8, 8)), (8, 8), keras.optimizers.Adam(0.01))


@labelled("healthy", LEARNS)
def several_outputs() -> Training:
    """The digit, and whether it is even."""
    inputs = keras.Input((64,))
    signal = layers.Dense(32, "relu")(inputs)
    outputs = {
        "digit": layers.Dense(10, "softmax", name="digit")(signal),
        "even": layers.Dense(1, "sigmoid", name="even")(signal),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(0.003), {"digit": "sparse_categorical_crossentropy", "even": "binary_crossentropy"}
    )
    x, y = digits()
    return Training(model, x[:TRAINED], {"digit": y[:TRAINED], "even": 1 - y[:TRAINED] % 2})


@labelled("healthy", LEARNS)
def shared_layer() -> Training:
    """The same layer for the left and the right half."""
    inputs = keras.Input((64,))
    shared = layers.Dense(24, "relu", name="shared")
    halves = [shared(inputs[:, :32]), shared(inputs[:, 32:])]
    return classifier(keras.Model(inputs, layers.Dense(10, "softmax")(layers.Concatenate()(halves))))


@labelled("healthy", LEARNS)
def small_loss() -> Training:
    """Adam takes the size of the loss away: a loss times a ten-millionth is learned like any other."""
    return faint("float32")


@labelled("healthy", LEARNS)
def depthwise_convolutions() -> Training:
    """Separable, as in networks for telephones."""
    parts = [
        layers.Conv2D(8, 3, activation="relu"),
        layers.DepthwiseConv2D(3, activation="relu"),
        layers.Conv2D(16, 1, activation="relu"),
        layers.Flatten(),
    ]
    return classifier(dense(*parts, shape=(8, 8, 1)), (8, 8, 1), keras.optimizers.Adam(0.005))


@labelled("healthy", LEARNS)
def gated_units() -> Training:
    """Sigmoids that open and close the way of others."""
    inputs = keras.Input((64,))
    signal = layers.Dense(32, "relu")(inputs)
    gates = layers.Dense(32, "sigmoid")(layers.Dense(4, "relu")(signal))
    return classifier(keras.Model(inputs, layers.Dense(10, "softmax")(layers.Multiply()([signal, gates]))))


@labelled("healthy", LEARNS)
def lstm_whose_last_steps_suffice() -> Training:
    """The gradient vanishes over sixty steps, and nothing of the early ones is needed."""
    x = numbers(TRAINED, 60, 1)
    model = keras.Sequential([keras.Input((60, 1)), layers.LSTM(8), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    return Training(model, x, x[:, -3:].sum(axis=1))


@labelled("vanishing", "theory: each sigmoid multiplies the gradient by at most 1/4, and Glorot's weights by about 1")
def twenty_sigmoid_layers() -> Training:
    """Saturated nowhere, small everywhere."""
    return classifier(dense(*[layers.Dense(32, "sigmoid") for _ in range(20)]))


@labelled("vanishing", "theory: χ of ReLU with Glorot's weights is 1/2, so 30 layers leave 2^-15 of the gradient")
def thirty_plain_layers() -> Training:
    """Without skip connections."""
    return classifier(dense(*[layers.Dense(32, "relu") for _ in range(30)]), optimizer=sgd(0.05))


def recall(layer: Any, steps: int, optimizer: Any) -> Training:
    """Which of two signs came first, told after many steps of noise."""
    x = 0.1 * numbers(TRAINED, steps, 1)
    x[:, 0, 0] = np.random.default_rng(1).choice([-1, 1], TRAINED)
    model = keras.Sequential([keras.Input((steps, 1)), layer, layers.Dense(1, "sigmoid")])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return Training(model, x, (x[:, 0, 0] > 0).astype("int32"), {"batch_size": 64})


THROUGH_TIME = "plain Keras: the derivative by the first state is far below a millionth of that by the last"


@labelled("vanishing", THROUGH_TIME, "through time")
def lstm_over_a_hundred_and_twenty_steps() -> Training:
    """Keras's own bias of 1 keeps 0.73 of the state in each step."""
    return recall(layers.LSTM(8), 120, "adam")


@labelled("vanishing", THROUGH_TIME, "through time")
def simple_rnn_over_a_hundred_steps() -> Training:
    """Small recurrent weights."""
    initializer = keras.initializers.Orthogonal(gain=0.5)
    return recall(layers.SimpleRNN(8, recurrent_initializer=initializer), 100, "adam")


@labelled("stuck", "`trainable=False` on every layer leaves nothing to learn", "frozen")
def everything_frozen() -> Training:
    """Frozen, and never thawed."""
    hidden = [layers.Dense(32, "relu"), layers.Dense(32, "relu")]
    model = dense(*hidden)
    model.trainable = False
    return classifier(model)


@labelled("stuck", "plain Keras: a head on two random units cannot tell ten digits; thawed it can", "frozen")
def base_frozen_by_mistake() -> Training:
    """Random features, so few that the head can make nothing of them."""
    base = keras.Sequential([keras.Input((64,)), layers.Dense(32, "tanh"), layers.Dense(2, "tanh")], name="base")
    base.trainable = False
    made = classifier(keras.Sequential([keras.Input((64,)), base, layers.Dense(10, "softmax")]), optimizer=sgd(0.1))
    return made._replace(fit={"epochs": 2 * EPOCHS})


@labelled("stuck", "`stop_gradient` cuts what lies below off the loss; Keras warns of it", "reach")
def layer_not_reached_by_the_loss() -> Training:
    """The features are cut off, and too few for the head."""
    inputs = keras.Input((64,))
    signal = layers.Dense(2, "tanh", name="features")(layers.Dense(32, "tanh", name="below")(inputs))
    signal = layers.Lambda(keras.ops.stop_gradient)(signal)
    return classifier(keras.Model(inputs, layers.Dense(10, "softmax")(signal)), optimizer=sgd(0.1))


@labelled(
    "vanishing or stuck", "arithmetic: numbers of 16 bits end at 6e-8; plain Keras: in 32 bits it learns", "16 bits"
)
def loss_scale_too_small() -> Training:
    """The small loss, in sixteen bits."""
    return faint("mixed_float16")


@labelled("stuck", "algebra: the softmax of a single number is 1, and its derivative 0", "cannot move")
def softmax_on_one_unit() -> Training:
    """A binary answer with the activation of many."""
    x, y = digits()
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(1, "softmax")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Training(model, x[:TRAINED], (y[:TRAINED] > 4).astype("int32"))


@labelled("stuck or dead", "algebra: a ReLU below 0 has no slope, so the answer stays 0", "cannot move")
def relu_that_answers_below_zero() -> Training:
    """A regression whose last activation was born dead."""
    x = numbers(TRAINED, 4)
    answer = layers.Dense(1, "relu", bias_initializer=keras.initializers.Constant(-20.0))
    model = keras.Sequential([keras.Input((4,)), layers.Dense(32, "tanh"), answer])
    model.compile("adam", "mse")
    return Training(model, x, np.exp(x[:, :1]))


@labelled("dead", "arithmetic: a bias of -10 lies below anything that inputs between 0 and 1 bring")
def dead_relus() -> Training:
    """Born so."""
    return classifier(dense(layers.Dense(32, "relu", bias_initializer=keras.initializers.Constant(-10.0))))


@labelled("diverged or dead", "plain Keras: the loss is no number, or far above guessing")
def steps_far_too_long() -> Training:
    """A thousand times the usual rate."""
    return classifier(dense(layers.Dense(32, "tanh"), layers.Dense(32, "tanh")), optimizer=sgd(100.0))


@labelled("stuck", "arithmetic: 160 steps of a ten-millionth move no weight by a thousandth", "short")
def learning_rate_far_too_small() -> Training:
    """A network in which all else is right."""
    return checked(classifier(dense(layers.Dense(32, "relu"), layers.Dense(32, "relu")), optimizer=sgd(1e-7)))


@labelled("vanishing or dead or stuck", "symmetry: weights of 0 pass neither signal nor gradient", "start at 0")
def zeros_initializer() -> Training:
    """All kernels."""
    hidden = [layers.Dense(32, "relu", kernel_initializer="zeros") for _ in range(2)]
    return classifier(dense(*hidden))


@labelled("saturated", "arithmetic: numbers near 10,000 drive a tanh with Glorot's weights to ±1, the same for all")
def unscaled_inputs() -> Training:
    """What a sensor gave, neither centred nor scaled."""
    made = classifier(dense(layers.Dense(32, "tanh"), layers.Dense(32, "tanh")))
    return made._replace(x=10_000 + made.x)


@labelled("stuck or diverged", "algebra: with labels of 1 and 2 a cross-entropy has no lower bound", "abels")
def labels_of_the_wrong_range() -> Training:
    """Classes counted from 1."""
    x, y = digits()
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return Training(model, x[:TRAINED], 1 + (y[:TRAINED] > 4).astype("int32"))


if __name__ == "__main__":
    main(sys.argv[1:])
