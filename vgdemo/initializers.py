"""What an initialiser is: the one table that settings, theory, engine, diagnosis and exported code read.

Sources: Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998; Saxe et al. 2014 (orthogonal); Mishkin & Matas 2016
(LSUV); Le et al. 2015 (identity, for recurrent kernels). Names and distributions are Keras's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Variance = Callable[[int, int], float]  # Of fan-in and fan-out.


@dataclass(frozen=True)
class Initializer:
    """One row of the table.

    Attributes:
        name: The setting's value: Keras's name where Keras has one.
        label: What a person calls it.
        family: What it has in common with others: their variance, and their entry in the glossary.
        author: Who it is named after; empty for a plain distribution.
        distribution: Of one weight. A truncated normal is cut off at two standard deviations of the uncut one; an
            orthogonal kernel is uniform over those with orthonormal columns, or rows where there are more columns. The
            identity is not drawn: ones on the diagonal, zeros elsewhere.
        variance: Of a weight, given fan-in and fan-out; after the cut, where there is one.
        keras_class: Of `keras.initializers`.
        keras_arguments: What the class takes beside a seed; empty for its defaults.
        mean: Of a weight.
        looks_at_data: Whether the kernels are scaled to the data afterwards, which hidden layers alone allow. The
            variance is then that of the kernels where it starts.

    Example:
        >>> he = INITIALIZERS["he_uniform"]
        >>> he.variance(50, 10), he.keras_code(seed="7")
        (0.04, 'HeUniform(seed=7)')
    """

    name: str
    label: str
    family: str
    author: str
    distribution: Literal["uniform", "normal", "truncated_normal", "orthogonal", "identity"]
    variance: Variance
    keras_class: str
    keras_arguments: str = ""
    mean: float = 0.0
    looks_at_data: bool = False

    def keras_code(self, seed: str = "") -> str:
        """The call that makes it in Keras, as source code after "keras.initializers.".

        Args:
            seed: An expression; empty for a call without one. What is not drawn takes none.
        """
        takes_seed = seed and self.distribution != "identity"
        arguments = (self.keras_arguments, f"seed={seed}" if takes_seed else "")
        return f"{self.keras_class}({', '.join(argument for argument in arguments if argument)})"


def _glorot(fan_in: int, fan_out: int) -> float:
    return 2 / (fan_in + fan_out)


def _he(fan_in: int, fan_out: int) -> float:
    return 2 / fan_in


def _lecun(fan_in: int, fan_out: int) -> float:
    return 1 / fan_in


def _orthogonal(fan_in: int, fan_out: int) -> float:
    """What gives the rows or columns of the shorter side length 1."""
    return 1 / max(fan_in, fan_out)


def _constant(variance: float) -> Variance:
    return lambda fan_in, fan_out: variance


_ROWS = (
    Initializer(
        "uniform_0_1", "uniform(0, 1)", "random", "", "uniform", _constant(1 / 12), "RandomUniform", "0, 1", mean=0.5
    ),
    Initializer(
        "random_uniform",
        "uniform(−0.05, 0.05)",
        "random",
        "",
        "uniform",
        _constant(0.05**2 / 3),
        "RandomUniform",
        "-0.05, 0.05",
    ),
    Initializer(
        "random_normal", "normal(0, 0.05)", "random", "", "normal", _constant(0.05**2), "RandomNormal", "stddev=0.05"
    ),
    Initializer("glorot_uniform", "Glorot uniform", "glorot", "Glorot", "uniform", _glorot, "GlorotUniform"),
    Initializer("glorot_normal", "Glorot normal", "glorot", "Glorot", "truncated_normal", _glorot, "GlorotNormal"),
    Initializer("he_uniform", "He uniform", "he", "He", "uniform", _he, "HeUniform"),
    Initializer("he_normal", "He normal", "he", "He", "truncated_normal", _he, "HeNormal"),
    Initializer("lecun_uniform", "LeCun uniform", "lecun", "LeCun", "uniform", _lecun, "LecunUniform"),
    Initializer("lecun_normal", "LeCun normal", "lecun", "LeCun", "truncated_normal", _lecun, "LecunNormal"),
    Initializer("orthogonal", "orthogonal", "orthogonal", "Saxe", "orthogonal", _orthogonal, "Orthogonal"),
    Initializer("identity", "identity", "identity", "Le", "identity", _orthogonal, "Identity"),
    Initializer("lsuv", "LSUV", "lsuv", "Mishkin", "orthogonal", _orthogonal, "Orthogonal", looks_at_data=True),
)
INITIALIZERS: dict[str, Initializer] = {row.name: row for row in _ROWS}
