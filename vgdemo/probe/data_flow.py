"""Which of a model's calls are measured, what they are called, and which give the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from vgdemo.probe.taps import Call


def signals(model: Any, calls: Sequence[Call]) -> list[Call]:
    """The calls whose outputs are measured, in the order of data flow; of nested ones with one output the innermost."""
    found: dict[int, Call] = {}
    for call in sorted(calls, key=lambda call: call.end):
        if call.layer is not model and call.outputs and _is_measurable(call.output):
            found.setdefault(id(call.output), call)
    return [call for call in found.values() if not any(call.output is given for given in call.inputs)]


def layer_names(calls: Iterable[Call]) -> dict[int, str]:
    """`id` of a layer to its name; to its path where others have that name too."""
    paths = {id(call.layer): call.path for call in reversed([*calls])}
    short = Counter(path[-1] for path in paths.values() if path)
    names = {layer: path[-1] if short[path[-1]] == 1 else "/".join(path) for layer, path in paths.items() if path}
    return _numbered(names)


def call_names(calls: Iterable[Call], names: Mapping[int, str]) -> list[str]:
    """The names of measured calls: a later call of a layer has its number behind the layer's name."""
    seen: Counter[int] = Counter()
    found = []
    for call in calls:
        seen[id(call.layer)] += 1
        number = seen[id(call.layer)]
        found.append(names[id(call.layer)] if number == 1 else f"{names[id(call.layer)]}:{number}")
    return found


def answering(model: Any, calls: Sequence[Call], owners: set[int]) -> set[int]:
    """`id` of the layers with kernels after which no others come.

    Args:
        model: Whose calls they are.
        calls: All that were seen.
        owners: `id` of the layers that have kernels.
    """
    with_kernels = [call for call in calls if id(call.layer) in owners]
    answers = [tensor for call in calls if call.layer is model for tensor in call.outputs]
    if not answers or tf.executing_eagerly():  # Eager tensors do not say where they come from.
        return {id(call.layer) for call in with_kernels[-1:]}
    makers = {id(tensor): call for call in with_kernels for tensor in call.outputs}
    return _first_makers(answers, makers)


def _first_makers(tensors: list[Any], makers: Mapping[int, Call]) -> set[int]:
    found, seen, rest = set(), set(), tensors
    while rest:
        tensor = rest.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        if id(tensor) in makers:
            found.add(id(makers[id(tensor)].layer))
        elif _is_traced(tensor):
            rest += tensor.op.inputs
    return found


def _is_measurable(tensor: Any) -> bool:
    """Whether it is made of numbers that have a gradient, outside of any loop."""
    return _is_here(tensor) and tensor.dtype.is_floating and tensor.shape.rank not in (None, 0)


def _is_here(tensor: Any) -> bool:
    """Whether it is in the graph that is traced, neither in that of a loop nor computed before it."""
    if tf.executing_eagerly():
        return True
    return _is_traced(tensor) and tensor.graph is tf.compat.v1.get_default_graph()


def _is_traced(tensor: Any) -> bool:
    return not hasattr(tensor, "numpy")


def _numbered(names: Mapping[int, str]) -> dict[int, str]:
    """The names, with a number behind those that came before."""
    seen: Counter[str] = Counter()
    found = {}
    for layer, name in names.items():
        seen[name] += 1
        found[layer] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return found
