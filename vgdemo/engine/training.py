"""Train a run chunk by chunk, and turn what the program measured into records."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from typing import TypeVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.config import ENGINE_VERSION, RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.engine import kept_programs
from vgdemo.engine.program import Data, Measurement, Plan, Recipe, State, program_for, surface_for
from vgdemo.engine.statistics import gradient_histograms, gradient_statistics, kernel_statistics
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels, unit_variance_kernels
from vgdemo.network.layers import Architecture
from vgdemo.network.optimizers import Rates
from vgdemo.record import CURVES, SURFACE_AXIS, SURFACE_SIDE, RunRecord, RunStatus

Number = TypeVar("Number", bound=np.generic)

NUM_SURFACES = 32  # Decision surfaces after the first; denser at the start, where most happens.
CAPACITY = 25  # Epochs that one call of the program can measure.
CAPACITY_BYTES = 64e6  # Fewer, where their gradients and kernels would take more memory than this.
CHUNK_SECONDS = 0.25  # A chunk longer than this would make the picture, and Stop, wait.
NO_COMPILER = "The program could not be compiled with XLA here: the run is right, but it trained many times slower."


def train(
    config: RunConfig,
    *,
    on_chunk: Callable[[RunRecord], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunRecord:
    """Train all replicates of a run and measure them at every epoch.

    Args:
        config: The settings.
        on_chunk: Gets each chunk of epochs as a record of its own, as soon as it is measured.
        should_stop: Asked after each chunk; True ends the run.

    Returns:
        What was measured; its status is stopped if not all epochs were trained. A run that diverges is trained and
        recorded to its end, NaN and infinities included.
    """
    chunks = []
    for chunk in Training(config).chunks():
        chunks.append(chunk)
        if on_chunk:
            on_chunk(chunk)
        if should_stop and should_stop():
            break
    return RunRecord.joined(chunks)


class Training:
    """A run in training: the program, its state, and the batch orders to come."""

    def __init__(self, config: RunConfig) -> None:
        """Draw data and first weights; nothing is compiled yet."""
        self.config = config
        architecture = Architecture(config.num_hidden_layers, config.activation, config.normalization, config.residual)
        self._recipe = Recipe(architecture, config.optimizer, config.gradient_clip)
        self._program = program_for(self._recipe, compiled=True)
        self._ways_out = [self._compile_anew, self._do_without_compiler]
        self._notices: tuple[str, ...] = ()
        dataset = make_dataset(config)
        self._data = _data(dataset)
        self._state = self._recipe.initial_state(_first_kernels(config, dataset, architecture))
        self._generators = [generator(config, i, BATCH_ORDER_STREAM) for i in range(config.replicates)]
        self._kernels_before: list[NDArray[np.float32]] = []
        self._seconds = {"compile": 0.0, "train": 0.0}

    @property
    def kernels(self) -> list[NDArray[np.float32]]:
        """One (R, inputs, outputs) array for each layer, 1 to H + 1, as trained so far."""
        return [kernel.numpy() for layers in self._state.parameters for kernel in layers["kernel"]]

    def chunks(self) -> Iterator[RunRecord]:
        """Train to the end, a chunk of epochs at a time."""
        surfaces = surface_epochs(self.config.epochs)
        fitting, start = 1, 0
        while start <= self.config.epochs:
            next_surface = int(surfaces[np.searchsorted(surfaces, start)])
            stop = min(next_surface + 1, start + fitting)
            began = time.perf_counter()
            chunk = self._chunk(range(start, stop), draws_surface=stop > next_surface)
            seconds = time.perf_counter() - began
            if start:  # The first chunk is epoch 0 alone: it tells what compiling takes, not what an epoch does.
                fitting = int(np.clip(CHUNK_SECONDS / seconds * len(chunk.epochs), 1, capacity(self.config)))
            yield chunk
            start = stop

    def _chunk(self, epochs: range, *, draws_surface: bool) -> RunRecord:
        began = time.perf_counter()
        self._state, measured = self._run(self._plan(epochs))
        count = len(epochs)
        gradients = [group.numpy()[:count] for group in measured.gradients]
        kernels = [group.numpy()[:count] for group in measured.kernels]
        layers = self._layer_arrays(gradients, kernels, measured.activations.numpy()[:count])
        curves = measured.curves.numpy()[:count].astype(np.float64)
        self._seconds["train" if epochs.start else "compile"] += time.perf_counter() - began
        return RunRecord(
            config=self.config,
            epochs=np.array(epochs, np.int32),
            curve_arrays={name: curves[:, i] for i, name in enumerate(CURVES)},
            layer_arrays=layers,
            histograms=_by_layer([gradient_histograms(group) for group in gradients]),
            surface_epochs=np.array(epochs[-1:] if draws_surface else [], np.int32),
            surfaces=self._surfaces(int(draws_surface)),
            status=RunStatus.COMPLETE if epochs[-1] == self.config.epochs else RunStatus.STOPPED,
            seconds=dict(self._seconds),
            notices=self._notices,
            versions=versions(),
        )

    def _run(self, plan: Plan) -> tuple[State, Measurement]:
        try:
            return self._program(self._state, self._data, plan)
        except tf.errors.OpError:
            if not self._ways_out:
                raise
            self._ways_out.pop(0)()
            return self._run(plan)

    def _compile_anew(self) -> None:
        """A kept program may be damaged, and TensorFlow does not look past it."""
        kept_programs.forget(limit=0)
        program_for.cache_clear()
        self._program = program_for(self._recipe, compiled=True)

    def _do_without_compiler(self) -> None:
        self._program = program_for(self._recipe, compiled=False)
        self._notices = (NO_COMPILER,)

    def _surfaces(self, count: int) -> NDArray[np.float32]:
        """The surface of now, (1, R, G, G), or none, (0, R, G, G)."""
        shape = (count, self.config.replicates, SURFACE_SIDE, SURFACE_SIDE)
        if not count:
            return np.zeros(shape, np.float32)
        surface = surface_for(self._recipe.architecture)(_grid(), self._state.parameters, self._state.averages)
        return np.asarray(surface.numpy().reshape(shape))

    def _plan(self, epochs: range) -> Plan:
        config = self.config
        steps = -(-config.n_train // config.batch_size)
        order = np.zeros((capacity(config), config.replicates, steps * config.batch_size), np.int32)
        for index, epoch in enumerate(epochs):
            if epoch:
                order[index, :, : config.n_train] = [g.permutation(config.n_train) for g in self._generators]
        return Plan(
            order=tf.constant(order.reshape(*order.shape[:2], steps, config.batch_size)),
            shares=tf.constant(_shares(config.n_train, config.batch_size)),
            epochs=tf.constant(len(epochs)),
            untrained=tf.constant(epochs.start == 0),
            rates=Rates(*(tf.constant(float(getattr(config, name))) for name in Rates._fields)),
        )

    def _layer_arrays(
        self, gradients: list[NDArray[np.float32]], kernels: list[NDArray[np.float32]], activations: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float64]]:
        """Name to (epochs, R, L), from arrays (epochs, layers of a group, R, in, out) and (epochs, H, R, 4)."""
        before = self._kernels_before or [np.full_like(group[0], np.nan) for group in kernels]
        self._kernels_before = [group[-1] for group in kernels]
        groups = [
            gradient_statistics(gradient) | kernel_statistics(kernel, np.concatenate([[start], kernel[:-1]]))
            for gradient, kernel, start in zip(gradients, kernels, before, strict=True)
        ]
        arrays = {name: _by_layer([group[name] for group in groups]) for name in groups[0]}
        of_output = np.full_like(activations[:, :1], np.nan)
        hidden = _by_layer([activations, of_output]).astype(np.float64)
        names = ("activation_mean", "activation_std", "saturated_share", "dead_share")
        return arrays | {name: hidden[..., i] for i, name in enumerate(names)}


def surface_epochs(epochs: int) -> NDArray[np.int32]:
    """The epochs whose decision surface is kept: at most `NUM_SURFACES` + 1, first and last among them."""
    spread = np.linspace(0, 1, NUM_SURFACES + 1) ** 1.5
    return np.unique(np.round(epochs * spread).astype(np.int32))


def capacity(config: RunConfig) -> int:
    """Epochs that one call of the program can measure, for the memory that their gradients and kernels take."""
    weights = sum(inputs * outputs for inputs, outputs in config.kernel_shapes)
    bytes_per_epoch = 2 * 4 * weights * config.replicates
    return int(np.clip(CAPACITY_BYTES / bytes_per_epoch, 1, CAPACITY))


@cache
def versions() -> dict[str, str]:
    """What trained a run."""
    return {"engine": str(ENGINE_VERSION), "tensorflow": tf.__version__, "keras": version("keras")}


def _data(dataset: Dataset) -> Data:
    x = np.concatenate([dataset.x_train, dataset.x_val]).T[None]
    return Data(tf.constant(x), tf.constant(dataset.y_train), tf.constant(dataset.y_val))


def _first_kernels(config: RunConfig, dataset: Dataset, architecture: Architecture) -> list[NDArray[np.float32]]:
    kernels = initial_kernels(config)
    if config.kernel_initializer != "lsuv":
        return kernels
    return unit_variance_kernels(
        kernels, dataset.x_train, lambda values: architecture.activate(tf.constant(values)).numpy(), config.gain
    )


@cache
def _grid() -> tf.Tensor:
    """(1, 2, G²) inputs of the decision surface, x2 by x1."""
    x1, x2 = np.meshgrid(SURFACE_AXIS, SURFACE_AXIS)
    return tf.constant(np.stack([x1.ravel(), x2.ravel()])[None], tf.float32)


def _shares(n_train: int, batch_size: int) -> NDArray[np.float32]:
    """(S, B) what each point counts in its step: one over its batch's size, 0 where the last batch has no point."""
    steps = -(-n_train // batch_size)
    present = (np.arange(steps * batch_size) < n_train).reshape(steps, batch_size)
    weights: NDArray[np.float32] = (present / present.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


def _by_layer(groups: list[NDArray[Number]]) -> NDArray[Number]:
    """Groups (epochs, layers of the group, R, ...) as one array (epochs, R, L, ...)."""
    return np.swapaxes(np.concatenate(groups, axis=1), 1, 2)
