"""Each promise of SECURITY.md is held by a test that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROMISES = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [row for row in PROMISES.splitlines() if re.match(r"\| (?!---|promise)", row)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_a_promise_names_tests_that_there_are(row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"


def test_there_are_promises() -> None:
    assert len(ROWS) > 10
