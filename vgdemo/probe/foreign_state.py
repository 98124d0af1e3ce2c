"""State that layers keep outside of Keras: what a measurement could not leave as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow as tf

from vgdemo.probe import keras_internals

CHANGING = ("Assign", "ResourceScatter", "RngReadAndSkip", "RngSkip", "StatefulUniform", "PyFunc", "EagerPyFunc")


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
    """Raise ForeignStateError if a layer of a model that cannot be traced has state of its own."""
    for layer in (model, *keras_internals.layers_of(model)):
        for value in vars(layer).values():
            if isinstance(value, tf.Variable | tf.random.Generator):
                raise ForeignStateError.of(layer.name, type(value).__name__)


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
