"""Functions of which a number says which one applies, so that a compiled program serves them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from vgdemo.network.traced_names import names_for

Function = Callable[..., Sequence[tf.Tensor]]


class Choice:
    """Functions of the same tensors, by name.

    It is an operation of its own rather than `tf.switch_case`, which has XLA look for constants among the arguments of
    each branch, and takes longer for that than for all else.

    Example:
        >>> choice = Choice("power", {"twice": lambda x: [2 * x], "square": lambda x: [x * x]})
        >>> choice(choice.numbers["square"], [tf.constant(3.0)], shapes=[()])[0].numpy().item()
        9.0
    """

    def __init__(self, name: str, functions: dict[str, Function]) -> None:
        """Number the functions in the order given; no other choice has the name."""
        self._name = name
        self._functions = functions
        self._traced: dict[int, list[Any]] = {}
        self.numbers = {name: number for number, name in enumerate(functions)}

    def __call__(
        self, number: tf.Tensor | int, arguments: Sequence[tf.Tensor], shapes: Sequence[tuple[int, ...]]
    ) -> list[tf.Tensor]:
        """What the function of this number answers, which are tensors of these shapes."""
        return tf.raw_ops.StatelessCase(  # type: ignore[no-any-return]
            branch_index=number,
            input=arguments,
            Tout=[tf.float32] * len(shapes),
            branches=self._branches(len(arguments)),
            output_shapes=shapes,
        )

    def _branches(self, num_arguments: int) -> list[Any]:
        """Each function, traced once for arguments of any shape."""
        if num_arguments not in self._traced:
            specs = [tf.TensorSpec(None, tf.float32)] * num_arguments
            traced = (tf.function(function, autograph=False) for function in self._functions.values())
            with tf.init_scope(), names_for(f"{self._name} {num_arguments}"):
                self._traced[num_arguments] = [function.get_concrete_function(*specs) for function in traced]
        return self._traced[num_arguments]
