"""Stores that are empty."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from vgdemo.store import RunStore


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs") if request.param == "local" else f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def local(tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs"))
