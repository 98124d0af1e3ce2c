"""What a label stands on: the best that the points allow, and a trainer in NumPy that shares nothing with the engine.

The trainer takes from the project its settings, its points and the tables of activations and initialisers. `python -m
bench.labels` prints what it sees of the labelled runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.data import MAKERS, make_dataset
from vgdemo.initializers import INITIALIZERS
from vgdemo.sequences import TASKS, reachable_accuracy

Array = NDArray[np.float64]
Weights = dict[str, Array]

NOISE_FREE = 10_000  # Points that stand for a data set without noise.
ANGLES = 720  # Directions of a straight line.
LEARNED = 0.6  # Of the way from the larger class to the best that can be.
SHARE = 0.75  # Of the replicates.
CHECKED = 8  # Replicates of the trainer here.
EPSILON, NORMALIZATION_EPSILON, AVERAGE_MOMENTUM = 1e-7, 1e-3, 0.99  # Keras's.


@cache
def best_accuracy(dataset: str, n_samples: int, noise: float, data_seed: int) -> float:
    """Validation accuracy of the Bayes classifier, which knows how the points were made: only luck can beat it.

    The density of a class is that of its points without noise, blurred by the noise.
    """
    if not noise:
        return 1.0
    points, classes = MAKERS[dataset](n_samples, noise, data_seed)
    sources, of = MAKERS[dataset](NOISE_FREE, 0.0, data_seed + 1)
    half = n_samples // 2
    distances = cdist(points[half:], sources, "sqeuclidean")
    nearness = np.exp((distances.min(axis=1, keepdims=True) - distances) / (2 * noise**2))
    second = nearness[:, of == 1].mean(axis=1) > nearness[:, of == 0].mean(axis=1)
    return float((second == classes[half:]).mean())


def best_of(config: RunConfig) -> float:
    """`best_accuracy` of a run's points, or what the best answer to its sequences can expect."""
    if config.dataset in TASKS:
        return reachable_accuracy(config.dataset, config.time_steps, config.noise)
    return best_accuracy(config.dataset, config.n_samples, config.noise, config.data_seed)


def line_accuracy(config: RunConfig) -> float:
    """Largest validation accuracy that a straight line can have: the bound of every linear network."""
    data = make_dataset(config)
    angles = np.pi * np.arange(ANGLES) / ANGLES
    order = np.argsort(data.x_val @ np.stack([np.cos(angles), np.sin(angles)]), axis=0)
    right = np.cumsum(2 * data.y_val[order] - 1, axis=0)  # One class below the line, the other above it.
    gain = np.abs(np.vstack([np.zeros(ANGLES), right]) - right[-1] / 2).max()
    return float(0.5 + gain / len(data.y_val))


def threshold(config: RunConfig) -> float:
    """Validation accuracy from which on a network has learned."""
    guessing = make_dataset(config).majority_share
    return guessing + LEARNED * (best_of(config) - guessing)


class Network:
    """Replicates of a network and their optimiser: weights (R, inputs, units), everything else (R, 1, units)."""

    def __init__(self, config: RunConfig, replicates: int, seed: int) -> None:
        self.config, self.random = config, np.random.default_rng(seed)
        self.activation = ACTIVATIONS[config.activation]
        kernels = [self._kernel(index, shape, replicates) for index, shape in enumerate(config.kernel_shapes)]
        if config.shared_draw:  # Of one shape are the hidden layers after the first.
            kernels[2:-1] = [kernels[1]] * (len(kernels) - 3)
        self.layers = [self._layer(index, kernel) for index, kernel in enumerate(kernels)]
        self.averages: list[tuple[Array, Array]] = [
            (np.zeros_like(layer["bias"]), np.ones_like(layer["bias"])) for layer in self.layers[:-1]
        ]
        self.slots = [{name: self._first_slots(value) for name, value in layer.items()} for layer in self.layers]
        self.steps = 0

    def _layer(self, index: int, kernel: Array) -> Weights:
        zeros = np.zeros((len(kernel), 1, kernel.shape[2]))
        is_normalized = index < self.config.num_hidden_layers and self.config.normalization != "none"
        return {"kernel": kernel, "bias": zeros} | ({"gamma": zeros + 1, "beta": zeros} if is_normalized else {})

    def _kernel(self, index: int, shape: tuple[int, int], replicates: int) -> Array:
        config, is_hidden = self.config, index < self.config.num_hidden_layers
        one = INITIALIZERS[config.kernel_initializer if is_hidden else config.output_initializer]
        deviation, full = np.sqrt(one.variance(*shape)), (replicates, *shape)
        if one.distribution == "uniform":
            kernel = one.mean + deviation * np.sqrt(3) * self.random.uniform(-1, 1, full)
        elif one.distribution == "orthogonal":
            kernel = np.stack([self._orthogonal(shape) for _ in range(replicates)])
        else:
            normal = self.random.standard_normal(full)
            while one.distribution == "truncated_normal" and (far := np.abs(normal) > 2).any():
                normal[far] = self.random.standard_normal(far.sum())
            kernel = one.mean + deviation * normal / (0.8796 if one.distribution == "truncated_normal" else 1)
        return kernel * (config.gain if is_hidden else 1)

    def _orthogonal(self, shape: tuple[int, int]) -> Array:
        square = np.linalg.qr(self.random.standard_normal((max(shape), max(shape))))[0]
        return square[: shape[0], : shape[1]]

    def _first_slots(self, value: Array) -> list[Array]:
        start = 0.1 if self.config.optimizer == "adagrad" else 0.0
        return [np.full_like(value, start), np.zeros_like(value)]

    def scale_to(self, x: Array) -> None:
        """Layer-sequential unit variance: each hidden kernel over the deviation that it gives these points."""
        for index in range(self.config.num_hidden_layers):
            deviation = self.forward(x)[1][index]["before"].std(axis=(1, 2), keepdims=True)
            self.layers[index]["kernel"] = self.layers[index]["kernel"] * self.config.gain / deviation

    def forward(self, x: Array, is_training: bool = False) -> tuple[Array, list[Weights]]:
        """Logits (R, N), and what each hidden layer saw and gave."""
        signal, seen = np.broadcast_to(x, (len(self.layers[0]["bias"]), *x.shape[-2:])), []
        for index, layer in enumerate(self.layers[:-1]):
            before = signal @ layer["kernel"] + layer["bias"]
            normal, scale = self._normalized(index, before, is_training)
            pre = normal * layer["gamma"] + layer["beta"] if "gamma" in layer else before
            after = self.activation.function(pre)
            skips = self.config.residual and signal.shape == after.shape
            seen.append({"input": signal, "before": before, "normal": normal, "scale": scale, "pre": pre})
            signal = after + signal if skips else after
        output = self.layers[-1]
        seen.append({"input": signal})
        return (signal @ output["kernel"] + output["bias"])[..., 0], seen

    def _normalized(self, index: int, before: Array, is_training: bool) -> tuple[Array, Array]:
        if self.config.normalization == "none":
            return before, np.ones(1)
        axis = 1 if self.config.normalization == "batch" else 2
        mean, variance = before.mean(axis=axis, keepdims=True), before.var(axis=axis, keepdims=True)
        if axis == 1 and is_training:
            old = self.averages[index]
            self.averages[index] = tuple(
                AVERAGE_MOMENTUM * kept + (1 - AVERAGE_MOMENTUM) * new
                for kept, new in zip(old, (mean, variance), strict=True)
            )
        elif axis == 1:
            mean, variance = self.averages[index]
        scale = 1 / np.sqrt(variance + NORMALIZATION_EPSILON)
        return (before - mean) * scale, scale

    def gradients(self, x: Array, y: Array) -> list[Weights]:
        """Of the mean cross-entropy, for every weight."""
        logits, seen = self.forward(x, is_training=True)
        error = ((expit(logits) - y) / y.shape[-1])[..., None]
        found = [_linear(seen[-1]["input"], error)]
        back = error @ self.layers[-1]["kernel"].swapaxes(1, 2)
        for layer, saw in zip(self.layers[-2::-1], seen[-2::-1], strict=True):
            slope = back * self.activation.slope(saw["pre"])
            extra = {}
            if "gamma" in layer:
                extra = {"gamma": (slope * saw["normal"]).sum(1, keepdims=True), "beta": slope.sum(1, keepdims=True)}
                slope = self._through_normalization(slope * layer["gamma"], saw)
            found.append(_linear(saw["input"], slope) | extra)
            below = slope @ layer["kernel"].swapaxes(1, 2)
            back = below + back if self.config.residual and below.shape == back.shape else below
        return found[::-1]

    def _through_normalization(self, upstream: Array, saw: Weights) -> Array:
        axis, normal = 1 if self.config.normalization == "batch" else 2, saw["normal"]
        along = normal * (upstream * normal).mean(axis=axis, keepdims=True)
        return saw["scale"] * (upstream - upstream.mean(axis=axis, keepdims=True) - along)

    def step(self, x: Array, y: Array) -> None:
        """One update by a batch (R, B, 2) and its classes (R, B)."""
        self.steps += 1
        kept = 1 - self.config.weight_decay * self.config.learning_rate
        gradients = self._clipped(self.gradients(x, y))
        for layer, gradient, slots in zip(self.layers, gradients, self.slots, strict=True):
            for name in layer:
                layer[name] = kept * layer[name] + self._change(gradient[name], slots[name])

    def _clipped(self, gradients: list[Weights]) -> list[Weights]:
        limit = self.config.clip_limit
        if self.config.gradient_clip == "value":
            return [{name: np.clip(value, -limit, limit) for name, value in layer.items()} for layer in gradients]
        if self.config.gradient_clip == "none":
            return gradients
        squares = sum((value**2).sum(axis=(1, 2), keepdims=True) for layer in gradients for value in layer.values())
        scale = limit / np.maximum(np.sqrt(squares), limit)
        return [{name: scale * value for name, value in layer.items()} for layer in gradients]

    def _change(self, gradient: Array, slots: list[Array]) -> Array:
        config, rate = self.config, self.config.learning_rate
        match config.optimizer:
            case "sgd":
                slots[0] = config.momentum * slots[0] - rate * gradient
                return config.momentum * slots[0] - rate * gradient if config.nesterov else slots[0]
            case "adagrad":
                slots[0] = slots[0] + gradient**2
                return -rate * gradient / np.sqrt(slots[0] + EPSILON)
            case "rmsprop":
                slots[0] = 0.9 * slots[0] + 0.1 * gradient**2
                return -rate * gradient / np.sqrt(slots[0] + EPSILON)
        slots[0] = 0.9 * slots[0] + 0.1 * gradient
        slots[1] = 0.999 * slots[1] + 0.001 * gradient**2
        correction = np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        return -rate * correction * slots[0] / (np.sqrt(slots[1]) + EPSILON)


def _linear(inputs: Array, upstream: Array) -> Weights:
    return {"kernel": inputs.swapaxes(1, 2) @ upstream, "bias": upstream.sum(axis=1, keepdims=True)}


@dataclass(frozen=True)
class Evidence:
    """What the trainer saw, one value for each replicate.

    Attributes:
        threshold: Validation accuracy from which on a replicate has learned.
        best: What can be reached.
        accuracy: On the validation half, at the end.
        trained: On the training half, at the end.
        first_loss: On the training half, before training.
        loss: At the end.
        moved: Largest change of a kernel, relative to its length.
        spread: Deviation of the logits over the training half, at the end.
        flat: Share of units in the hidden layers on a flat of the activation, at the start; and at the end.
        growth: Gradient of the first hidden layer's signal over the last one's, at the start.
    """

    threshold: float
    best: float
    accuracy: Array
    trained: Array
    first_loss: Array
    loss: Array
    moved: Array
    spread: Array
    flat: tuple[float, float]
    growth: float

    @property
    def learned(self) -> int:
        """How many replicates."""
        return int((self.accuracy >= self.threshold).sum())

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.learned} of {len(self.accuracy)} learn (≥ {self.threshold:.3f}, best {self.best:.3f}); "
            f"accuracy {_range(self.accuracy)}, on the training half {_range(self.trained)}; "
            f"loss {_range(self.first_loss)} to {_range(self.loss)}; moved {_range(self.moved)}; "
            f"logits spread by {_range(self.spread)}; flat {self.flat[0]:.2f}, {self.flat[1]:.2f}; "
            f"gradient first / last layer {self.growth:.2g}"
        )


def _range(values: Array) -> str:
    ordered = np.sort(values)
    return f"{ordered[0]:.3g} {ordered[len(values) // 2]:.3g} {ordered[-1]:.3g}"


@np.errstate(all="ignore")
def evidence(config: RunConfig, replicates: int = CHECKED, seed: int = 0) -> Evidence:
    """Train with other draws than the engine's, and look."""
    network, x = started(config, replicates, seed), make_dataset(config).x_train
    before = [layer["kernel"] for layer in network.layers]
    first_loss, first_flat, growth = _seen(network, config)[0], _flat(network, x), _growth(network, config)
    for _ in training(network, config):
        pass
    loss, trained, accuracy, spread = _seen(network, config)
    moved = np.max([_moved(*pair) for pair in zip(network.layers, before, strict=True)], axis=0)
    flat = (first_flat, _flat(network, x))
    return Evidence(
        threshold(config), best_of(config), accuracy, trained, first_loss, loss, moved, spread, flat, growth
    )


def _moved(layer: Weights, before: Array) -> Array:
    return np.asarray(np.linalg.norm(layer["kernel"] - before, axis=(1, 2)) / np.linalg.norm(before, axis=(1, 2)))


def started(config: RunConfig, replicates: int, seed: int) -> Network:
    """Before training."""
    network = Network(config, replicates, seed)
    if INITIALIZERS[config.kernel_initializer].looks_at_data:
        network.scale_to(make_dataset(config).x_train)
    return network


@np.errstate(all="ignore")
def training(network: Network, config: RunConfig) -> Iterator[int]:
    """Each epoch, once it is trained."""
    data, replicates = make_dataset(config), len(network.layers[0]["bias"])
    x, y = data.x_train.astype(float), data.y_train.astype(float)
    for epoch in range(1, config.epochs + 1):
        orders = np.stack([network.random.permutation(len(x)) for _ in range(replicates)])
        for start in range(0, len(x), config.batch_size):
            batch = orders[:, start : start + config.batch_size]
            network.step(x[batch], y[batch])
        yield epoch


def _seen(network: Network, config: RunConfig) -> tuple[Array, Array, Array, Array]:
    """Loss and accuracy on the training half, accuracy on the validation half, spread of the logits."""
    data = make_dataset(config)
    logits = network.forward(data.x_train)[0]
    loss = (np.logaddexp(0, logits) - data.y_train * logits).mean(axis=1)
    return loss, _right(logits, data.y_train), _right(network.forward(data.x_val)[0], data.y_val), logits.std(axis=1)


def _right(logits: Array, y: Array) -> Array:
    return np.asarray(((logits > 0) == (y > 0.5)).mean(axis=1))


def _flat(network: Network, x: Array) -> float:
    slopes = [network.activation.slope(saw["pre"]) for saw in network.forward(x)[1][:-1]]
    return float(np.mean([np.abs(slope) < 0.05 * network.activation.steepest_slope for slope in slopes]))


def _growth(network: Network, config: RunConfig) -> float:
    """Median over the replicates; of biases, whose gradient is that of the pre-activations summed over the points."""
    data = make_dataset(config)
    gradients = network.gradients(data.x_train, data.y_train[None])
    sizes = [np.sqrt((layer["bias"] ** 2).mean(axis=(1, 2))) for layer in gradients[:-1]]
    return float(np.median(sizes[0] / sizes[-1]))


# Settings that learn such points fast, one for each way that they may be hard.
GOOD: tuple[dict[str, object], ...] = (
    {"activation": "relu", "kernel_initializer": "he_uniform", "num_hidden_layers": 2, "units": 32},
    {"activation": "tanh", "kernel_initializer": "glorot_uniform", "num_hidden_layers": 2, "units": 32},
    {"activation": "relu", "kernel_initializer": "he_uniform", "num_hidden_layers": 3, "units": 64},
)
RATES = (0.01, 0.003)
SEQUENCE_EPOCHS = 40  # In which five of five replicates have learned the first of 100 steps from 500 sequences.


def needed_epochs(config: RunConfig) -> float:
    """In how many epochs good settings learn these points with these batches; infinite for none within the run's.

    Of sequences, whose network the trainer here does not know, it is what an identity start with clipping needs.
    """
    if config.dataset in TASKS:
        return SEQUENCE_EPOCHS
    return _needed_epochs(
        RunConfig(
            output_initializer="glorot_uniform",
            optimizer="adam",
            **{name: getattr(config, name) for name in ("dataset", "n_samples", "noise", "data_seed", "batch_size")},
            epochs=config.epochs,
        )
    )


@cache
def _needed_epochs(points: RunConfig) -> float:
    for rate in RATES:
        for good in GOOD:
            config = points.with_changes(learning_rate=rate, **good)
            if (epoch := _first_learned(config)) is not None:
                return epoch
    return np.inf


def _first_learned(config: RunConfig) -> int | None:
    network, target = started(config, 4, 0), threshold(config)
    data = make_dataset(config)
    for epoch in training(network, config):
        if (_right(network.forward(data.x_val)[0], data.y_val) >= target).mean() >= SHARE:
            return epoch
    return None
