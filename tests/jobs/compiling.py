"""What processes do in place of compiling a program."""

from __future__ import annotations

import json
import os
from pathlib import Path

from vgdemo.config import RunConfig


def noted(path: Path, config: RunConfig) -> None:
    """Write down what is asked for, a line for each."""
    with path.open("a") as file:
        file.write(json.dumps(config.to_dict()) + "\n")


def noted_priority(path: Path, config: RunConfig) -> None:
    """Write down the process's own priority."""
    path.write_text(f"{os.getpriority(os.PRIO_PROCESS, 0)}\n")


def failing(config: RunConfig) -> None:
    """End before it is done."""
    raise SystemExit(3)
