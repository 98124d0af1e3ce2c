"""The kernels of a Keras model: which variables count, in which order, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from vgdemo.probe import keras_internals
from vgdemo.probe.taps import Call

NO_KERNELS = ("gamma", "beta", "alpha")  # Of normalisations, and of PReLU.


@dataclass(frozen=True)
class OwnedKernel:
    """A variable whose gradient is measured.

    Attributes:
        variable: Keras's.
        layer: Whose it is.
        owner: The layer under whose name it is shown: the innermost around it that is called itself.
        name: Keras's name of the weight, with that of its layer in front where the owner has several of that name.
    """

    variable: keras.Variable
    layer: Any
    owner: Any
    name: str

    @property
    def kind(self) -> str:
        """Keras's class: of a recurrent layer rather than of its cell."""
        return type(self.owner if isinstance(self.owner, keras.layers.RNN) else self.layer).__name__

    @property
    def initializer(self) -> str | None:
        """Keras's class of what drew its first weights."""
        name = self.variable.name
        names = (f"{name}_initializer", f"{name.removesuffix('_kernel')}_initializer", "depthwise_initializer")
        found = (getattr(self.layer, one, None) for one in names)
        return next((type(one).__name__ for one in found if isinstance(one, keras.Initializer)), None)


def kernel_variables(model: Any) -> list[keras.Variable]:
    """The kernels of a model, each once, in the order of its layers."""
    return [variable for layer in keras_internals.layers_of(model) for variable in _own(layer)]


def owned_kernels(model: Any, calls: Sequence[Call]) -> list[OwnedKernel]:
    """The kernels in the order of data flow: that in which their layers' calls began; those never called come last."""
    called = {id(call.layer): call.layer for call in calls if call.layer is not model}
    found: dict[int, tuple[keras.Variable, Any, Any]] = {}
    for owner in (*called.values(), model):
        for layer, variable in _claimed(owner, owner, called.keys() - {id(owner)}):
            found.setdefault(id(variable), (variable, layer, layer if owner is model else owner))
    names = Counter((id(owner), variable.name) for variable, _, owner in found.values())
    return [
        OwnedKernel(variable, layer, owner, _name(variable, layer, names[id(owner), variable.name]))
        for variable, layer, owner in found.values()
    ]


def _claimed(layer: Any, owner: Any, called: Iterable[int]) -> Iterator[tuple[Any, keras.Variable]]:
    """The kernels of a layer and of those inside it that are not called themselves."""
    yield from ((layer, variable) for variable in _own(layer))
    for child in keras_internals.children(layer):
        if id(child) not in called:
            yield from _claimed(child, owner, called)


def _own(layer: Any) -> list[keras.Variable]:
    return [variable for variable in keras_internals.own_variables(layer) if _is_kernel(variable)]


def _is_kernel(variable: keras.Variable) -> bool:
    return len(variable.shape) >= 2 and "bias" not in variable.name and variable.name not in NO_KERNELS


def _name(variable: keras.Variable, layer: Any, of_that_name: int) -> str:
    return variable.name if of_that_name == 1 else f"{layer.name}/{variable.name}"
