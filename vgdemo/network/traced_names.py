"""Names of traced functions that are the same in every process.

TensorFlow keeps a compiled program under the names of its functions. They end in a count of all that the process has
traced, so another process would find the program again only where it had traced the same things in the same order.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from tensorflow.python.eager.polymorphic_function import concrete_function
from tensorflow.python.ops import control_flow_util_v2

MARK = "_traced_by_vgdemo_"  # In each of the names.

_suffixes: ContextVar[Iterator[str] | None] = ContextVar("suffixes", default=None)


@contextmanager
def names_for(traced: str) -> Iterator[None]:
    """Name the functions that this thread traces meanwhile by what is traced and a count of their own.

    Args:
        traced: What is traced, in words that no other has.
    """
    stem = hashlib.sha256(traced.encode()).hexdigest()[:16]
    token = _suffixes.set(f"{MARK}{stem}_{number}" for number in itertools.count())
    try:
        yield
    finally:
        _suffixes.reset(token)


def _named(usual: Callable[..., str], *parts: str) -> str:
    suffixes = _suffixes.get()
    return usual(*parts) if suffixes is None else ("".join(parts) + next(suffixes)).replace("/", "_")


control_flow_util_v2.unique_fn_name = partial(_named, control_flow_util_v2.unique_fn_name)
concrete_function._inference_name = partial(_named, concrete_function._inference_name)
