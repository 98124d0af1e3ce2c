"""What a worker process does: warm up, train, tell the web processes of it, keep the run.

The web process imports this module too; only the workers call the trainer, so only they import TensorFlow.
"""

from __future__ import annotations

import logging
import math
import os
import pkgutil
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from distributed import Reschedule, Worker, WorkerPlugin, get_worker, secede
from distributed.comm.core import CommClosedError

from vgdemo.config import ENGINE_VERSION, RunConfig
from vgdemo.jobs.renewal import has_grown
from vgdemo.jobs.turns import Rank, Turns
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore, StoreError
from vgdemo.summary import Summary, summarize
from vgdemo.tour import OPENING

TOPIC = "vgdemo"  # Dask keeps a list of events for each topic for ever, hence one for all runs.
WARM_UP = OPENING[0].with_changes(epochs=1)  # The network that a person sees first.
MESSAGE_INTERVAL = 0.3  # Seconds, about as often as a page looks; encoding many small chunks would slow the run.

OTHER_ENGINE = (
    "Expected a worker with vgdemo's engine {asked}, as this server has it. Received: engine {own}. "
    "Install the same vgdemo where the worker runs, and start it again."
)

NICENESS = {Rank.TRIAL: 19, Rank.STUDY: 10}

_log = logging.getLogger(__name__)
_turns = Turns()  # Of this process.


def is_news(message: logging.LogRecord) -> bool:
    """Whether what Dask logs of a worker is more than that it closes: a heartbeat just then ends in a traceback."""
    return not (message.exc_info and isinstance(message.exc_info[1], CommClosedError))


logging.getLogger("distributed.worker").addFilter(is_news)


@dataclass(frozen=True)
class Outcome:
    """What a worker hands back, in bytes and words: an exception of TensorFlow would import it where it is read.

    Attributes:
        reason: Why training failed, if it did.
        notice: Why the store does not hold the run, if it does not.
        record: Then, of a run that is watched, the record as a message.
        summary: How a run ends that is not watched.
        is_lost: Whether it failed because the cluster was lost, and may be sent again.
        has_grown: Whether its worker is to be left alone until it is replaced.
    """

    reason: str | None = None
    notice: str | None = None
    record: Mapping[str, bytes] = field(default_factory=dict)
    summary: Summary | None = None
    is_lost: bool = False
    has_grown: bool = False


class WarmUp(WorkerPlugin):
    """Import the trainer and compile the first network in each worker that starts, the restarted ones too.

    It takes the worker's only thread, so runs that arrive meanwhile wait for it instead of compiling beside it.
    """

    name = "vgdemo-warm-up"
    idempotent = True

    def __init__(self, trainer: str) -> None:
        self._trainer = trainer  # Its name: the web process must not import it.

    def setup(self, worker: Worker) -> None:
        """Start without waiting."""
        worker.executors["default"].submit(self._warm_up, worker)

    def _warm_up(self, worker: Worker) -> None:
        try:
            pkgutil.resolve_name(self._trainer)(WARM_UP)
        except Exception:
            _log.exception("The first network did not train while the worker started; runs are tried all the same.")
        worker.log_event(TOPIC, {})


def _let_others_go_first(niceness: int) -> None:
    """Have the processor work for this thread only where no other wants it: pages and people's runs are others."""
    if sys.platform == "linux":  # Elsewhere a priority is a whole process's.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def prepare(config: RunConfig) -> None:
    """Have the program of a run at hand in this worker, compiled or loaded."""
    pkgutil.resolve_name("vgdemo.engine:warm_up")(config)


@dataclass(frozen=True)
class Measured:
    """What a run has taken, so that it can be told what one of more epochs takes.

    Attributes:
        config: The run.
        compiling: Seconds until its program was at hand.
        beside: Seconds that do not depend on how many epochs there are.
        epoch: Seconds of an epoch.
        num_bytes: Size of what does not depend on the epochs, in a store.
        epoch_bytes: Size of what is kept of an epoch.
    """

    config: RunConfig
    compiling: float
    beside: float
    epoch: float
    num_bytes: float
    epoch_bytes: float


def measure(trainer: str, config: RunConfig) -> Measured | None:
    """Train a run to see what that takes, and keep nothing; None if it fails.

    What comes in the second half of the epochs is of them alone; the first ones have decision surfaces, and a start.
    """
    chunks: list[RunRecord] = []
    seen = [time.monotonic()]

    def note(chunk: RunRecord) -> None:
        chunks.append(chunk)
        seen.append(time.monotonic())

    try:
        record: RunRecord = pkgutil.resolve_name(trainer)(config, on_chunk=note)
    except Exception:
        _log.exception("Training failed: %s", config.sentence)
        return None
    half = next(place for place, chunk in enumerate(chunks, 1) if 2 * int(chunk.epochs[-1]) >= config.epochs)
    more = config.epochs - int(chunks[half - 1].epochs[-1])
    whole, first = _size(record), _size(RunRecord.joined(chunks[:half]))
    compiling, seconds = record.seconds.get("compile", 0.0), seen[-1] - seen[0]
    epoch = (seen[-1] - seen[half]) / more if more else (seconds - compiling) / config.epochs
    epoch_bytes = (whole - first) / more if more else whole / config.epochs
    beside = max(0.0, seconds - compiling - epoch * config.epochs)
    return Measured(config, compiling, beside, epoch, max(0.0, whole - epoch_bytes * config.epochs), epoch_bytes)


def _size(record: RunRecord) -> int:
    return sum(map(len, record.to_files().values()))


def train_and_keep(
    trainer: str,
    config: RunConfig,
    store: RunStore,
    rank: Rank,
    engine: int,
    visitor: str = "",
    *,
    is_watched: bool = True,
) -> Outcome:
    """Train in this worker, tell of the chunks, keep the record in the store.

    A run that no person waits for leaves the worker's place to whoever comes next, and pauses while one of a higher
    rank is at work here. So a person never waits for a study, nor anybody for a trial, and what was trained of them is
    not lost. A run that is not watched tells of its end alone, and what the store holds by now is not trained again;
    it waits until those before it are trained, and trains while they are being kept.

    Dask itself carries the wish to stop: it marks the task as cancelled when no client wants it any more. A client may
    change its mind before the worker has noticed, hence `Reschedule`: Dask then drops the task or starts it again.

    Whoever asks says the version of their `engine`: the numbers of another one are kept under none of their keys.
    """
    if engine != ENGINE_VERSION:
        return Outcome(reason=OTHER_ENGINE.format(asked=engine, own=ENGINE_VERSION), is_lost=True)
    if not is_watched and (stored := _stored(store, config.run_key)) is not None:
        return stored
    if rank < Rank.PERSON:
        secede()  # To a thread of its own, which ends with the run.
        _let_others_go_first(NICENESS[rank])
    with _turns.taken(rank, math.inf if is_watched else get_worker().state.nthreads):
        record = _train(trainer, config, rank, is_watched)
    if isinstance(record, Outcome):
        return record
    if record.status is RunStatus.STOPPED:
        raise Reschedule
    if is_watched:
        return _keep(store, record, visitor)
    return replace(_sum_up(store, record, visitor), has_grown=has_grown(get_worker()))


def _stored(store: RunStore, run_key: str) -> Outcome | None:
    """How a stored run ends; one of before its replicates were summed up one by one is read, and noted anew.

    None of a run that cannot be read: it is trained, and whether it can be kept then shows.
    """
    stored = store.look_up(run_key)
    if stored is not None and stored.summary.ends:
        return Outcome(summary=stored.summary)
    try:
        record = None if stored is None else store.get(run_key)
    except StoreError:
        return None
    return None if record is None else _sum_up(store, record)


def _train(trainer: str, config: RunConfig, rank: Rank, is_watched: bool) -> RunRecord | Outcome:
    """The record, or why there is none. Before every chunk the run waits for its turn."""
    worker = get_worker()
    key = str(worker.get_current_task())
    messenger = Messenger(worker, config.run_key) if is_watched else None

    def hand_on(chunk: RunRecord) -> None:
        if messenger is not None:
            messenger.add(chunk)
        _turns.wait(rank)

    try:
        _turns.wait(rank)
        record: RunRecord = pkgutil.resolve_name(trainer)(
            config, on_chunk=hand_on, should_stop=lambda: worker.state.tasks[key].state == "cancelled"
        )
    except Exception as error:
        _log.exception("Training failed: %s", config.sentence)
        return Outcome(reason=f"{type(error).__name__}: {error}")
    if messenger is not None and record.status is not RunStatus.STOPPED:
        messenger.send()
    return record


def _keep(store: RunStore, record: RunRecord, visitor: str) -> Outcome:
    try:
        store.keep(record, visitor)
    except StoreError as error:
        return Outcome(notice=f"The run is not kept. {error}", record=record.to_message())
    return Outcome()


def _sum_up(store: RunStore, record: RunRecord, visitor: str = "") -> Outcome:
    """Keep a run that nobody watches, and say in a few numbers how it ends."""
    try:
        return Outcome(summary=store.keep(record, visitor).summary)
    except StoreError as error:
        return Outcome(notice=f"The run is not kept. {error}", summary=summarize(record))


class Messenger:
    """Tells the web processes of a run: that it begins, then its chunks, joined to one message for each interval."""

    def __init__(self, worker: Worker, run_key: str) -> None:
        self._worker = worker
        self._run_key = run_key
        self._chunks: list[RunRecord] = []
        self._sent = -math.inf
        worker.log_event(TOPIC, {"run_key": run_key})

    def add(self, chunk: RunRecord) -> None:
        """Send the chunk, now or with the next ones; the first curve, epochs 0 and 1, waits for nothing."""
        self._chunks.append(chunk)
        if chunk.epochs[0] <= 1 or time.monotonic() - self._sent >= MESSAGE_INTERVAL:
            self.send()

    def send(self) -> None:
        """Send what waits."""
        if self._chunks:
            chunk = RunRecord.joined(self._chunks)
            self._worker.log_event(TOPIC, {"run_key": self._run_key, "chunk": chunk.to_message()})
            self._chunks.clear()
            self._sent = time.monotonic()
