"""What an optimiser and a bound on gradients are called in Keras: the tables that settings, diagnosis and code read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KerasOptimizer:
    """One row of the table.

    Attributes:
        name: The setting's value, Keras's name.
        keras_class: Of `keras.optimizers`.
        usual_learning_rate: What it takes unless there is a reason for another.
    """

    name: str
    keras_class: str
    usual_learning_rate: float


_ROWS = (
    KerasOptimizer("sgd", "SGD", 0.01),
    KerasOptimizer("rmsprop", "RMSprop", 0.001),
    KerasOptimizer("adagrad", "Adagrad", 0.01),  # Keras's default is a tenth of it, with which it hardly moves.
    KerasOptimizer("adam", "Adam", 0.001),
)

OPTIMIZERS: dict[str, KerasOptimizer] = {row.name: row for row in _ROWS}
GRADIENT_CLIPS = {"global_norm": "global_clipnorm", "value": "clipvalue"}  # Setting to an optimiser's argument.
