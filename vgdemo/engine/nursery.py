"""The last import of the process that workers are forked from: what they need is imported once for all of them.

They start in a tenth of a second, again after a crash too, and share the memory of what was imported. Nothing is
computed before the fork: TensorFlow starts threads at its first operation, which a forked process would lack.
"""

from __future__ import annotations

import gc
from multiprocessing import spawn

from vgdemo.engine import train

__all__ = ["train"]

# A process of multiprocessing begins by running the script that it was started from; that would be the dashboard's.
spawn._fixup_main_from_path = lambda _: None  # type: ignore[attr-defined]
gc.collect()
gc.freeze()  # The collector would write to what it looks at, and so part it from the others'.
