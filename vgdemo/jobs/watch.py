"""What is wrong with a cluster to which runs were handed: workers that are silent, missing, or of another version."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distributed import Client

from vgdemo.jobs.versions import QUESTION, difference

SILENT_SECONDS = 15  # After which a worker is one that does not answer; each says every few seconds that it is there.
PATIENCE = 5  # Seconds for an answer.


@dataclass(frozen=True)
class Watched:
    """What a look at the cluster has shown.

    Attributes:
        trouble: Sentences about the cluster.
        silent: Dask's key of a task to a sentence about its worker, of which nothing is heard.
    """

    trouble: tuple[str, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)


class Watch:
    """Looks at a cluster now and then. A look takes a few seconds at most, whoever does not answer.

    Args:
        client: Of the scheduler.
        name: What sentences call the cluster.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client: Any = client  # Dask says little of the kinds of what it gives.
        self._name = name
        self._heard: dict[str, tuple[float, float]] = {}  # When a worker was heard of, by Dask's clock and by ours.
        self._differences: dict[str, str] = {}  # Of the workers that have said their versions.

    def look(self) -> Watched:
        """What is wrong just now.

        Raises:
            OSError: If the scheduler does not answer.
        """
        workers = self._ask(self._client.scheduler.identity, n_workers=-1)["workers"]
        if not workers:
            return Watched((f"Expected {self._name} to have workers. Received: none.",))
        now = time.monotonic()
        self._heard = {address: self._last_heard(address, one["last_seen"], now) for address, one in workers.items()}
        silence = {address: now - heard for address, (_, heard) in self._heard.items() if now - heard > SILENT_SECONDS}
        self._compare([address for address in workers if address not in silence])
        trouble = [self._differences[address] for address in workers if self._differences.get(address)]
        if len(silence) == len(workers):
            trouble.append(f"Expected workers of {self._name} to answer. Received: nothing for {SILENT_SECONDS} s.")
        return Watched(tuple(trouble[:1]), self._silent_tasks(silence) if silence else {})

    def _last_heard(self, address: str, last_seen: float, now: float) -> tuple[float, float]:
        """Another machine's clock may be wrong, or jump: what counts is that it says another time than before."""
        before = self._heard.get(address)
        return before if before is not None and before[0] == last_seen else (last_seen, now)

    def _silent_tasks(self, silence: Iterable[str]) -> dict[str, str]:
        tasks = self._ask(self._client.scheduler.processing, workers=None)
        return {key: _in_words(address) for address in silence for key in tasks.get(address, ())}

    def _compare(self, addresses: Iterable[str]) -> None:
        """Ask those for their versions that were not asked before."""
        unknown = [address for address in addresses if address not in self._differences]
        if unknown:
            said = self._ask(self._client._run, eval, QUESTION, workers=unknown, on_error="return")
            for address, versions in said.items():
                is_told = isinstance(versions, Mapping)
                self._differences[address] = difference(f"the worker {address}", versions) if is_told else ""

    def _ask(self, question: Any, *arguments: Any, **options: Any) -> Any:
        return self._client.sync(question, *arguments, **options, callback_timeout=PATIENCE)


def _in_words(address: str) -> str:
    return (
        f"Nothing has been heard of its worker, {address}, for more than {SILENT_SECONDS} s. The run goes on when that "
        "answers; in some minutes, or once its process is ended, another worker begins it again."
    )
