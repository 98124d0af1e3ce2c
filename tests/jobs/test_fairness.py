"""What one visitor may have waiting, and whose run goes first where several wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobs.waiting import LONG, config, finished, is_training, until

from vgdemo.jobs import Jobs, JobState, QueueFullError
from vgdemo.jobs.fairness import MOST_OF_ALL, MOST_OF_ONE, MOST_STUDIES_OF_ALL, MOST_STUDIES_OF_ONE
from vgdemo.store import RunStore
from vgdemo.study import Grid


@pytest.fixture
def busy(jobs: Jobs) -> Jobs:
    """A queue both workers of which are at long runs of the owner's."""
    held = [jobs.submit(config(seed, epochs=LONG)) for seed in (900, 901)]
    until(lambda: all(map(is_training, held)))
    return jobs


def test_nobodys_second_run_goes_before_anybodys_first(busy: Jobs) -> None:
    greedy = [busy.submit(config(seed, seconds=0.02, epochs=2), visitor="greedy") for seed in range(910, 914)]
    late = [busy.submit(config(920 + place, seconds=0.02, epochs=2), visitor=f"late {place}") for place in range(3)]
    assert [job.progress.position for job in greedy] == [1, 5, 6, 7]
    assert [job.progress.position for job in late] == [2, 3, 4]


def test_every_run_is_trained_in_the_order_that_was_shown(jobs: Jobs, starts: list[str], store: RunStore) -> None:
    held = [jobs.submit(config(seed)) for seed in (930, 931)]
    until(lambda: all(map(is_training, held)))
    greedy = [jobs.submit(config(seed, seconds=0.02, epochs=2), visitor="greedy") for seed in range(940, 944)]
    late = [jobs.submit(config(950 + place, seconds=0.02, epochs=2), visitor=f"late {place}") for place in range(3)]
    shown = sorted((*greedy, *late), key=lambda job: job.progress.position or 0)
    starts.clear()
    held[0].stop()
    assert {finished(job).state for job in shown} == {JobState.DONE}
    assert starts[:4] == [job.run_key for job in shown[:4]]
    assert sorted(set(starts)) == sorted(job.run_key for job in shown)
    held[1].stop()
    visitors = {path.name for path in Path(store.url).rglob("for-*")}
    assert len(visitors) == 4  # The store knows whose they are.


def test_who_waits_for_too_much_is_told_so_and_others_are_not(busy: Jobs) -> None:
    held = [busy.submit(config(seed, epochs=2), visitor="greedy") for seed in range(1000, 1000 + MOST_OF_ONE)]
    with pytest.raises(QueueFullError, match=f"Expected at most {MOST_OF_ONE} runs of one visitor"):
        busy.submit(config(1100, epochs=2), visitor="greedy")
    assert busy.submit(config(1000, epochs=2), visitor="greedy").progress.position  # It is one of them.
    assert busy.submit(config(1100, epochs=2), visitor="another").progress.state is JobState.QUEUED
    for job in held:
        job.release()
    assert busy.submit(config(1101, epochs=2), visitor="greedy").progress.state is JobState.QUEUED


def test_all_together_cannot_fill_the_queue_without_end_and_the_owner_still_can(busy: Jobs) -> None:
    for seed in range(MOST_OF_ALL - 2):
        busy.submit(config(2000 + seed, epochs=2), visitor=str(seed // MOST_OF_ONE))
    with pytest.raises(QueueFullError, match=f"Expected at most {MOST_OF_ALL} runs of all visitors"):
        busy.submit(config(3000, epochs=2), visitor="another")
    assert busy.submit(config(3000, epochs=2)).progress.state is JobState.QUEUED


def test_studies_at_work_are_bounded_for_one_and_for_all(jobs: Jobs) -> None:
    grids = [Grid.of(config(0, epochs=LONG), {"seed": [first, first + 1]}) for first in range(4000, 4050, 2)]
    own, others = grids[:MOST_STUDIES_OF_ONE], grids[MOST_STUDIES_OF_ONE:]
    for grid in own:
        jobs.studies.start(grid, "greedy")
    with pytest.raises(QueueFullError, match=f"Expected at most {MOST_STUDIES_OF_ONE} studies of one visitor"):
        jobs.studies.start(others[0], "greedy")
    jobs.studies.start(own[0], "greedy")  # It is one of them.
    for place, grid in enumerate(others[: MOST_STUDIES_OF_ALL - MOST_STUDIES_OF_ONE]):
        jobs.studies.start(grid, f"another {place}")
    with pytest.raises(QueueFullError, match=f"Expected at most {MOST_STUDIES_OF_ALL} studies of all visitors"):
        jobs.studies.start(others[-1], "late")
    jobs.studies.start(others[-1])  # The owner.
    jobs.studies.stop(own[0])
    jobs.studies.stop(own[1])
    jobs.studies.stop(others[-1])
    jobs.studies.start(others[-1], "greedy")
    for grid in grids:
        jobs.studies.stop(grid)
