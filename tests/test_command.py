"""The command `vgdemo`, and what the wheel has for it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from vgdemo import command
from vgdemo.environment import LOGS
from vgdemo.ui.pages import PAGES, YOUR_MODEL

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int]]:
    """What is started in place of a server."""
    started: list[tuple[Path, int]] = []
    monkeypatch.setattr(command, "_serve", lambda page, port: started.append((page, port)))
    monkeypatch.setenv(LOGS, "")
    return started


def test_watch_starts_the_dashboard_on_a_folder_that_may_come_later(
    served: list[tuple[Path, int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["watch", str(tmp_path / "logs"), "--port", "8765"])
    assert served == [(ROOT / "app.py", 8765)]
    assert os.environ[LOGS] == str((tmp_path / "logs").resolve())
    assert "http://127.0.0.1:8765/Your_model" in capsys.readouterr().out
    assert (ROOT / PAGES[YOUR_MODEL]).name.removesuffix(".py").partition("_")[2] == "Your_model"


def test_watch_wants_a_folder(
    served: list[tuple[Path, int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        command.main(["watch", str(tmp_path / "file")])
    assert "Expected LOGDIR to be a folder" in capsys.readouterr().err and not served


def test_the_wheel_has_all_pages_and_settings_of_the_dashboard() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = told["tool"]["setuptools"]["data-files"]
    held = {
        f"{folder}/{path.name}"
        for folder, patterns in folders.items()
        for pattern in patterns
        for path in ROOT.glob(pattern)
    }
    assert held == {f"share/vgdemo/{path}" for path in (*PAGES.values(), ".streamlit/config.toml")}
    module, _, name = told["project"]["scripts"]["vgdemo"].partition(":")
    assert getattr(__import__(module, fromlist=[name]), name) is command.main


def test_every_file_that_the_package_reads_is_in_the_wheel() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    package = ROOT / "vgdemo"
    held = {path for pattern in told["tool"]["setuptools"]["package-data"]["vgdemo"] for path in package.glob(pattern)}
    there = {path for path in package.rglob("*.*") if path.suffix not in (".py", ".pyc", ".pyi") and path.is_file()}
    assert there <= held
