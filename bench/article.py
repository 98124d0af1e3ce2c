"""Train every experiment of the article and print its published numbers beside the measured ones."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import pandas as pd

from vgdemo.article import Experiment, configs, experiments, judged, table
from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState
from vgdemo.record import RunRecord
from vgdemo.store import RunStore

POLL_SECONDS = 0.2


def main() -> None:
    """Train what the store does not hold, with all workers."""
    start = time.perf_counter()
    store = RunStore()
    runs = longest_first(configs(experiments()))
    stored = sum(config.run_key in store for config in runs)
    jobs = Jobs(store)
    try:
        held = {config: jobs.submit(config, interactive=False) for config in runs}
        follow(list(held.values()))
        seconds = time.perf_counter() - start
        print(report(experiments(), held))
    finally:
        jobs.close()
    trained = len(runs) - stored
    print(f"{len(runs)} runs of {runs[0].replicates} replicates, {trained} of them trained now: {seconds:.0f} s.")


def longest_first(runs: Sequence[RunConfig]) -> list[RunConfig]:
    """The long ones first, so that no worker is left with one of them when the others have nothing more to do."""
    return sorted(runs, key=lambda config: config.num_layers * config.units, reverse=True)


def follow(jobs: list[Job]) -> None:
    """Wait for all jobs and tell of each that ends."""
    waiting = list(jobs)
    while waiting:
        for job in [job for job in waiting if job.progress.state.is_over]:
            waiting.remove(job)
            reason = f": {job.progress.reason}" if job.progress.state is JobState.FAILED else ""
            done = len(jobs) - len(waiting)
            print(f"{done}/{len(jobs)} {job.progress.state}{reason} {job.config.sentence}", file=sys.stderr)
        time.sleep(POLL_SECONDS)


def report(repeated: Sequence[Experiment], jobs: dict[RunConfig, Job]) -> str:
    """The table, and below it what the findings of an experiment say together."""
    rows, conclusions = [], []
    for experiment in repeated:
        records = [_record(jobs[config]) for config in experiment.configs]
        findings = [judged(claim, records) for claim in experiment.claims]
        rows.append(table(experiment, findings))
        conclusion = experiment.conclusion(findings)
        conclusions += [f"- {experiment.label}: {conclusion}"] if conclusion else []
    return "\n".join([_in_markdown(pd.concat(rows)), "", *conclusions, ""])


def _record(job: Job) -> RunRecord | None:
    return job.record if job.progress.state is JobState.DONE else None


def _in_markdown(rows: pd.DataFrame) -> str:
    lines = [rows.columns, ["---"] * len(rows.columns), *rows.values]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    main()
