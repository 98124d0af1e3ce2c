"""Compiled programs, kept in a folder so that the next process need not compile them again."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vgdemo" / "programs"
LIMIT = 400  # Files: of each program what XLA compiled, two to three megabytes, and what was traced, a tenth of it.


def tensorflow_flags() -> str:
    """The setting that makes TensorFlow keep programs; empty where the folder cannot be written."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    if not os.access(FOLDER, os.W_OK):
        return ""
    # Folded constants have other names in each process, and a program is found by its names; XLA folds them anyway.
    return f"--tf_xla_persistent_cache_directory={FOLDER} --tf_xla_disable_constant_folding=true"


@cache
def forget_old_programs() -> None:
    """Keep the folder within `LIMIT`. Only a process's first call looks, for the folder grows slowly."""
    forget(LIMIT)


def forget(limit: int) -> None:
    """Delete the oldest programs, beyond the limit; other processes may be doing the same."""
    for file in sorted(FOLDER.glob("*"), key=_age)[limit:]:
        file.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
