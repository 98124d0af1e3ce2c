"""The last that is imported in the process that workers are forked from, see `vgdemo.nursery`.

Nothing is computed before the fork: TensorFlow starts threads at its first operation, and a forked process lacks them.
"""

from __future__ import annotations

import gc
from multiprocessing import spawn

from vgdemo.engine import train

__all__ = ["train"]

# A process of multiprocessing begins by running the script that it was started from; that would be the dashboard's.
spawn._fixup_main_from_path = lambda _: None  # type: ignore[attr-defined]
gc.freeze()  # The collector would write to what it looks at, and so part it from the others'.
