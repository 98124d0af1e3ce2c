"""Each script in examples/ prints what its text says."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]\d+)?")
FACTOR = 2  # Between machines, whose sums are rounded differently and whose numbers are told with one digit.


def told(text: str) -> list[str]:
    """The indented lines of a module's docstring."""
    return [line.strip() for line in (ast.get_docstring(ast.parse(text)) or "").splitlines() if line.startswith("    ")]


def is_said(promise: str, line: str) -> bool:
    """Whether the line has the words of the promise, where "…" is any, and about its numbers."""
    pattern = f"({NUMBER.pattern})".join(map(re.escape, NUMBER.split(promise))).replace("…", ".*")
    found = re.fullmatch(pattern, line)
    promised, printed = np.array(NUMBER.findall(promise), float), np.array(found.groups() if found else (), float)
    return bool(found and np.all((promised <= FACTOR * printed) & (printed <= FACTOR * promised)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_its_text_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if path.stem.startswith("pytorch"):
        pytest.importorskip("torch", reason="PyTorch is not installed; `pip install torch` runs this example.")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    printed, promised = capsys.readouterr().out.splitlines(), told(path.read_text(encoding="utf-8"))
    assert len(promised) > 0
    assert all(map(is_said, promised, printed)) and len(printed) == len(promised), f"{promised}\n{printed}"
    assert list((tmp_path / "logs" / path.stem).rglob("run.json"))
