"""What the README shows works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vgdemo

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.search(r"## From Python\n\n```python\n(.*?)```", README, re.DOTALL).group(1)  # type: ignore[union-attr]


def test_the_python_part_runs_and_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(CODE, "README.md", "exec"), {})
    learned, sentence, *keras_code, best = capsys.readouterr().out.splitlines()
    promised = re.findall(r"print\(.*?\)  # (.*)", CODE)
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
def test_every_public_name_stands_in_the_python_part(name: str) -> None:
    assert re.search(rf"vgdemo\.{name}\b", CODE)
