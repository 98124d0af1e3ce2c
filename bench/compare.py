"""Two commits measured in one run: python -m bench.compare BASE [part…] takes turns between BASE and what is here.

Both are measured by what is in `bench/` and `tests/` here, so that only the project itself differs.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.speed import RESULTS

TURNS = 2  # Of each commit.
PARTS = ("engine",)  # Without any that are named.
Line = tuple[str, str]  # What is measured, and its unit.
Values = dict[Line, list[float]]


def main() -> None:
    """Print the lines that both have: medians, extremes and how many times the base's median is now."""
    base, *parts = sys.argv[1:]
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder, "base")
        subprocess.run(["git", "worktree", "add", "--detach", str(there), base], check=True, capture_output=True)
        try:
            for name in ("bench", "tests"):
                shutil.copytree(here / name, there / name, dirs_exist_ok=True)
            before, now = _in_turns((there, here), parts or PARTS)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(there)], check=True)
    for line in table(before, now):
        print(line)


def _in_turns(trees: Sequence[Path], parts: Sequence[str]) -> list[Values]:
    """All values of each tree."""
    found: list[Values] = [defaultdict(list) for _ in trees]
    for _ in range(TURNS):
        for tree, values in zip(trees, found, strict=True):
            subprocess.run([sys.executable, "-m", "bench.speed", *parts], cwd=tree, check=True)
            for result in json.loads((tree / RESULTS).read_text(encoding="utf-8")):
                values[result["what"].strip(), result["unit"]] += result["values"]
    return found


def table(before: Values, now: Values) -> Iterator[str]:
    """A line for whatever was measured of both."""
    for what, unit in before:
        old, new = before[what, unit], now.get((what, unit))
        if new:
            ratio = statistics.median(new) / statistics.median(old)
            yield f"{what}: {_spread(old)} before, {_spread(new)} now, {unit}; {ratio:.3g} times"


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


if __name__ == "__main__":
    main()
