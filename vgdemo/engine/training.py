"""Train a run chunk by chunk, and turn what the program measured into records."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.ceiling import ceiling
from vgdemo.config import ENGINE_VERSION, RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.engine import compile_cache
from vgdemo.engine.dense_recipe import DenseRecipe
from vgdemo.engine.panels import panels
from vgdemo.engine.program import Build, program_for, surface_for
from vgdemo.engine.recipe import Data, Measurement, Plan
from vgdemo.engine.recurrent_recipe import RecurrentRecipe
from vgdemo.initializers import INITIALIZERS
from vgdemo.network.activations import NUMBERS
from vgdemo.network.dense import DenseNetwork
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels, unit_variance_kernels
from vgdemo.network.interface import Parameters, Variant
from vgdemo.network.optimizers import Hyperparameters
from vgdemo.network.recurrent import RecurrentNetwork
from vgdemo.record import CURVES, SURFACE_AXIS, SURFACE_SIDE, RunRecord, RunStatus, Surface
from vgdemo.room import EXACT_UNITS, Room, cropped, with_copies
from vgdemo.training import gathered

NUM_SURFACES = 32  # Decision surfaces after the first; denser at the start, where most happens.
CHUNK_SECONDS = 0.25  # A chunk longer than this would make the picture, and Stop, wait.
REFERENCE = ThreadPoolExecutor(1, "ceiling")  # Fits classical models to the points while the network compiles.
NO_COMPILER = "The program could not be compiled with XLA here: the run is right, but it trained many times slower."


def train(
    config: RunConfig,
    *,
    on_chunk: Callable[[RunRecord], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunRecord:
    """Train a run as `vgdemo.train` does, in this process, which each program makes larger."""
    return gathered(chunks(config), on_chunk, should_stop)


def chunks(config: RunConfig) -> Iterator[RunRecord]:
    """Train a run to the end, a chunk of epochs at a time."""
    compile_cache.forget_old_programs()
    return Training(config).chunks()


def warm_up(config: RunConfig) -> None:
    """Compile the program of a run, which is then kept in the folder of programs. Nothing is trained."""
    compile_cache.forget_old_programs()
    Training(config).compile()


class Training:
    """A run in training: the program, its state, and the batch orders to come."""

    def __init__(self, config: RunConfig) -> None:
        """Draw data and first weights; nothing is compiled yet."""
        self.config = config
        self._room = Room.of(config)
        self._recipe = _recipe(config, self._room.num_hidden_layers)
        self._program = program_for(self._recipe, self._room)
        dataset = make_dataset(config)
        self._majority_share = dataset.majority_share
        self._data = _data(config, dataset, self._room)
        parameters = _first_parameters(config, self._recipe, self._room.padded(_first_kernels(config, dataset)))
        self._state = self._recipe.initial_state(parameters, config.optimizer)
        self._generators = [generator(config, i, BATCH_ORDER_STREAM) for i in range(config.replicates)]
        self._kernels_before: list[NDArray[np.float32]] = []
        self._seconds = {"compile": 0.0, "train": 0.0}

    @property
    def kernels(self) -> list[NDArray[np.float32]]:
        """One (R, inputs, outputs) array for each kernel of the model, as trained so far."""
        groups = self._recipe.network.kernels(self._state.parameters)
        return [kernel for group in cropped([group.numpy() for group in groups], self.config) for kernel in group]

    def compile(self) -> None:
        """Measure no epoch at all, for which the program is compiled all the same; draw a surface."""
        self._measure(range(0))
        self._surface(np.zeros(1, np.int32))

    def chunks(self) -> Iterator[RunRecord]:
        """Train to the end, a chunk of epochs at a time."""
        self._ceiling = REFERENCE.submit(ceiling, self.config)
        surfaces = surface_epochs(self.config.epochs)
        fitting, start = 1, 0
        while start <= self.config.epochs:
            next_surface = int(surfaces[np.searchsorted(surfaces, start)])
            stop = min(next_surface + 1, start + fitting)
            began = time.perf_counter()
            chunk = self._chunk(range(start, stop), draws_surface=stop > next_surface)
            seconds = time.perf_counter() - began
            if start:  # The first chunk is epoch 0 alone: it tells what compiling takes, not what an epoch does.
                fitting = int(np.clip(CHUNK_SECONDS / seconds * len(chunk.epochs), 1, self._room.epochs))
            yield chunk
            start = stop

    def _chunk(self, epochs: range, *, draws_surface: bool) -> RunRecord:
        began = time.perf_counter()
        numbers = np.array(epochs, np.int32)
        measured = self._measure(epochs)
        before = self._kernels_before or [group[:0] for group in measured.kernels]
        self._kernels_before = [group[-1:] for group in measured.kernels]
        measured_panels = panels(self.config, numbers, measured, before)
        self._seconds["train" if epochs.start else "compile"] += time.perf_counter() - began
        is_last = epochs[-1] == self.config.epochs
        return RunRecord(
            source=self.config,
            model=self.config.model,
            replicates=self.config.replicates,
            epochs=numbers,
            curve_arrays={name: measured.curves[:, i].astype(np.float64) for i, name in enumerate(CURVES)},
            panels=measured_panels,
            planned_epochs=self.config.epochs,
            majority_share=self._majority_share,
            ceiling=self._ceiling.result() if is_last or self._ceiling.done() else None,
            surface=self._surface(numbers[-1:] if draws_surface else numbers[:0]),
            status=RunStatus.COMPLETE if is_last else RunStatus.STOPPED,
            seconds=dict(self._seconds),
            notices=(NO_COMPILER,) if self._program.build is Build.PLAIN else (),
            versions=versions(),
        )

    def _measure(self, epochs: range) -> Measurement:
        """Train these epochs; NumPy arrays of what was measured in each, without what only filled up."""
        self._state, measured = self._program(self._state, self._data, self._plan(epochs))
        found: Measurement = tf.nest.map_structure(lambda tensor: tensor.numpy()[: len(epochs)], measured)
        replicates, layers, steps = self.config.replicates, self.config.num_hidden_layers, self.config.time_steps
        return Measurement(
            found.curves[..., :replicates],
            found.activations[:, :layers, :replicates],
            cropped(found.gradients, self.config),
            cropped(found.kernels, self.config),
            [statistic[:, :layers, :steps, :replicates] for statistic in found.steps],
        )

    def _surface(self, epochs: NDArray[np.int32]) -> Surface | None:
        """The decision surface of now, for the one epoch that is given, or none; None if there is no plane."""
        if self.config.architecture.is_recurrent:
            return None
        shape = (len(epochs), self.config.replicates, SURFACE_SIDE, SURFACE_SIDE)
        if not len(epochs):
            return Surface(epochs, np.zeros(shape, np.float32))
        surface = surface_for(self._recipe.network, self._room)
        answers = surface(_grid(), self._data.variant, self._state.parameters, self._state.moving_averages).numpy()
        return Surface(epochs, answers[: self.config.replicates].reshape(shape))

    def _plan(self, epochs: range) -> Plan:
        config, room = self.config, self._room
        order = np.zeros((room.epochs, room.replicates, room.points + room.batch_size), np.int32)
        for index, epoch in enumerate(epochs):
            if epoch:
                drawn = [g.permutation(config.n_train) for g in self._generators]
                order[index, :, : config.n_train] = with_copies(np.stack(drawn), room.replicates)
        return Plan(
            order=tf.constant(order),
            batch_size=tf.constant(config.batch_size),
            epochs=tf.constant(len(epochs)),
            untrained=tf.constant(epochs.start == 0),
            hyperparameters=Hyperparameters.of(config),
        )


def surface_epochs(epochs: int) -> NDArray[np.int32]:
    """The epochs whose decision surface is kept: at most `NUM_SURFACES` + 1, first and last among them."""
    spread = np.linspace(0, 1, NUM_SURFACES + 1) ** 1.5
    return np.unique(np.round(epochs * spread).astype(np.int32))


@cache
def versions() -> dict[str, str]:
    """What trained a run."""
    return {"engine": str(ENGINE_VERSION), "tensorflow": tf.__version__, "keras": version("keras")}


def _data(config: RunConfig, dataset: Dataset, room: Room) -> Data:
    x = np.concatenate([with_copies(half, room.points) for half in (dataset.x_train, dataset.x_val)])
    y = np.stack([with_copies(half, room.points) for half in (dataset.y_train, dataset.y_val)])
    is_unit = None if room.units in EXACT_UNITS else tf.range(room.units)[:, None] < config.units
    counts = tf.constant(config.num_hidden_layers), tf.constant(NUMBERS[config.activation])
    variant = Variant(*counts, is_unit, tf.constant(config.time_steps))
    points = tf.constant([len(dataset.y_train), len(dataset.y_val)])
    missing = [(0, 0), (0, room.time_steps - config.time_steps), (0, 0)]
    sequences = x if x.ndim == 2 else np.pad(x, missing)
    inputs = np.moveaxis(sequences, 0, -1)[..., None, :, :]
    return Data(tf.constant(inputs), tf.constant(y), points, variant)


def _recipe(config: RunConfig, num_hidden_layers: int) -> DenseRecipe | RecurrentRecipe:
    """How the run is trained, with room for so many layers."""
    if not config.architecture.is_recurrent:
        return DenseRecipe(DenseNetwork(num_hidden_layers, config.normalization, config.residual))
    return RecurrentRecipe(RecurrentNetwork(config.network, num_hidden_layers))


def _first_parameters(
    config: RunConfig, recipe: DenseRecipe | RecurrentRecipe, kernels: list[NDArray[np.float32]]
) -> Parameters:
    if isinstance(recipe, RecurrentRecipe):
        return recipe.network.initial_parameters(kernels, forget_bias=float(config.unit_forget_bias))
    return recipe.network.initial_parameters(kernels)


def _first_kernels(config: RunConfig, dataset: Dataset) -> list[NDArray[np.float32]]:
    kernels = initial_kernels(config)
    if not INITIALIZERS[config.kernel_initializer].looks_at_data:
        return kernels
    activation = keras.activations.get(config.activation)
    return unit_variance_kernels(
        kernels, dataset.x_train, lambda values: activation(tf.constant(values)).numpy(), config.gain
    )


@cache
def _grid() -> tf.Tensor:
    """(1, 2, G²) inputs of the decision surface, x2 by x1."""
    x1, x2 = np.meshgrid(SURFACE_AXIS, SURFACE_AXIS)
    return tf.constant(np.stack([x1.ravel(), x2.ravel()])[None], tf.float32)
