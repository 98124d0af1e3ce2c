"""What one visitor may have waiting, and whose run goes first where several wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobs.waiting import LONG, config, finished, is_training, until

from vgdemo.jobs import Jobs, JobState, QueueFullError
from vgdemo.jobs.fairness import (
    MOST_NOTED_OF_ALL,
    MOST_NOTED_OF_ONE,
    MOST_OF_ALL,
    MOST_OF_ONE,
    MOST_STUDIES_OF_ALL,
    MOST_STUDIES_OF_ONE,
    surplus,
)
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


def test_who_starts_study_after_study_fills_no_disk_with_notes_and_removes_nobody_elses(
    jobs: Jobs, store: RunStore
) -> None:
    grids = [Grid.of(config(0, epochs=LONG), {"seed": [first, first + 1]}) for first in range(6000, 6040, 2)]
    (of_another, of_the_owner, at_work), flood = grids[:3], grids[3:]
    for grid, visitor in (
        (of_another, "another"),
        (of_the_owner, ""),
        (at_work, "greedy"),
        *((one, "greedy") for one in flood),
    ):
        jobs.studies.start(grid, visitor)
        if grid is not at_work:
            jobs.studies.stop(grid)
        until(lambda key=grid.key: key in store.studies())  # type: ignore[misc]
    kept = {of_another.key, of_the_owner.key, at_work.key, *(grid.key for grid in flood[-MOST_NOTED_OF_ONE:])}
    until(lambda: store.studies().keys() == kept)
    assert {one.grid.key for one in jobs.studies.listed()} == kept
    jobs.studies.stop(at_work)
    until(lambda: store.studies().keys() == kept - {at_work.key})


def test_of_all_strangers_studies_the_latest_are_noted_and_all_of_the_owners() -> None:
    def note(day: int, owner: str) -> dict[str, str]:
        return {"started": f"2026-{1 + day // 28:02}-{1 + day % 28:02} 12:00:00+00:00", "owner": owner}

    owners = {f"owner {place}": note(place, "") for place in range(2 * MOST_NOTED_OF_ONE)} | {"of before": {}}
    others = {f"other {place}": note(place, str(place // 5)) for place in range(MOST_NOTED_OF_ALL + 7)}
    assert set(surplus(owners | others)) == {f"other {place}" for place in range(7)}
