"""Names of traced functions that are the same in every process.

TensorFlow keeps a compiled program under the names of its functions. They end in a count of all that the process has
traced, so another process would find the program again only where it had traced the same things in the same order.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.eager.polymorphic_function import concrete_function
from tensorflow.python.ops import control_flow_util_v2


@contextmanager
def names_for(traced: str) -> Iterator[None]:
    """Name the functions that are traced meanwhile by what is traced and a count of their own.

    Args:
        traced: What is traced, in words that no other has.
    """
    stem, count = hashlib.sha256(traced.encode()).hexdigest()[:16], itertools.count()

    def name(*parts: str) -> str:
        return f"{''.join(parts)}_{stem}_{next(count)}".replace("/", "_")

    usual = control_flow_util_v2.unique_fn_name, concrete_function._inference_name
    control_flow_util_v2.unique_fn_name = concrete_function._inference_name = name
    try:
        yield
    finally:
        control_flow_util_v2.unique_fn_name, concrete_function._inference_name = usual
