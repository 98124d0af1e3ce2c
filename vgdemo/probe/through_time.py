"""The loss's derivative by a recurrent layer's state at every time step, through all later steps.

Zeros are added to each new state that is also the output. The loss's derivative by them is that by the state itself:
through the output of that step, and through the recurrence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.probe import keras_internals

MOST_STEPS = 256  # That a record keeps; longer sequences in even groups.


@dataclass
class StatesOverTime:
    """What was added to the states of a model's recurrent layers, while they were called.

    Attributes:
        model: Whose layers are seen.
        tape: That differentiates.
        added: Each layer to its zeros, (B, T, units), in the time of its inputs.
        counts: Each layer to the steps that count, (B, T); None if all do.
    """

    model: Any
    tape: tf.GradientTape
    added: dict[Any, tf.Tensor] = field(default_factory=dict)
    counts: dict[Any, tf.Tensor | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember whose calls are wanted, and of which thread."""
        self._wanted = {id(layer) for layer in keras_internals.layers_of(self.model)}
        self._thread = threading.get_ident()

    @contextmanager
    def open(self) -> Iterator[StatesOverTime]:
        """Add to the states of calls that are made in the meantime."""
        loops = keras_internals.recurrent_loops()
        try:
            for one, loop in loops.items():
                setattr(one, keras_internals.LOOP, self._seen(loop, loops[keras.layers.RNN]))
            yield self
        finally:
            for one, loop in loops.items():
                setattr(one, keras_internals.LOOP, loop)

    def mean_sizes(self, gradients: list[tf.Tensor | None]) -> dict[Any, tf.Tensor]:
        """Each layer to (T,), the mean over batch and units of its derivatives; NaN at a step that no example has."""
        found = zip(self.counts.items(), gradients, strict=True)
        return {layer: _mean_sizes(gradient, counts) for (layer, counts), gradient in found if gradient is not None}

    def _seen(self, loop: Callable[..., Any], loop_of_any_cell: Callable[..., Any]) -> Callable[..., Any]:
        def seen(layer: Any, sequences: Any, initial_state: Any, mask: Any, **named: Any) -> Any:
            if not self._wants(layer, sequences):
                return loop(layer, sequences, initial_state, mask, **named)
            zeros = tf.zeros([*tf.unstack(tf.shape(sequences)[:2]), layer.cell.output_size], sequences.dtype)
            zeros = tf.ensure_shape(zeros, [*sequences.shape[:2], layer.cell.output_size])
            self.tape.watch(zeros)
            mask = None if mask is None else keras.tree.flatten(mask)[0]
            self.added[layer], self.counts[layer] = zeros, mask
            with _added_to_states(layer.cell, sequences.shape[-1]):
                joined = tf.concat([sequences, zeros], axis=-1)
                return loop_of_any_cell(layer, joined, initial_state, mask, **named)

        return seen

    def _wants(self, layer: Any, sequences: Any) -> bool:
        """Whether a layer is one of the model's, is not called a second time, and has states that are vectors."""
        if id(layer) not in self._wanted or layer in self.added or threading.get_ident() != self._thread:
            return False
        is_real = isinstance(sequences, tf.Tensor) and sequences.shape.rank == 3 and sequences.shape[1] is not None
        return is_real and isinstance(getattr(layer.cell, "output_size", None), int)


def grouped(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) numbers as at most `MOST_STEPS` means of even groups, of which the last may be smaller.

    Example:
        >>> grouped(np.arange(300.0))[:3].tolist(), len(grouped(np.arange(300.0)))
        ([0.5, 2.5, 4.5], 150)
    """
    ends = group_ends(len(sizes))
    return np.array([sizes[start:end].mean() for start, end in zip([0, *ends], ends, strict=False)])


def group_ends(num_steps: int) -> list[int]:
    """The last step of each group, from 1.

    Example:
        >>> group_ends(3), group_ends(301)[-2:]
        ([1, 2, 3], [300, 301])
    """
    size = -(-num_steps // MOST_STEPS)
    return [min(end, num_steps) for end in range(size, num_steps + size, size)]


@contextmanager
def _added_to_states(cell: Any, width: int) -> Iterator[None]:
    """Let a cell take what is behind its input as an addition to the state that is its output."""
    call = cell.call

    def moved(inputs: Any, states: Any, *arguments: Any, **named: Any) -> Any:
        output, new = call(inputs[..., :width], states, *arguments, **named)
        answer = output + inputs[..., width:]
        return answer, keras.tree.map_structure(lambda state: answer if state is output else state, new)

    vars(cell)["call"] = moved
    try:
        yield
    finally:
        del vars(cell)["call"]


def _mean_sizes(gradient: tf.Tensor, counts: tf.Tensor | None) -> tf.Tensor:
    sizes = tf.reduce_mean(tf.abs(gradient), axis=-1)
    if counts is None:
        return tf.reduce_mean(sizes, axis=0)
    counts = tf.cast(counts, sizes.dtype)
    return tf.reduce_sum(sizes * counts, axis=0) / tf.reduce_sum(counts, axis=0)
