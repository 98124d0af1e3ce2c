"""State that layers keep outside of Keras: what a measurement could not leave as it is."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from vgdemo.probe import keras_internals

CHANGING = ("Assign", "ResourceScatter", "RngReadAndSkip", "RngSkip", "StatefulUniform", "PyFunc", "EagerPyFunc")
STATES = (tf.Variable, tf.random.Generator, np.random.Generator, np.random.RandomState, random.Random)
ON_THEIR_OWN = (keras.layers.Layer, keras.Variable, keras.optimizers.Optimizer, keras.metrics.Metric)
LIBRARIES = ("keras", "tensorflow", "numpy")  # What their objects hold is theirs.


class ForeignStateError(ValueError):
    """A layer keeps state that no measurement can promise to leave alone."""

    @classmethod
    def of(cls, layer: str, received: str) -> ForeignStateError:
        """The error that names the layer and what it does."""
        return cls(
            f"Expected layer {layer} to keep its state in Keras's own variables and seeds, so that a measurement "
            f"can leave it as it is. Received: {received}"
        )


def refuse_in_graph(model: Any, graph: Any) -> None:
    """Raise ForeignStateError if running a traced measurement would change anything."""
    for name, operation in _operations(graph):
        if operation.startswith(CHANGING):
            raise ForeignStateError.of(_layer_of(model, name.split("/")), operation)


def refuse_in_attributes(model: Any) -> None:
    """Raise ForeignStateError if a layer of a model that cannot be traced holds state that is not Keras's.

    It is looked for in attributes, in containers and objects in them, and in what functions refer to.
    """
    for layer, value in _held(model):
        if isinstance(value, STATES):
            raise ForeignStateError.of(layer.name, type(value).__name__)


@contextmanager
def left_as_it_is(model: Any) -> Iterator[None]:
    """Put back the arrays and numbers that layers hold, and the draws of Python and NumPy.

    Raises:
        ForeignStateError: If any of them had changed.
    """
    arrays = [(layer, value, value.copy()) for layer, value in _held(model) if isinstance(value, np.ndarray)]
    numbers = [(layer, _numbers(layer)) for layer in _layers(model)]
    draws = random.getstate(), np.random.get_state()
    yield
    changed = [*_arrays_put_back(arrays), *_numbers_put_back(numbers)]
    if _draws_put_back(*draws):
        changed.append((model, "a draw of Python's or NumPy's"))
    for layer, received in changed:
        raise ForeignStateError.of(layer.name, received)


def _arrays_put_back(arrays: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[Any, str]]:
    for layer, now, then in arrays:
        if now.tobytes() != then.tobytes():
            now[...] = then
            yield layer, "an array that changes"


def _numbers_put_back(numbers: Iterable[tuple[Any, dict[str, float]]]) -> Iterator[tuple[Any, str]]:
    for layer, then in numbers:
        if not then.items() <= vars(layer).items():
            vars(layer).update(then)
            yield layer, "a number that changes"


def _draws_put_back(python: Any, numpy: Any) -> bool:
    """Whether Python's generator or NumPy's had moved."""
    have_moved = random.getstate() != python or not all(map(np.array_equal, np.random.get_state(), numpy))
    random.setstate(python)
    np.random.set_state(numpy)
    return have_moved


def _layers(model: Any) -> list[Any]:
    return [model, *keras_internals.layers_of(model)]


def _numbers(layer: Any) -> dict[str, float]:
    return {name: value for name, value in vars(layer).items() if type(value) in (int, float)}


def _held(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each layer with all that it holds, as deep as Python shows it; what layers share comes once."""
    seen: dict[int, Any] = {}  # The values as well, so that no other gets the id of one that is gone.
    for layer in _layers(model):
        rest = [*vars(layer).values(), *_own_functions(type(layer))]
        while rest:
            value = rest.pop()
            if id(value) not in seen and not isinstance(value, ON_THEIR_OWN):
                seen[id(value)] = value
                yield layer, value
                rest += _parts(value)


def _own_functions(cls: type) -> list[Any]:
    """What the classes of a layer that are not Keras's define."""
    return [value for one in cls.__mro__ if not _is_a_librarys(one) for value in vars(one).values()]


def _parts(value: Any) -> list[Any]:
    """What a container, a function or an object consists of or refers to."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set):
        return list(value)
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if _is_a_librarys(value) or isinstance(value, ModuleType | type):
        return []
    return _references(value) if isinstance(value, FunctionType) else list(getattr(value, "__dict__", {}).values())


def _references(function: FunctionType) -> list[Any]:
    """Defaults of a function, what it has caught of what is around it, and the globals that it names."""
    around = [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
    named = [function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__]
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *around, *named]


def _is_a_librarys(value: Any) -> bool:
    module = getattr(value, "__module__", None) or getattr(type(value), "__module__", "")
    return str(module).partition(".")[0] in LIBRARIES


def _operations(graph: Any) -> Iterator[tuple[str, str]]:
    """Name and kind of every operation of a graph and of the functions that it calls."""
    definition = graph.as_graph_def()
    yield from _named(definition.node)
    for function in definition.library.function:
        yield from _named(function.node_def)


def _named(nodes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    return ((node.name, node.op) for node in nodes)


def _layer_of(model: Any, scopes: list[str]) -> str:
    """The innermost layer whose name is among the scopes of an operation."""
    names = {layer.name for layer in keras_internals.layers_of(model)}
    found = (name for scope in reversed(scopes) for name in (scope, re.sub(r"_\d+$", "", scope)) if name in names)
    return next(found, str(model.name))  # TensorFlow numbers a scope that it has had before.
