"""`vgdemo study definition.json`: a study in a terminal, such as that of a cluster's login node."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column

from vgdemo.environment import SCHEDULER
from vgdemo.export import study_table, to_csv, to_parquet
from vgdemo.jobs import SchedulerError, StudyProgress, StudyState, followed, studies_of
from vgdemo.store import RunStore, StoreError
from vgdemo.study import Grid, Study
from vgdemo.wording import counted, time_left

FAILED, MISUSED, INTERRUPTED = 1, 2, 130  # Exit codes; the last one is that of a shell for Ctrl-C.
MOST_REASONS = 5  # Of runs that failed.
WRITERS = {".csv": to_csv, ".parquet": to_parquet}  # By the file's suffix.


def add_arguments(parser: ArgumentParser) -> None:
    """What one may ask of it."""
    parser.add_argument("definition", type=Path, help='JSON such as {"base": {"units": 8}, "grid": {"gain": [1, 2]}}')
    parser.add_argument("--scheduler", help="address of the Dask scheduler that trains; VGDEMO_SCHEDULER if not said")
    parser.add_argument("--store", help="folder or URL where runs are kept; VGDEMO_STORE if it is not said")
    parser.add_argument("--output", type=Path, help="table of all replicates, as .csv or .parquet")


def run(asked: Namespace) -> int:
    """Train what the store lacks, and write the table; the exit code, 0 if every run is there."""
    try:
        grid, store = _definition(asked.definition), RunStore(asked.store)
        _check_output(asked.output)
    except (ValueError, StoreError) as error:
        return _refuse(str(error), MISUSED)
    try:
        with studies_of(store, asked.scheduler or os.environ.get(SCHEDULER)) as studies, _Bar(grid) as bar:
            for progress in followed(studies, grid):
                bar.show(progress)
            study = studies.results(grid)
    except (SchedulerError, StoreError, TimeoutError) as error:
        return _refuse(str(error), FAILED)
    except KeyboardInterrupt:
        return _refuse(
            "Interrupted. What was trained is kept: the same command goes on where this one was.", INTERRUPTED
        )
    return _report(study, asked.output)


def _definition(path: Path) -> Grid:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"Expected the file of a study's definition. Received: {error}") from error
    return Grid.from_json(text)


def _check_output(path: Path | None) -> None:
    if path is not None and (path.suffix not in WRITERS or not path.parent.is_dir()):
        names = " or ".join(WRITERS)
        raise ValueError(f"Expected --output to be a file {names} in a folder that exists. Received: {path}")


def _refuse(sentence: str, code: int) -> int:
    print(f"vgdemo study: {sentence}", file=sys.stderr)
    return code


def _report(study: Study, output: Path | None) -> int:
    if output is not None:
        output.write_bytes(WRITERS[output.suffix](study_table(study)))
        print(f"{counted(len(study), 'run')} in {output}")
    for config, reason in [*study.failed.items()][:MOST_REASONS]:
        print(f"Failed: {config.sentence}: {reason}", file=sys.stderr)
    if study.missing:
        return _refuse(f"{len(study.missing)} of {counted(len(study.grid.configs), 'run')} failed.", FAILED)
    return 0


class _Bar:
    """Runs done of all, how fast they come, and how long the others will take."""

    def __init__(self, grid: Grid) -> None:
        columns: tuple[ProgressColumn, ...] = (
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} runs"),
            TextColumn("{task.description}", table_column=Column(ratio=1)),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), expand=True)
        self._task: TaskID = self._progress.add_task("", total=len(grid.configs))

    def __enter__(self) -> _Bar:
        """Show it."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it as it is."""
        self._progress.stop()

    def show(self, progress: StudyProgress) -> None:
        """Show where a study stands."""
        self._progress.update(self._task, completed=progress.done, description=in_words(progress))


def in_words(progress: StudyProgress) -> str:
    """What there is to say of a study beside its runs, in one line."""
    parts = [
        f"{progress.rate:.3g} a minute" if progress.rate else "",
        time_left(progress.seconds_left) if progress.seconds_left else "",
        f"{len(progress.failed)} failed" if progress.failed else "",
        f"{counted(progress.deaths, 'worker')} died" if progress.deaths else "",
        progress.trouble,
    ]
    return " · ".join(filter(None, parts)) or ("complete" if progress.state is StudyState.COMPLETE else "begins")
