"""Which run of a study a worker takes: by the programs that workers have had."""

from __future__ import annotations

from vgdemo.config import RunConfig
from vgdemo.jobs.programs import MOST_REMEMBERED, Programs

ONE, OTHER, THIRD = (tuple(RunConfig(units=units, seed=seed) for seed in range(3)) for units in (5, 50, 100))
RUNS = {"small": ONE, "larger": OTHER, "largest": THIRD}


class Study:
    """Runs that are taken one after the other."""

    def __init__(self) -> None:
        self.programs = Programs()
        self.taken: set[RunConfig] = set()

    def take(self, worker: str, runs: dict[str, tuple[RunConfig, ...]] = RUNS) -> RunConfig | None:
        config = self.programs.choose(worker, runs, lambda config: config not in self.taken)
        self.taken |= {config} if config else set()
        return config


def test_a_worker_goes_on_with_the_program_that_it_has_in_order() -> None:
    study = Study()
    assert [study.take("one") for _ in range(3)] == [*THIRD], "the most work first"


def test_two_workers_share_no_program_as_long_as_there_is_another_one() -> None:
    study = Study()
    taken = [study.take(worker) for worker in ("one", "other", "one", "other", "one", "other")]
    assert {config.units for config in taken[::2]} == {100}
    assert {config.units for config in taken[1::2]} == {50}
    assert [study.take(worker).units for worker in ("one", "other")] == [5, 5], "in the end they help each other"


def test_where_no_run_is_left_there_is_none() -> None:
    study = Study()
    assert None not in [study.take("one") for _ in range(9)]
    assert study.take("one") is None


def test_a_worker_that_is_gone_keeps_no_program_from_others() -> None:
    study = Study()
    assert study.take("one").units == 100
    study.programs.forget_all_but(["other"])
    assert study.take("other").units == 100


def test_a_worker_forgets_programs_that_it_has_not_used_for_long() -> None:
    study = Study()
    many = {f"of {units} units": (RunConfig(units=units),) for units in range(1, MOST_REMEMBERED + 2)}
    for name, runs in many.items():
        study.take("one", {name: runs})
    again = {name: (runs[0].with_changes(seed=1),) for name, runs in many.items()}
    own = {name: again[name] for name in [*again][1:]}
    assert study.take("one", again).units == MOST_REMEMBERED + 1, "the latest"
    assert len(study.programs._of_worker["one"]) == MOST_REMEMBERED == len(own)
