"""Train the labelled runs, diagnose them, try the remedies of the ill ones, and print what both are worth; then the
labelled Keras models, of which it prints how many verdicts agree.

python -m bench.diagnosis
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import vgdemo
from bench import labelled_models
from bench.labels import HALVES, LabelledRun, labelled_runs
from bench.oracle import SHARE, needed_epochs, threshold
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Remedy, Verdict, diagnose, possible
from vgdemo.learning import accuracy_deciles, final_accuracy
from vgdemo.room import program_key

CHUNK = 8  # Runs that a process examines in a row.
TASKS = 5  # Such rows of one process, for TensorFlow keeps what it compiled.
FIRST = 3  # Remedies that a person may be expected to try.


class Trial(NamedTuple):
    """What came of the remedies of an ill run that other settings cure.

    Attributes:
        offered: The remedies in their order, as their buttons say.
        rank: Which is the first that cures, from 1; None if none does.
    """

    offered: tuple[str, ...]
    rank: int | None

    def __str__(self) -> str:
        """In a few words."""
        if self.rank is None:
            return f"none of {len(self.offered)} cures"
        return f"no. {self.rank} of {len(self.offered)} cures"


class Examined(NamedTuple):
    """A run with its verdict.

    Attributes:
        run: With its label.
        verdict: What the rules say.
        told: Their sentence, and the evidence.
        accuracy: Median on the validation half; None if it was not measured.
        trial: None for a run that is not ill, or that nothing cures.
        seconds: That it took.
    """

    run: LabelledRun
    verdict: Verdict
    told: tuple[str, ...]
    accuracy: float | None
    trial: Trial | None
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the label."""
        return self.verdict in self.run.label.verdicts

    def __str__(self) -> str:
        """One line."""
        accuracy = "?" if self.accuracy is None else f"{self.accuracy:.2f}"
        return (
            f"{' ' if self.agrees else '≠'} {self.run.half:<9}{self.run.label!s:<18}{self.verdict:<10}"
            f"accuracy {accuracy} {self.trial or ''!s:<21}{self.seconds:5.1f} s  {self.run.config.sentence}"
        )

    @property
    def disagreement(self) -> str:
        """Both reasons."""
        label = self.run.label
        lines = (f"≠ {self.run.config.sentence}", f"  label: {label}, {label.source}", f"  verdict: {self.told[0]}")
        return "\n".join((*lines, *(f"    {sentence}" for sentence in self.told[1:])))

    @property
    def failure(self) -> str:
        """What was tried in vain."""
        offered = self.trial.offered if self.trial else ()
        return f"Not cured: {self.run.config.sentence}\n  {self.verdict}, tried: {', '.join(offered) or 'nothing'}"


def examined(run: LabelledRun) -> Examined:
    """Train, diagnose, and try the remedies of an ill run that can be cured."""
    began = time.perf_counter()
    record = vgdemo.train(run.config)
    diagnosis = diagnose(record)
    deciles = accuracy_deciles(record)
    remedies = possible(diagnosis.remedies, run.config)
    return Examined(
        run,
        diagnosis.verdict,
        (diagnosis.sentence, *diagnosis.evidence),
        None if deciles is None else deciles[1],
        tried(run, remedies) if run.is_ill and can_be_cured(run) else None,
        time.perf_counter() - began,
    )


def can_be_cured(run: LabelledRun) -> bool:
    """Whether good settings learn these points within the epochs of the run."""
    return needed_epochs(run.config) <= run.config.epochs


def tried(run: LabelledRun, remedies: Sequence[Remedy]) -> Trial:
    """Train one remedy after the other, until three quarters of the replicates learn."""
    ranks = (rank for rank, remedy in enumerate(remedies, 1) if learns(remedy.applied(run.config)))
    return Trial(tuple(remedy.label for remedy in remedies), next(ranks, None))


def learns(config: RunConfig) -> bool:
    """Whether three quarters of the replicates come near enough to what the points allow."""
    accuracy = final_accuracy(vgdemo.train(config))
    return accuracy is not None and bool((accuracy >= threshold(config)).mean() >= SHARE)


def summary(half: str, results: Iterable[Examined]) -> str:
    """What a half says of verdicts and remedies."""
    of_half = [result for result in results if result.run.half == half]
    ranks = [result.trial.rank for result in of_half if result.trial]
    cured = [sum(rank is not None and rank <= most for rank in ranks) for most in (1, FIRST, math.inf)]
    first, early, any_of_them = (_share(count, len(ranks)) for count in cured)
    return (
        f"{half}: {_share(sum(result.agrees for result in of_half), len(of_half))} verdicts agree. Of the ill runs "
        f"that can be cured the first remedy cures {first}, one of the first three {early}, any {any_of_them}."
    )


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({100 * count / max(total, 1):.0f} %)"


def by_program(runs: Iterable[LabelledRun]) -> list[LabelledRun]:
    """The runs, those beside one another whose programs, or their remedies', are the same: to compile takes longest."""
    return sorted(runs, key=lambda run: str(program_key(run.config)))


def main() -> None:
    """Train in as many processes as there are cores."""
    context = multiprocessing.get_context("spawn")  # A process that has TensorFlow must not be forked.
    with context.Pool(maxtasksperchild=TASKS) as pool:  # concurrent.futures hangs when its processes are used up.
        show(pool.imap(examined, by_program(labelled_runs()), chunksize=CHUNK))
    labelled_models.main([])


def show(results: Iterable[Examined]) -> None:
    """Print every run as it comes, then what each half says, each disagreement with both reasons, and vain remedies."""
    began, seen = time.perf_counter(), []
    for result in results:
        print(result, flush=True)
        seen.append(result)
    print(f"\n{len(seen)} runs in {time.perf_counter() - began:.0f} s.")
    print("\n".join(summary(half, seen) for half in HALVES))
    for result in seen:
        if not result.agrees:
            print(f"\n{result.disagreement}")
        if result.trial and result.trial.rank is None:
            print(f"\n{result.failure}")


if __name__ == "__main__":
    main()
