"""Measure the budgets: python -m bench.speed, in about 35 minutes; other work on the machine spoils the results.

`python -m bench.speed engine lab` measures these parts alone.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from bench.result import Result

RESULTS = Path("bench-results.json")
LOG = Path("bench.log")


class Part(NamedTuple):
    """Something to measure.

    Attributes:
        title: What stands above its lines.
        module: Of this package.
        function: Gives the results.
        minutes: About how long it takes.
        has_store: Whether the function takes a folder to keep runs in.
    """

    title: str
    module: str
    function: str
    minutes: float
    has_store: bool = False


PARTS = {
    "engine": Part("Article's deep ReLU network, compiled, 500 epochs", "engine", "against_c", 0.5),
    "keras": Part("The same, against Keras", "engine", "against_keras", 1),
    "fresh": Part("The same, 10 replicates, in a new process", "engine", "fresh_processes", 0.5),
    "costs": Part("Cost of a run", "engine", "costs", 1),
    "recurrent": Part("Recurrent networks, default runs of 100 time steps", "recurrent", "costs", 4),
    "monitor": Part("The monitor, beside Keras's own training", "monitor", "costs", 1),
    "start": Part("Dashboard, first visit", "dashboard", "first_visits", 1, True),
    "lab": Part("Lab, in a browser", "lab", "controls", 8, True),
    "compare": Part("Compare, in a browser", "dashboard", "comparisons", 1, True),
    "queue": Part("Through the queue", "dashboard", "clicks", 1, True),
    "studies": Part("A study of depth, two workers and one", "studies", "studies", 5, True),
    "memory": Part("A study of 1,000 small runs", "studies", "memory", 3, True),
    "workers": Part("A study on many workers that only sleep", "studies", "many_workers", 1, True),
    "networks": Part("Dashboard, 200 different runs and 300 visits, and twice that", "memory", "networks", 35, True),
    "loop": Part("vgdemo.train over 200 different networks", "memory", "loop", 12),
    "endurance": Part("Dashboard, 500 runs and 1,000 visits", "visitors", "endurance", 9, True),
    "people": Part("Dashboard, many people at stored runs", "visitors", "crowds", 8, True),
    "starters": Part("Dashboard, many people who start runs at once", "visitors", "starters", 2, True),
}


def main() -> None:
    """Print all results, each as soon as it is known, and keep them; nothing compiled or stored before counts."""
    chosen = sys.argv[1:] or [*PARTS]
    _keep_quiet()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; median, then extremes")
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            os.environ["XDG_CACHE_HOME"] = f"{folder}/{name}/cache"
            for result in _measured(PARTS[name], Path(folder, name, "store")):
                results.append({"part": name, **result.to_dict()})
                RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _measured(part: Part, store: Path) -> Iterable[Result]:
    """Print the title, then each line when it comes."""
    print(f"\n{part.title} (about {part.minutes:g} min)")
    measure = getattr(import_module(f"bench.{part.module}"), part.function)  # TensorFlow writes when it is imported.
    for result in measure(store) if part.has_store else measure():
        print(result, flush=True)
        yield result


def _keep_quiet() -> None:
    """Let what libraries and other processes write go to a file; what is printed here stays on the screen."""
    sys.stdout, sys.stderr = (
        os.fdopen(os.dup(stream.fileno()), "w", buffering=1, encoding="utf-8") for stream in (sys.stdout, sys.stderr)
    )
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)


if __name__ == "__main__":
    main()
