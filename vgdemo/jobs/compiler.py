"""A process that compiles programs while nobody needs the machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from vgdemo.config import RunConfig
from vgdemo.nursery import CONTEXT

LOWEST = 19  # Of the priorities.
MOST_PROGRAMS = 8  # Of one process: it needs a second to begin, and each program leaves tens of megabytes in it.


class Compiler:
    """Compiles programs one after the other, each when it is told to, behind whoever else wants the processor.

    Programs stay on disk, where the workers find them; with the process goes the memory that they took.

    Args:
        compile_program: Compiles that of a run, in the process.

    Attributes:
        connection: Ready to be read when a program is compiled, or the process has died.
    """

    def __init__(self, compile_program: Callable[[RunConfig], None]) -> None:
        self.connection, others_end = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_compile_all, args=(others_end, compile_program), daemon=True)
        self._process.start()
        others_end.close()  # So that it is noticed here when the process dies.
        self._given: list[RunConfig] = []

    @property
    def is_used_up(self) -> bool:
        """Whether another process is to compile what comes next."""
        return len(self._given) >= MOST_PROGRAMS

    def give(self, config: RunConfig) -> None:
        """Have the program of a run compiled."""
        self._given.append(config)
        self.connection.send(config)

    def take(self) -> None:
        """Wait for the program that was given last.

        Raises:
            OSError: If the process has died.
        """
        try:
            self.connection.recv()
        except (EOFError, ConnectionError) as error:
            self._process.join()
            ended = f"ended with {self._process.exitcode}, at {self._given[-1].sentence}"
            raise OSError(f"the process that compiles them has {ended}") from error

    def close(self) -> None:
        """Let the process end, once it is done with what it is at."""
        self.connection.close()


def _compile_all(connection: Connection, compile_program: Callable[[RunConfig], None]) -> None:
    """What the process does, until nobody tells it to any more."""
    os.nice(LOWEST)
    with suppress(EOFError, ConnectionError):
        while True:
            compile_program(connection.recv())
            connection.send(None)
