"""Training for whoever asks from Python: in a process beside theirs, which another one replaces when it has grown.

So nobody's own process keeps what TensorFlow has compiled.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, cast

from vgdemo.config import RunConfig
from vgdemo.environment import PYTHON_PATH
from vgdemo.memory import has_grown, trim
from vgdemo.record import RunRecord

COMMAND = [sys.executable, "-P", "-m", "vgdemo.engine"]
MOST_BYTES = 900_000_000  # Between two runs; to compile one takes some hundred megabytes more for a while.


def train(
    config: RunConfig,
    *,
    on_chunk: Callable[[RunRecord], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RunRecord:
    """Train all replicates of a run and measure them at every epoch.

    It is trained in a process that stays for the next run. Safe to use from any thread: runs of several threads are
    trained side by side.

    Args:
        config: The settings.
        on_chunk: Gets each chunk of epochs as a record of its own, as soon as it is measured.
        should_stop: Asked after each chunk; True ends the run.

    Returns:
        What was measured; its status is stopped if not all epochs were trained. A run that diverges is trained and
        recorded to its end, NaN and infinities included.

    Raises:
        RuntimeError: If TensorFlow fails, or its process ends.

    Example:
        >>> record = train(RunConfig(num_hidden_layers=2, epochs=2, replicates=1))
        >>> record.epochs.tolist()  # 0 is before any update.
        [0, 1, 2]
        >>> record.panel_of("gradient_rms").labels
        ('1', '2', 'output')
        >>> record.values("gradient_rms").shape  # Epochs, replicates, layers.
        (3, 1, 3)
    """
    process = _process()
    try:
        record = gathered(process.chunks(config), on_chunk, should_stop)
        end = process.stop()
    except BaseException:  # Ctrl-C too: it may be in the middle of anything.
        process.close()
        raise
    if end.has_grown:
        process.close()
    else:
        _resting[os.getpid()].append(process)
    return record


def _process() -> TrainingProcess:
    """One that rests, or a new one."""
    with suppress(IndexError):
        while True:
            process = _resting[os.getpid()].pop()
            if process.is_alive:
                return process
            process.close()
    return TrainingProcess()


def gathered(
    chunks: Iterable[RunRecord],
    on_chunk: Callable[[RunRecord], None] | None,
    should_stop: Callable[[], bool] | None,
) -> RunRecord:
    """One record of all chunks up to the one after which it should stop; each is handed on as it comes."""
    taken = []
    for chunk in chunks:
        taken.append(chunk)
        if on_chunk:
            on_chunk(chunk)
        if should_stop and should_stop():
            break
    return RunRecord.joined(taken)


@dataclass(frozen=True)
class End:
    """What the process says when it is done with a run.

    Attributes:
        reason: Why training failed, if it did.
        has_grown: Whether another process is to train the next run.
    """

    reason: str | None
    has_grown: bool


def serve(chunks: Callable[[RunConfig], Iterable[RunRecord]]) -> None:
    """What the process does: train what it reads of on its standard input, until nobody asks any more.

    Args:
        chunks: Trains a run, a chunk at a time.
    """
    with suppress(EOFError, BrokenPipeError), os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # What a library prints is no answer.
        while True:
            reason = _serve(chunks, pickle.load(sys.stdin.buffer), answers)
            trim()
            _tell(End(reason, has_grown(MOST_BYTES)), answers)


def _serve(chunks: Callable[[RunConfig], Iterable[RunRecord]], config: RunConfig, answers: IO[bytes]) -> str | None:
    """Train a run as long as it is wanted; why that failed, if it did."""
    try:
        for chunk in chunks(config):
            _tell(chunk, answers)
            if not pickle.load(sys.stdin.buffer):
                break
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _tell(message: RunConfig | bool | RunRecord | End, listener: IO[bytes]) -> None:
    pickle.dump(message, listener, pickle.HIGHEST_PROTOCOL)
    listener.flush()


class TrainingProcess:
    """A process that trains one run after the other; after each chunk it waits to be told whether to go on."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": PYTHON_PATH},
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one.
        )
        self._end: End | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it can train."""
        return self._process.poll() is None

    def chunks(self, config: RunConfig) -> Iterator[RunRecord]:
        """Train a run, a chunk at a time; whoever does not take them all stops it.

        Raises:
            RuntimeError: If training fails, or the process ends.
        """
        self._end = None
        answer = self._answer(config)
        while isinstance(answer, RunRecord):
            yield answer
            answer = self._answer(True)
        self._end = answer
        if answer.reason:
            raise RuntimeError(f"Training failed at {config.sentence}: {answer.reason}")

    def stop(self) -> End:
        """Have it train no more of the run, if that has not come to its end."""
        if self._end is None:
            self._end = self._answer(False)
        return self._end

    def close(self) -> None:
        """End it, whatever it is at."""
        with suppress(BrokenPipeError), self._process:
            self._process.kill()

    def _answer(self, message: RunConfig | bool) -> Any:
        requests, answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        try:
            _tell(message, requests)
            return pickle.load(answers)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise RuntimeError("Expected a chunk of epochs. Received: the end of the process that trains.") from error


_resting: defaultdict[int, list[TrainingProcess]] = defaultdict(list)  # By the process that may use them: it may fork.


@atexit.register
def _close_all() -> None:
    for process in _resting[os.getpid()]:
        process.close()
