"""A study without the dashboard: from Python, and for the command `vgdemo study`."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.environment import SCHEDULER
from vgdemo.jobs.executor import TRAINER, Executor
from vgdemo.jobs.studies import Studies
from vgdemo.jobs.tracked_study import StudyProgress, StudyState
from vgdemo.store import RunStore
from vgdemo.study import Grid, Study
from vgdemo.summary import Summary

LOOK_SECONDS = 0.1  # Between two looks at what has come.
PATIENCE = 600.0  # Seconds for which nothing may come of a study that is in trouble.

_log = logging.getLogger(__name__)


def run_study(
    base: RunConfig,
    grid: Mapping[str, str | Iterable[Any]],
    *,
    on_result: Callable[[RunConfig, Summary], None] | None = None,
) -> Study:
    """Train all runs of a study that the store lacks, and say how each run ends.

    The store is `RunStore()`, so the dashboard's or that of `VGDEMO_STORE`, and whatever comes is kept there: a study
    that was interrupted, by Ctrl-C too, goes on where it was. The Dask cluster of `VGDEMO_SCHEDULER` trains, or one
    process for each core of this machine. While a cluster that was found, or the store, cannot be used, it waits, says
    so in the log and goes on by itself.

    Args:
        base: The settings that all runs share.
        grid: One or two axes: names of settings, several of them parted by blanks, to lists of values or to text such
            as "1..30", see `vgdemo.study.Axis`.
        on_result: Called in this thread with each run and how it ends, once, as they come; those of the store first.

    Returns:
        How each run ends; `failed` says of those that are missing why they cannot be trained.

    Raises:
        ValueError: If there is no such grid; the sentence names what is wrong, and nothing is trained.
        SchedulerError: If there is no cluster to train on.
        StoreError: If the store cannot be read.
        TimeoutError: If nothing has come for ten minutes because of trouble with the cluster or the store.

    Example:
        >>> run_study(RunConfig(), {"units": [5, 10, 500]})  # It is no study, so nothing is trained.
        Traceback (most recent call last):
        ValueError: Expected values of `units` to be a whole number between 1 and 256. Received: units=500
    """
    told: set[RunConfig] = set()

    def tell(study: Study) -> None:
        for config in [config for config in study if config not in told]:
            told.add(config)
            if on_result is not None:
                on_result(config, study[config])

    study = Grid.of(base, grid)
    with studies_of(RunStore(), os.environ.get(SCHEDULER)) as studies:
        for _ in followed(studies, study):
            tell(studies.results(study))
        return studies.results(study)


def followed(studies: Studies, grid: Grid) -> Iterator[StudyProgress]:
    """Start a study; where it stands, whenever there is something new, until it is over.

    Raises:
        TimeoutError: If nothing has come for ten minutes because of trouble.
    """
    studies.start(grid)
    version, trouble, since = -1, "", time.monotonic()
    while True:
        progress = studies.look(grid)
        if progress.trouble != trouble:
            trouble, since = progress.trouble, time.monotonic()
            if trouble:
                _log.warning("%s", trouble)
        if trouble and time.monotonic() - since > PATIENCE:
            raise TimeoutError(f"Expected the study to go on within {PATIENCE:.0f} s. Received: {trouble}")
        if progress.version != version:
            version = progress.version
            yield progress
        if progress.state is not StudyState.RUNNING:
            return
        time.sleep(LOOK_SECONDS)


@contextmanager
def studies_of(store: RunStore, scheduler: str | None, *, trainer: str = TRAINER) -> Iterator[Studies]:
    """Studies with workers of their own, or those of a scheduler, as long as the block lasts.

    Args:
        store: Where runs are found and kept.
        scheduler: The address of a Dask scheduler; without one, this machine trains.
        trainer: Where the workers find `train`, as "module:name".

    Raises:
        SchedulerError: If there is no cluster to train on.
    """
    alone = _Alone()
    with closing(Executor(scheduler, trainer, store, alone, warms_up=False)) as executor:
        executor.start()
        executor.wait()
        with closing(Studies(alone, executor, store)) as studies:
            alone.studies = studies
            yield studies


class _Alone:
    """Nobody watches a run; studies hear of the workers."""

    studies: Studies | None = None

    def progress(self, run_key: str) -> None:
        """Nobody waits for it."""

    def hear_worker(self) -> None:
        """Nothing: only workers that warm up say so."""

    def hear_workers(self) -> None:
        """Tell the studies."""
        if self.studies is not None:
            self.studies.hear_workers()

    def hear_start(self, run_key: str) -> None:
        """Nothing: it is somebody else's run."""

    def hear_chunk(self, run_key: str, chunk: Mapping[str, bytes]) -> None:
        """Nothing: it is somebody else's run."""

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        """Tell the studies."""
        if self.studies is not None:
            self.studies.hear_deaths(run_keys)

    def hear_trouble(self, trouble: Sequence[str], silent: Mapping[str, str]) -> None:
        """Tell the log, for nobody watches."""
        for sentence in dict.fromkeys((*trouble, *silent.values())):
            _log.warning("%s", sentence)
