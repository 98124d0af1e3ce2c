"""What the layers of a model compute, seen while the model is called, whatever kind of model it is.

Keras has no hooks. For the time of one call the method that every layer passes through is replaced on the class, and
put back however that call ends; a model that is traced is so seen at no cost when the trace is run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from vgdemo.probe import keras_internals

ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ELU": "elu",
    "Softmax": "softmax",
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Silu": "silu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
}  # Layers and operations whose input is the pre-activation, and what Keras calls their function.

OPERATIONS = {*ACTIVATION_LAYERS, "Add"}  # What counts as a layer in a functional model without being one.


@dataclass
class Call:
    """One call of a layer, in the order in which calls began.

    Attributes:
        layer: The layer.
        path: The names of the layers that called it, and its own; without the model's.
        inputs: The tensors that it got.
        outputs: The tensors that it gave; none until the call has ended.
        end: Which call it was to end, from 0; the order of data flow of the outputs.
        activation: Keras's name of its activation; None if it has none.
        pre_activation: What the activation got; None if that was not seen.
        activate: The activation as a function of it.
    """

    layer: Any
    path: tuple[str, ...]
    inputs: list[Any]
    outputs: list[Any] = field(default_factory=list)
    end: int = -1
    activation: str | None = None
    pre_activation: Any = None
    activate: Callable[[Any], Any] | None = None

    @property
    def output(self) -> Any:
        """The first of the tensors that it gave."""
        return self.outputs[0]


@dataclass
class Taps:
    """The calls of a model's layers, as they are seen.

    Attributes:
        model: Whose layers are seen.
        calls: In the order in which they began.
    """

    model: Any
    calls: list[Call] = field(default_factory=list)
    _stack: list[Call] = field(default_factory=list)
    _ended: int = 0

    def __post_init__(self) -> None:
        """Remember whose calls are wanted, and of which thread."""
        layers = [self.model, *keras_internals.layers_of(self.model)]
        operations = [one for one in keras_internals.operations_of(self.model) if type(one).__name__ in OPERATIONS]
        self._wanted = {id(one) for one in (*layers, *operations)}
        self._thread = threading.get_ident()

    @contextmanager
    def open(self) -> Iterator[Taps]:
        """See the calls that are made in the meantime."""
        original = keras.Operation.__call__

        def seen(layer: Any, *arguments: Any, **named: Any) -> Any:
            if not self._wants(layer, arguments, named):
                return original(layer, *arguments, **named)
            return self._see(layer, original, arguments, named)

        keras.Operation.__call__ = seen
        try:
            yield self
        finally:
            keras.Operation.__call__ = original

    def _wants(self, layer: Any, arguments: Any, named: Any) -> bool:
        """Whether a layer's call with these arguments is one of the model's, outside the loop of a recurrent layer."""
        if id(layer) not in self._wanted or threading.get_ident() != self._thread:
            return False
        inside_a_loop = any(isinstance(call.layer, keras.layers.RNN) for call in self._stack)
        return not inside_a_loop and not any(map(keras.backend.is_keras_tensor, tf.nest.flatten((arguments, named))))

    def _see(self, layer: Any, original: Any, arguments: Any, named: Any) -> Any:
        names = self._stack[-1].path if self._stack else ()
        own = () if layer is self.model else (layer.name,)
        call = Call(layer, (*names, *own), _tensors((arguments, named)), activation=activation_of(layer))
        self.calls.append(call)
        self._stack.append(call)
        try:
            with _pre_activation_kept(call):
                outputs = original(layer, *arguments, **named)
        finally:
            self._stack.pop()
        call.outputs, call.end = _tensors(outputs), self._ended
        self._ended += 1
        return outputs


@contextmanager
def _pre_activation_kept(call: Call) -> Iterator[None]:
    """Let the layer's activation keep what it gets, for the time of one call."""
    attributes = vars(call.layer)
    activate = attributes.get("activation")
    if type(call.layer).__name__ in ACTIVATION_LAYERS:
        call.pre_activation, call.activate = call.inputs[0], call.layer.call
    if not callable(activate):
        yield
        return

    def keeping(pre_activation: Any) -> Any:
        call.pre_activation, call.activate = pre_activation, activate
        return activate(pre_activation)

    attributes["activation"] = keeping
    try:
        yield
    finally:
        attributes["activation"] = activate


def activation_of(layer: Any) -> str | None:
    """Keras's name of a layer's activation; None if it has none, or a linear one."""
    if type(layer).__name__ in ACTIVATION_LAYERS:
        return ACTIVATION_LAYERS[type(layer).__name__]
    activation = getattr(layer, "activation", None)
    if not callable(activation):
        return None
    if isinstance(activation, keras.layers.Layer):
        return activation_of(activation)
    name = getattr(activation, "__name__", type(activation).__name__)
    return None if name == "linear" else str(name)


def _tensors(values: Any) -> list[Any]:
    return [value for value in tf.nest.flatten(values) if isinstance(value, tf.Tensor)]
