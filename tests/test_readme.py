"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vgdemo

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_below(heading: str) -> str:
    return re.search(rf"## {heading}\n.*?```python\n(.*?)```", README, re.DOTALL).group(1)  # type: ignore[union-attr]


def run(code: str) -> list[str]:
    """What follows each `print(…)` in the code as a comment, which is what it prints; the code was run."""
    exec(compile(code, "README.md", "exec"), {})
    return re.findall(r"print\(.*?\)  # (.*)", code)


def test_the_keras_part_runs_and_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    promised = run(code_below("Your own Keras model"))
    sentence, keras_code, *_ = capsys.readouterr().out.splitlines()
    assert sentence.startswith(promised[0].removesuffix(" …"))
    assert keras_code.startswith(promised[1].removesuffix(", …"))
    assert {path.name for path in tmp_path.iterdir()} == {"gradients.html", "logs", "mine.zip"}


def test_the_python_part_runs_and_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VGDEMO_STORE", "runs")
    monkeypatch.delenv("VGDEMO_SCHEDULER", raising=False)
    promised = run(code_below("From Python"))
    learned, sentence, *keras_code, best = capsys.readouterr().out.splitlines()
    assert learned == promised[0]
    assert sentence.startswith(promised[1].removesuffix(" …"))
    assert keras_code[0].startswith(promised[2].partition(" …")[0])
    assert best == promised[3]
    assert {path.name for path in tmp_path.iterdir()} == {
        "gradients.html",
        "report.html",
        "train.py",
        "runs",
        "sigmoid.zip",
    }


@pytest.mark.parametrize("name", vgdemo.__all__)
def test_every_public_name_stands_in_the_code(name: str) -> None:
    assert re.search(rf"vgdemo\.{name}\b", code_below("From Python") + code_below("Your own Keras model"))
