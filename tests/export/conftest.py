"""Exported scripts that have run, in one process: to import TensorFlow takes as long as what one of them does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from vgdemo.config import RunConfig
from vgdemo.export import script

NAME, KEPT = "my-run", "what was there"
SHALLOW = RunConfig(num_hidden_layers=1, learning_rate=0.1, epochs=15, replicates=6)
REMEDIED = RunConfig(
    dataset="xor",
    n_samples=200,
    num_hidden_layers=2,
    activation="relu",
    kernel_initializer="lsuv",
    gain=1.5,
    normalization="batch",
    residual=True,
    optimizer="adam",
    weight_decay=0.1,
    gradient_clip="global_norm",
    clip_limit=0.5,
    epochs=3,
    replicates=4,
)
STACKED = RunConfig(
    network="lstm",
    n_samples=100,
    time_steps=6,
    noise=0.3,
    num_hidden_layers=2,
    units=3,
    recurrent_gain=1.5,
    optimizer="adam",
    learning_rate=0.05,
    gradient_clip="value",
    clip_limit=0.01,
    epochs=2,
    replicates=4,
)
RUN = """
import os, runpy, sys
from contextlib import redirect_stderr, redirect_stdout
for folder in sys.argv[1:]:
    os.chdir(folder)
    with open(f"{folder}.printed", "w") as printed, open(f"{folder}.progress", "w") as progress:
        with redirect_stdout(printed), redirect_stderr(progress):
            runpy.run_path("run.py", run_name="__main__")
"""


class Ran(NamedTuple):
    """What a script left behind, in its folder, on standard output and on standard error."""

    folder: Path
    printed: str
    progress: str


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Mapping[RunConfig, Ran]:
    """By the run; each in a folder where one of its files was before."""
    folders = {config: tmp_path_factory.mktemp("script") for config in (SHALLOW, REMEDIED, STACKED)}
    for config, folder in folders.items():
        (folder / "run.py").write_text(script(config, NAME), encoding="utf-8")
        (folder / f"{NAME}-curves.csv").write_text(KEPT)
    # Isolated from the project: neither the folder of the tests nor the installed package is on its path.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", RUN, *map(str, folders.values())]
    done = subprocess.run(command, cwd=folders[SHALLOW], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = {
        config: [Path(f"{folder}.{what}").read_text() for what in ("printed", "progress")]
        for config, folder in folders.items()
    }
    assert not any("UserWarning" in text for texts in (*said.values(), [done.stderr]) for text in texts)
    return {config: Ran(folder, *said[config]) for config, folder in folders.items()}
