"""Which runs share a compiled program, and what needs another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine.twin import SMALL

SAME: list[dict[str, Any]] = [
    {"num_hidden_layers": 4},
    {"units": 9, "num_hidden_layers": 5},
    {"batch_size": 13},
    {"n_samples": 120},
    {"replicates": 7},
    {"activation": "mish"},
    {"optimizer": "adam", "gradient_clip": "global_norm"},
    {"learning_rate": 0.5, "momentum": 0.1, "epochs": 7, "dataset": "moons", "seed": 3, "weight_decay": 0.1},
]
# Compiles the program of each run that it is told of, and says when it has.
WARM_UP = """
import sys
from vgdemo import RunConfig
from vgdemo.engine import warm_up
for line in sys.stdin:
    warm_up(RunConfig.from_json(line))
    print(flush=True)
"""
FILES_OF_A_PROGRAM = 3  # As compiled, as traced, and the surface as traced.
BASE = SMALL.with_changes(num_hidden_layers=5, units=10, n_samples=200, replicates=8)


class Warm:
    """The process, with a folder of programs that is empty at first."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self._folder = folder / "vgdemo" / "programs"
        self._process = process

    def programs_after(self, **changes: Any) -> int:
        """How many files are kept once the program of such a run is compiled."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(BASE.with_changes(**changes).to_dict()), file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "\n"
        return len(list(self._folder.iterdir()))


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    folder = tmp_path_factory.mktemp("cache")
    command = (sys.executable, "-c", WARM_UP)
    inherited = {name: value for name, value in os.environ.items() if name != "TF_XLA_FLAGS"}  # This process's folder.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=inherited | {"XDG_CACHE_HOME": str(folder)},
    ) as process:
        yield Warm(folder, process)


def test_what_has_room_in_a_program_needs_no_other(warm: Warm) -> None:
    count = warm.programs_after()
    assert count == FILES_OF_A_PROGRAM
    assert [warm.programs_after(**changes) for changes in SAME] == [count] * len(SAME)
    assert warm.programs_after(num_hidden_layers=6) == count + FILES_OF_A_PROGRAM
