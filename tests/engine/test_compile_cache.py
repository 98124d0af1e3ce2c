from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from engine.twin import SMALL

from vgdemo.engine import compile_cache, train
from vgdemo.record import RunRecord

ROOT = Path(__file__).resolve().parents[2]
TRAIN = """
import sys
from vgdemo import RunConfig
from vgdemo.engine import train
train(RunConfig.from_json(sys.argv[1])).save(sys.argv[2])
"""


class Machine:
    """A folder of kept programs, and processes that train there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def programs(self) -> list[Path]:
        return sorted((self.folder / "vgdemo" / "programs").glob("*"))

    def train(self) -> str:
        """Train in a process of its own; the digest of all numbers of the record."""
        path = self.folder / "record.zip"
        environment = os.environ | {"XDG_CACHE_HOME": str(self.folder)}
        for name in ("XLA_FLAGS", "TF_XLA_FLAGS"):
            environment.pop(name, None)
        command = [sys.executable, "-W", "error::RuntimeWarning", "-c", TRAIN, SMALL.to_json(), str(path)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return numbers_of(RunRecord.load(path))


def numbers_of(record: RunRecord) -> str:
    """A digest of all that was measured."""
    tables = [content for name, content in sorted(record.to_files().items()) if name.endswith(".parquet")]
    assert len(tables) == 5  # Curves, surface and three panels.
    return hashlib.sha256(b"".join(tables)).hexdigest()


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kept programs of three ages, in a process that has not looked at them yet."""
    monkeypatch.setattr(compile_cache, "FOLDER", tmp_path)
    compile_cache.forget_old_programs.cache_clear()
    for age, name in enumerate(["new", "middle", "old"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    return tmp_path


def test_every_process_measures_the_same_bits_and_heals_damaged_programs(tmp_path: Path) -> None:
    """One story, since each process takes seconds to start: compile, load what was kept, find it damaged."""
    machine = Machine(tmp_path)
    first = machine.train()
    kept = {path: path.read_bytes() for path in machine.programs}
    assert kept
    assert first == numbers_of(train(SMALL))  # In this process, with programs from wherever they were kept before.

    assert machine.train() == first
    assert {path: path.read_bytes() for path in machine.programs} == kept

    for path in kept:
        path.write_bytes(b"not a program")
    assert machine.train() == first
    assert all(path.read_bytes() != b"not a program" for path in machine.programs)


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(compile_cache, "FOLDER", tmp_path / "file" / "programs")
    assert compile_cache.tensorflow_flags() == ""
    compile_cache.forget(limit=0)


def test_the_oldest_programs_are_forgotten(folder: Path) -> None:
    compile_cache.forget(limit=2)
    assert files_in(folder) == {"new", "middle"}


def test_a_process_keeps_the_folder_within_its_limit_when_it_first_trains(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when it imports the engine, and not at every run."""
    monkeypatch.setattr(compile_cache, "LIMIT", 1)
    train(SMALL.with_changes(epochs=1))
    assert files_in(folder) == {"new"}
    (folder / "another").touch()
    train(SMALL.with_changes(epochs=1))
    assert files_in(folder) == {"new", "another"}
