"""Training: from a `RunConfig` to a `RunRecord`, with TensorFlow."""

import os
from pathlib import Path

# Read by TensorFlow when it compiles for the first time, so they stand before its import. The network changes with every
# click, so compiling counts as much as running: this code generator and level take half the processor time of the
# defaults and the program runs as fast. A program that was compiled once on this machine is kept for the next process.
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vgdemo" / "programs"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1")
os.environ.setdefault("TF_XLA_FLAGS", f"--tf_xla_persistent_cache_directory={_CACHE}")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # Loading a kept program warns, wrongly, that it is of another processor.

from vgdemo.engine.training import train  # noqa: E402 - TensorFlow comes after its settings.

__all__ = ["train"]
