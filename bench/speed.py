"""Measure the budgets: python -m bench.speed, in about six minutes; other work on the machine spoils the results."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import dashboard, engine, monitor, visitors


def main() -> None:
    """Print all results, each as soon as it is known; nothing that was compiled or stored before counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        print(
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; median, then extremes"
        )
        section("Article's deep ReLU network, 500 epochs, 10 replicates", engine.fresh_processes())
        section("The same, against Keras", engine.against_keras())
        section("Cost of a run", engine.costs())
        section("The monitor, beside Keras's own training", monitor.costs())
        section("Through the queue", dashboard.clicks(folder / "queue"))
        section("Dashboard, empty store", dashboard.server(folder / "dashboard"))
        section("Dashboard, stored runs", visitors.crowd(folder / "queue"))


def section(title: str, lines: Iterable[object]) -> None:
    """Print a title, then each line when it comes."""
    print(f"\n{title}")
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
