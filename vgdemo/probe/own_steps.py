"""Measures what the optimiser gets in a training's own steps, where no probe is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from vgdemo.probe import statistics
from vgdemo.probe.batch import Batch
from vgdemo.probe.data_flow import signals
from vgdemo.probe.description import Described, describe
from vgdemo.probe.kernels import owned_kernels
from vgdemo.probe.probe import Measured
from vgdemo.probe.taps import Taps
from vgdemo.record import HISTOGRAM_BINS, KERNEL_STATISTICS

NUM_OF_GRADIENT = sum(name.startswith("gradient") for name in KERNEL_STATISTICS)
NUM_OF_KERNEL = len(KERNEL_STATISTICS) - NUM_OF_GRADIENT
STEP_BY_STEP = (
    "No probe was given, so the gradients are those of one batch, as the optimiser got them, and no layer's output was "
    "measured."
)


class OwnSteps:
    """A model whose training steps keep what they measure: the gradients of a step, and the weights before it.

    The step is only seen while TensorFlow traces it. For one `fit` the model has a function of its own for it; a later
    `fit` makes another.

    Args:
        model: Compiled, in a `fit` that has not yet taken a step.

    Attributes:
        described: What is known of the model, once a step was taken.
        notices: Sentences for the person.
        time_steps: None are measured.

    Raises:
        ValueError: If the model is trained on several devices.
    """

    described: Described

    def __init__(self, model: Any) -> None:
        if not isinstance(model.distribute_strategy, type(tf.distribute.get_strategy())):
            raise ValueError("Expected a probe, x and y, for a model that is trained by a strategy. Received: none")
        self._model, self._step_of_model = model, model.train_step
        self.notices, self.time_steps = [STEP_BY_STEP], dict[str, list[str]]()
        self._wanted = tf.Variable(True, trainable=False)
        self._kept: list[tf.Variable] = []
        self._before: list[tf.Tensor] | None = None
        with _replaced(model, "train_step", self._step):
            model.make_train_function(force=True)
        model.train_function = _ForThisFit(model.train_function)

    def expect(self, is_wanted: bool) -> None:
        """Whether the next step is to be measured."""
        self._wanted.assign(is_wanted)

    def measure(self) -> Measured:
        """What the last step that was to be measured kept.

        Raises:
            ValueError: If no step went through the model's optimiser.
        """
        if not self._kept:
            raise ValueError(
                "Expected train_step to update the weights by model.optimizer, where no probe is given. Received: a "
                "step that does not"
            )
        numbers, counts = iter(self._kept[0].numpy().tolist()), iter(self._kept[1].numpy())
        rows = [{name: next(numbers) for name in names} for names in self._names]
        now = [tf.cast(variable.value, tf.float64) for variable in self._variables]
        before = now if self._before is None else self._before
        updates = [statistics.update_statistics(*pair) for pair in zip(now, before, strict=True)]
        self._before = now
        return Measured(
            loss=None,
            kernels=rows,
            updates=[{name: float(value) for name, value in row.items()} for row in updates],
            layers=[],
            steps={},
            histograms=[next(counts) if "gradient_rms" in row else None for row in rows],
        )

    def _step(self, data: Any) -> Any:
        """The model's own step, seen."""
        taps = Taps(self._model)
        optimizer = self._model.optimizer
        apply = optimizer.apply

        def seen(gradients: Any, trainable_variables: Any = None) -> Any:
            gradients = list(gradients)
            variables = self._model.trainable_variables if trainable_variables is None else list(trainable_variables)
            self._keep(taps, variables, gradients)
            return apply(gradients, trainable_variables)

        with taps.open(), _replaced(optimizer, "apply", seen):
            return self._step_of_model(data)

    def _keep(self, taps: Taps, variables: Sequence[Any], gradients: Sequence[Any]) -> None:
        """Write what is measured of a step, if it is to be, into variables."""
        found = {id(variable): gradient for variable, gradient in zip(variables, gradients, strict=True)}
        kernels = owned_kernels(self._model, taps.calls)
        of_kernels = [found.get(id(kernel.variable)) for kernel in kernels]
        self._variables = [kernel.variable for kernel in kernels]
        reached = [gradient is not None for gradient in of_kernels]
        seen = signals(self._model, taps.calls)
        self.described = describe(self._model, Batch(None, None, None), kernels, reached, taps.calls, seen)
        scale = tf.cast(self._model.optimizer.scale_loss(tf.constant(1.0)), tf.float64)
        self._assign(lambda: self._numbers(of_kernels, scale), len(kernels), sum(reached))

    def _assign(self, measure: Callable[[], tuple[tf.Tensor, tf.Tensor]], num_kernels: int, num_reached: int) -> None:
        size = num_kernels * NUM_OF_KERNEL + num_reached * NUM_OF_GRADIENT
        if not self._kept:
            with tf.init_scope():  # Outside of the graph that is traced.
                bins = [num_reached, HISTOGRAM_BINS]
                self._kept = [tf.Variable(tf.zeros([size], tf.float64)), tf.Variable(tf.zeros(bins, tf.int32))]
        values = tf.cond(self._wanted, measure, lambda: tuple(tf.identity(one) for one in self._kept))
        for variable, value in zip(self._kept, values, strict=True):
            variable.assign(value)

    def _numbers(self, gradients: Sequence[Any], scale: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows, histograms = [], []
        for variable, gradient in zip(self._variables, gradients, strict=True):
            row = statistics.kernel_statistics(tf.cast(variable.value, tf.float64))
            if gradient is not None:
                wide = tf.cast(tf.convert_to_tensor(gradient), tf.float64) / scale
                row = statistics.gradient_statistics(wide) | row
                histograms.append(statistics.histogram(wide, compiled=True))
            rows.append(row)
        self._names = [[*row] for row in rows]
        numbers = [value for row in rows for value in row.values()]
        return tf.stack(numbers), tf.stack(histograms) if histograms else tf.zeros([0, 0], tf.int32)


class _ForThisFit:
    """A training function that Keras does not take for one it could use again: it is not true."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, iterator: Any) -> Any:
        return self._function(iterator)

    def __bool__(self) -> bool:
        return False


@contextmanager
def _replaced(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Let a thing have an attribute of its own for a while."""
    own = vars(thing)
    before = own.get(name)
    own[name] = value
    try:
        yield
    finally:
        if before is None:
            del own[name]
        else:
            own[name] = before
