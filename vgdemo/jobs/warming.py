"""Programs that the next change of a run may need, compiled while nobody needs the machine."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from multiprocessing.connection import wait

from dask.system import CPU_COUNT

from vgdemo.config import RunConfig
from vgdemo.jobs.compiler import Compiler
from vgdemo.jobs.processor import Processor
from vgdemo.jobs.worker import prepare
from vgdemo.nursery import open_nursery
from vgdemo.room import neighbours, program_key
from vgdemo.tour import OPENING

QUIET_SECONDS = 3  # Whoever looks at another run sooner is still choosing.
PAUSE_SECONDS = 1  # Between two looks whether the machine is at rest.
BUSY = 0.5  # Share of the cores that others take, from which on nothing is begun.

_log = logging.getLogger(__name__)


class Warming:
    """Compiles the neighbours of the run that was looked at last, the likeliest first, while the machine is at rest.

    Processes of the lowest priority compile them, one for each core: the programs stay on disk, where the workers find
    them. So a person waits for none of it, and nothing is begun while somebody trains. Before that, all workers get the
    program of the run itself, for any of them may take the next run.

    Args:
        is_idle: Whether nobody trains anything.
        prepare: Has the program of a run at hand in every worker.
        compile_program: Compiles that of a run, in another process.
    """

    def __init__(
        self,
        is_idle: Callable[[], bool],
        prepare: Callable[[RunConfig], None],
        compile_program: Callable[[RunConfig], None] = prepare,
    ) -> None:
        self._is_idle = is_idle
        self._prepare = prepare
        self._compile_program = compile_program
        self._changed = threading.Condition()
        self._processor = Processor()
        self._view = OPENING[0]
        self._looked_at = time.monotonic()
        self._compiled: set[Hashable] = set()
        self._at_hand: set[Hashable] = set()
        self._running: list[Compiler] = []
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="vgdemo-warming", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        open_nursery()
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
            if self._is_open:
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
        return since > QUIET_SECONDS and self._is_idle() and self._processor.share_taken < BUSY

    def _next(self) -> RunConfig | None:
        """The likeliest neighbour whose program was not compiled yet."""
        return next((run for run in neighbours(self._view) if program_key(run) not in self._compiled), None)

    def _have_view_at_hand(self) -> None:
        view = self._view
        if program_key(view) not in self._at_hand:
            self._at_hand.add(program_key(view))
            self._prepare(view)

    def _compile_some(self) -> None:
        """Compile while it is the time for it, as many programs at once as there are cores."""
        began, count = time.monotonic(), 0
        while self._running or self._may_begin():
            self._have_view_at_hand()
            while len(self._running) < CPU_COUNT and self._may_begin():
                compiler = Compiler(self._compile_program)
                self._running.append(compiler)
                self._give_next(compiler)
            count += self._take_compiled()
        if count:
            seconds = time.monotonic() - began
            _log.info("Compiled %d programs that the next change of a run may need, in %.0f s.", count, seconds)

    def _may_begin(self) -> bool:
        return self._is_open and self._next() is not None and self._is_at_rest()

    def _give_next(self, compiler: Compiler) -> None:
        """Have the next neighbour compiled; one that cannot be is not tried again."""
        config = self._next()
        if config is None:  # Somebody has come to look at it meanwhile.
            self._let_go(compiler)
        else:
            self._compiled.add(program_key(config))
            compiler.give(config)

    def _take_compiled(self) -> int:
        """Wait until some are compiled, and go on with others if it is still the time for it; how many these are."""
        if not self._running:  # Waiting for none would never end.
            return 0
        ready = wait([compiler.connection for compiler in self._running])
        done = [compiler for compiler in self._running if compiler.connection in ready]
        for compiler in done:
            compiler.take()
            if compiler.is_used_up or not self._may_begin():
                self._let_go(compiler)
            else:
                self._give_next(compiler)
        return len(done)

    def _let_go(self, compiler: Compiler) -> None:
        self._running.remove(compiler)
        compiler.close()
