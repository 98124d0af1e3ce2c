"""Measures a Keras model on a fixed batch: one function, traced once, that writes to nothing that training owns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.probe import foreign_state, keras_internals, statistics
from vgdemo.probe.batch import Batch
from vgdemo.probe.building import build
from vgdemo.probe.data_flow import layer_names, signals
from vgdemo.probe.description import Described, describe, takes
from vgdemo.probe.kernels import OwnedKernel, kernel_variables, owned_kernels
from vgdemo.probe.taps import Call, Taps
from vgdemo.probe.through_time import StatesOverTime, group_ends, grouped

Loss = Callable[[Any, Any, Any, Any], Any]
NO_LOSS = (
    "The model does not say which loss it trains on: give the monitor loss=, a function of model, x, y and "
    "sample_weight. Without it there are no gradients."
)
OWN_STEP = (
    "The model trains by a train_step of its own, which may use another loss than the compiled one that was measured: "
    "loss= says which."
)
EAGER = (
    "The model runs eagerly. The variables, generators, arrays and numbers that its layers hold stay as they are; what "
    "its Python code changes elsewhere, such as a list, a file or TensorFlow's own draws, is not seen."
)
NO_STEPS = (
    "Not measured through time: {layers}. Of the states of recurrent layers only vectors are, in sequences whose "
    "length is known."
)

LOWER = 16.0  # A power of two, which changes no digit.

Rows = list[dict[str, float]]  # A place each; what does not exist for a place is not in it.


class Measured(NamedTuple):
    """One measurement.

    Attributes:
        loss: On the probe; None if none could be computed.
        kernels: Statistics of each kernel and its gradient.
        updates: How far each kernel moved since the measurement before, or since the probe was made.
        layers: Statistics of each layer's output.
        steps: Name of each recurrent layer to the mean size of the loss's derivative by its state, at every time step
            or in even groups of them.
        histograms: (`HISTOGRAM_BINS`,) counts of each kernel's gradient entries; None where there is no gradient.
    """

    loss: float | None
    kernels: Rows
    updates: Rows
    layers: Rows
    steps: dict[str, list[float]]
    histograms: list[NDArray[np.int32] | None]


class Probe:
    """A model and the batch that it is measured on.

    Args:
        model: Compiled; it is built, as `fit` would, if it is not yet and the batch has the shapes that `fit` gets.
        batch: The examples.
        training: Whether the model is called as in training, with dropout masks that stay the same.
        loss: From model, inputs, targets and weights to the loss, where the model's own does not say what it trains on.
        through_time: Whether recurrent layers are differentiated by their states.

    Attributes:
        described: What is known of the model, once it was called.
        time_steps: Name of each recurrent layer to the labels of its steps.
        notices: Sentences for the person, such as what could not be measured.
    """

    described: Described
    time_steps: dict[str, list[str]]

    def __init__(
        self,
        model: Any,
        batch: Batch,
        *,
        training: bool = True,
        loss: Loss | None = None,
        through_time: bool = True,
    ) -> None:
        self._model, self._batch, self._training, self._loss_of = model, batch, training, loss
        self._through_time = through_time
        self.notices: list[str] = []
        build(model, batch)
        self._kernels = kernel_variables(model)
        self._before = self._now()
        self._seeds = [(seed, tf.constant(seed.numpy())) for seed in keras_internals.seeds_of(model)]
        self._run = self._prepared()

    def measure(self) -> Measured:
        """Measure the model as it is.

        Raises:
            ForeignStateError: If a layer has state that this would move.
        """
        measured = self._scaled(self._loss_scale())
        self._before = self._now()
        return measured

    def _scaled(self, scale: float) -> Measured:
        """With the loss times so much, or less where that takes 16-bit gradients beyond their range."""
        numbers, counts, sizes = self._run(self._before, tf.constant(scale))
        values, histograms = iter(numbers.numpy().tolist()), iter(counts.numpy())
        measured = tf.nest.map_structure(lambda is_there: next(values) if is_there else None, self._form)
        largest = [row["gradient_max_abs"] for row in measured["kernels"] if "gradient_max_abs" in row]
        if scale >= LOWER and not np.isfinite(largest).all():
            return self._scaled(scale / LOWER)
        return Measured(
            **measured,
            steps={name: grouped(size.numpy()).tolist() for name, size in zip(self._recurrent, sizes, strict=True)},
            histograms=[next(histograms) if has else None for has in self._has_gradient],
        )

    def _now(self) -> list[tf.Tensor]:
        return [tf.convert_to_tensor(variable.value) for variable in self._kernels]

    def _prepared(self) -> Callable[..., Any]:
        """The measurement as a graph, or as Python where the model can only be run so."""
        if self._model.run_eagerly:
            foreign_state.refuse_in_attributes(self._model)
            return self._run_eagerly
        traced = tf.function(self._measure, autograph=False)
        with keras_internals.no_seed_is_made():
            kernels = [tf.TensorSpec(variable.shape, variable.dtype) for variable in self._kernels]
            concrete = traced.get_concrete_function(kernels, tf.TensorSpec([], tf.float32))
        foreign_state.refuse_in_graph(self._model, concrete.graph)
        return concrete  # type: ignore[no-any-return]

    def _run_eagerly(self, before: list[tf.Tensor], scale: tf.Tensor) -> Any:
        with foreign_state.left_as_it_is(self._model):
            return self._measure(before, scale)

    def _measure(self, before: list[tf.Tensor], scale: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """All numbers in one tensor, all histograms in another, then time steps; what they are is kept beside."""
        taps = Taps(self._model)
        with tf.GradientTape() as tape, self._stateless(tape) as scope:
            states = StatesOverTime(self._model, tape)
            with taps.open(), states.open() if self._through_time else nullcontext():
                loss = self._loss()
            current = {id(variable): _current(scope, variable) for variable in self._kernels}
            scaled = None if loss is None else loss * tf.cast(scale, loss.dtype)
        kernels, seen = owned_kernels(self._model, taps.calls), signals(self._model, taps.calls)
        sources = [[current[id(kernel.variable)] for kernel in kernels], [call.output for call in seen]]
        raw_of_kernels, of_outputs, of_states = _gradients(tape, scaled, [*sources, [*states.added.values()]])
        of_kernels = _unscaled(raw_of_kernels, scale)
        sizes = states.mean_sizes(_unscaled(of_states, scale))
        self._describe(kernels, taps.calls, seen, loss is not None, of_kernels, sizes)
        if self._through_time and loss is not None:
            self.notices += _left_out(taps.calls, states)
        old = dict(zip(map(id, self._kernels), before, strict=True))
        now = [(kernel.variable.value, old[id(kernel.variable)]) for kernel in kernels]
        return *self._packed(loss, now, of_kernels, zip(seen, of_outputs, strict=True), scale), [*sizes.values()]

    def _stateless(self, tape: tf.GradientTape) -> keras.StatelessScope:
        """A scope in which nothing is written, the weights can be differentiated by, and seeds stay as they are."""
        weights = [(one, tf.convert_to_tensor(one.value)) for one in self._model.trainable_variables]
        tape.watch([value for _, value in weights])
        return keras.StatelessScope([*weights, *self._seeds], collect_losses=True)

    def _loss(self) -> tf.Tensor | None:
        """As training computes it; None if the model does not say how."""
        x, y, sample_weight = self._batch
        if self._loss_of is not None:
            return tf.convert_to_tensor(self._loss_of(self._model, x, y, sample_weight))
        mode = {"training": self._training}
        y_pred = self._model(x, **mode if keras_internals.takes_training(self._model) else {})
        compute_loss = self._model.compute_loss
        try:
            return compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, **mode if takes(compute_loss, "training") else {}
            )
        except ValueError:
            if keras_internals.has_loss(self._model):
                raise
            return None

    def _loss_scale(self) -> float:
        """What training multiplies the loss with, so that 16-bit gradients do not underflow."""
        optimizer = self._model.optimizer
        return 1.0 if optimizer is None else float(optimizer.scale_loss(tf.constant(1.0)))

    def _describe(
        self,
        kernels: list[OwnedKernel],
        calls: list[Call],
        seen: list[Call],
        has_loss: bool,
        gradients: list[tf.Tensor | None],
        sizes: dict[Any, tf.Tensor],
    ) -> None:
        """Keep what is known of the model once it was called."""
        reached = [not has_loss or gradient is not None for gradient in gradients]
        names = layer_names(calls)
        self._recurrent = [names.get(id(layer), layer.name) for layer in sizes]
        ends = [group_ends(size.shape[0]) for size in sizes.values()]
        self.time_steps = {name: [*map(str, one)] for name, one in zip(self._recurrent, ends, strict=True)}
        self.described = describe(self._model, self._batch, kernels, reached, calls, seen)
        self.notices = [] if has_loss else [NO_LOSS]
        if has_loss and self._loss_of is None and keras_internals.overrides_train_step(self._model):
            self.notices = [OWN_STEP]
        if self._model.run_eagerly:
            self.notices.append(EAGER)

    def _packed(
        self,
        loss: tf.Tensor | None,
        kernels: list[tuple[Any, tf.Tensor]],
        gradients: list[tf.Tensor | None],
        outputs: Iterable[tuple[Call, tf.Tensor | None]],
        scale: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pairs = [(_wide(now), _wide(then)) for now, then in kernels]
        self._form = {
            "loss": None if loss is None else tf.cast(loss, tf.float64),
            "kernels": [_kernel_statistics(now, own) for (now, _), own in zip(pairs, gradients, strict=True)],
            "updates": [statistics.update_statistics(*pair) for pair in pairs],
            "layers": [statistics.signal_statistics(call, gradient, scale) for call, gradient in outputs],
        }
        self._has_gradient = [gradient is not None for gradient in gradients]
        histograms = [statistics.histogram(gradient) for gradient in gradients if gradient is not None]
        numbers = [number for number in tf.nest.flatten(self._form) if number is not None]
        self._form = tf.nest.map_structure(lambda number: number is not None, self._form)
        return tf.stack(numbers), tf.stack(histograms) if histograms else tf.zeros([0, 0], tf.int32)


def _left_out(calls: list[Call], states: StatesOverTime) -> list[str]:
    """A sentence for the recurrent layers whose steps could not be measured, if there are any."""
    layers = dict.fromkeys(call.layer.name for call in calls if isinstance(call.layer, keras.layers.RNN))
    names = [name for name in layers if name not in {layer.name for layer in states.added}]
    return [NO_STEPS.format(layers=", ".join(names))] if names else []


def _kernel_statistics(kernel: tf.Tensor, gradient: tf.Tensor | None) -> statistics.Statistics:
    own = statistics.kernel_statistics(kernel)
    return own if gradient is None else statistics.gradient_statistics(gradient) | own


def _gradients(
    tape: tf.GradientTape,
    scaled: tf.Tensor | None,
    sources: list[list[tf.Tensor | None]],
) -> list[list[tf.Tensor | None]]:
    """Of the scaled loss by groups of sources; None where it does not depend on one."""
    if scaled is None:
        return [[None] * len(group) for group in sources]
    found = iter(tape.gradient(scaled, [source for group in sources for source in group if source is not None]))
    return [[None if source is None else next(found) for source in group] for group in sources]


def _unscaled(gradients: list[tf.Tensor | None], scale: tf.Tensor) -> list[tf.Tensor | None]:
    """In float64, as squares in float32 underflow near 1e-23."""
    return [None if gradient is None else _wide(gradient) / _wide(scale) for gradient in gradients]


def _current(scope: keras.StatelessScope, variable: keras.Variable) -> tf.Tensor | None:
    """What a kernel was when the model used it, as some layers rewrite theirs first; None if it is frozen."""
    return scope.get_current_value(variable)


def _wide(values: Any) -> tf.Tensor:
    return tf.cast(tf.convert_to_tensor(values), tf.float64)
