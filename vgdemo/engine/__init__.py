"""Training: from a `RunConfig` to a `RunRecord`, with TensorFlow."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from vgdemo.engine import compile_cache

# TensorFlow reads these when it compiles for the first time, so they stand before its import. The network changes with
# every click, so compiling counts as much as running: this code generator and level take half the processor time of the
# defaults, and the program runs as fast.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1")
os.environ.setdefault("TF_XLA_FLAGS", compile_cache.tensorflow_flags())
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # Loading a kept program gives a false warning.


@contextmanager
def _without_collection() -> Iterator[None]:
    """What is imported stays, and the collector, looking at it again and again, takes a quarter of the time."""
    collects = gc.isenabled()
    gc.disable()
    yield
    if collects:
        gc.freeze()
        gc.unfreeze()  # All that is there counts as old now: it is not looked at next.
        gc.enable()


with _without_collection():
    from vgdemo.engine.training import train, warm_up

__all__ = ["train", "warm_up"]
