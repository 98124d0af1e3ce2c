"""What the hidden layers of a network are: the one table that settings, engine, theory and exported code read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    Attributes:
        name: The setting's value.
        keras_class: Keras's class of a hidden layer, of `keras.layers`.
        gates: Columns of a kernel for each unit.
        is_recurrent: Whether its layers read a sequence, step by step, and their own state.

    Example:
        >>> lstm = ARCHITECTURES["lstm"]
        >>> lstm.hidden_kernels(inputs=2, units=16)
        {'kernel': (2, 64), 'recurrent_kernel': (16, 64)}
    """

    name: str
    keras_class: str
    gates: int = 1
    is_recurrent: bool = True

    def hidden_kernels(self, inputs: int, units: int) -> dict[str, tuple[int, int]]:
        """Name and shape, (inputs, outputs), of each kernel of a hidden layer, in Keras's order."""
        kernels = {"kernel": (inputs, self.gates * units)}
        return kernels | {"recurrent_kernel": (units, self.gates * units)} if self.is_recurrent else kernels

    def kernel_shapes(self, inputs: int, num_hidden_layers: int, units: int) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each kernel of a network, in the order of data flow, that of the one output last."""
        of_layers = (inputs, *(units,) * (num_hidden_layers - 1))
        hidden = [shape for size in of_layers for shape in self.hidden_kernels(size, units).values()]
        return (*hidden, (units, 1))


_ROWS = (
    Architecture("dense", "Dense", is_recurrent=False),
    Architecture("simple_rnn", "SimpleRNN"),
    Architecture("lstm", "LSTM", gates=4),
    Architecture("gru", "GRU", gates=3),
)
ARCHITECTURES: dict[str, Architecture] = {row.name: row for row in _ROWS}
RECURRENT = tuple(row.name for row in _ROWS if row.is_recurrent)
