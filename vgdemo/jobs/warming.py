"""Programs that the next change of a run may need, compiled while nobody needs the machine."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Sequence

from dask.system import CPU_COUNT

from vgdemo.config import RunConfig
from vgdemo.nursery import WORKER_ENVIRONMENT
from vgdemo.room import neighbours, program_key
from vgdemo.tour import OPENING

COMMAND = (sys.executable, "-m", "vgdemo.engine.warm")
QUIET_SECONDS = 3  # Whoever looks at another run sooner is still choosing.
PAUSE_SECONDS = 1  # Between two looks whether the machine is at rest.
PROGRAMS_OF_A_PROCESS = 20  # Each takes about 40 MB of it, which it gives back when it ends.

_log = logging.getLogger(__name__)


class Warming:
    """Compiles the neighbours of the run that was looked at last, one after the other, while the machine is at rest.

    A process of the lowest priority does it: the programs stay on disk, where the workers find them, and its memory is
    given back when it ends. So a person waits for none of it, and nothing is begun while somebody trains. Before that,
    all workers get the program of the run itself, for any of them may take the next run.

    Args:
        is_idle: Whether nobody trains anything.
        prepare: Has the program of a run at hand in every worker.
        command: The process, as `vgdemo.engine.warm` is one.
    """

    def __init__(
        self, is_idle: Callable[[], bool], prepare: Callable[[RunConfig], None], command: Sequence[str] = COMMAND
    ) -> None:
        self._is_idle = is_idle
        self._prepare = prepare
        self._command = command
        self._changed = threading.Condition()
        self._view = OPENING[0]
        self._looked_at = time.monotonic()
        self._compiled: set[Hashable] = set()
        self._at_hand: set[Hashable] = set()
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="vgdemo-warming", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def look(self, config: RunConfig) -> None:
        """Somebody looks at this run."""
        with self._changed:
            self._view = config
            self._looked_at = time.monotonic()
            self._compiled.add(program_key(config))
            self._changed.notify()

    def close(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._is_open = False
            self._changed.notify()

    def _work(self) -> None:
        try:
            while self._wait():
                self._have_view_at_hand()
                self._compile_some()
        except OSError as error:
            _log.warning("Programs are no longer compiled before they are needed: %s", error)

    def _wait(self) -> bool:
        """Return once there is something to compile and the machine is at rest; False if this is closed."""
        with self._changed:
            while self._is_open and not self._is_time():
                self._changed.wait(PAUSE_SECONDS if self._has_work() else None)
            return self._is_open

    def _is_time(self) -> bool:
        return self._has_work() and self._is_at_rest()

    def _has_work(self) -> bool:
        return program_key(self._view) not in self._at_hand or self._next() is not None

    def _is_at_rest(self) -> bool:
        since = time.monotonic() - self._looked_at
        return since > QUIET_SECONDS and self._is_idle() and os.getloadavg()[0] <= CPU_COUNT

    def _next(self) -> RunConfig | None:
        """The likeliest neighbour whose program was not compiled yet."""
        return next((run for run in neighbours(self._view) if program_key(run) not in self._compiled), None)

    def _have_view_at_hand(self) -> None:
        view = self._view
        if program_key(view) not in self._at_hand:
            self._at_hand.add(program_key(view))
            self._prepare(view)

    def _compile_some(self) -> None:
        """Compile as many as one process may, while it is the time for it."""
        if self._next() is None:
            return
        began, count = time.monotonic(), 0
        with _process(self._command) as process:
            while count < PROGRAMS_OF_A_PROCESS and self._is_open and self._is_time():
                self._compile(process)
                count += 1
        seconds = time.monotonic() - began
        _log.info("Compiled %d programs that the next change of a run may need, in %.0f s.", count, seconds)

    def _compile(self, process: subprocess.Popen[str]) -> None:
        """Have the next neighbour compiled; one that cannot be is not tried again."""
        config = self._next()
        if config is None or process.stdin is None or process.stdout is None:
            return
        self._compiled.add(program_key(config))
        process.stdin.write(json.dumps(config.to_dict()) + "\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise OSError(f"the process that compiles them has ended, at {config.sentence}")


def _process(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | WORKER_ENVIRONMENT,
    )
