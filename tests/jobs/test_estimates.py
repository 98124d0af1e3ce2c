"""What studies will take, from runs that were measured."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

import pytest

from vgdemo.config import RunConfig
from vgdemo.jobs import estimates
from vgdemo.jobs.estimates import Estimate, Estimates, estimate, tried
from vgdemo.jobs.worker import Measured, measure

SMALL = RunConfig(num_hidden_layers=1, epochs=99, replicates=2)
LARGE = SMALL.with_changes(units=50, num_hidden_layers=10)
LONG = SMALL.with_changes(epochs=2000)
BETWEEN = SMALL.with_changes(units=20, num_hidden_layers=5)


class StandInExecutor:
    """Measures when a test says so."""

    num_workers = 2
    is_connected = True

    def __init__(self) -> None:
        self.asked: dict[RunConfig, Callable[[Any], None]] = {}
        self.times = 0

    def measure(self, config: RunConfig, on_end: Callable[[Any], None]) -> bool:
        self.times += 1
        if self.is_connected:
            self.asked[config] = on_end
        return self.is_connected


@pytest.fixture
def executor() -> StandInExecutor:
    return StandInExecutor()


def measured(config: RunConfig, epoch: float = 0.01) -> Measured:
    return Measured(tried(config), compiling=1.0, beside=0.5, epoch=epoch, num_bytes=1000, epoch_bytes=20)


def test_a_run_takes_its_epochs_and_what_does_not_depend_on_them() -> None:
    found = estimate([LONG], [measured(LONG, epoch=0.02)], num_workers=1)
    assert found.seconds == pytest.approx(1.0 + 0.5 + 2000 * 0.02)
    assert found.num_bytes == pytest.approx(1000 + 2000 * 20)


def test_more_workers_share_it() -> None:
    runs = [SMALL, SMALL.with_changes(seed=1)]
    of_one, of_four = (estimate(runs, [measured(SMALL)], num_workers=workers).seconds for workers in (1, 4))
    assert of_four == pytest.approx(of_one / 4)


def test_what_lies_between_the_measured_ones_takes_something_between() -> None:
    ends = [measured(SMALL, 0.01), measured(LARGE, 0.5)]
    seconds = [estimate([run], ends, num_workers=1).seconds - 1.5 for run in (SMALL, BETWEEN, LARGE)]
    assert seconds[0] == pytest.approx(0.99) and seconds[2] == pytest.approx(49.5)
    assert seconds[0] < seconds[1] < seconds[2]


def test_each_program_is_compiled_once() -> None:
    depths = [SMALL.with_changes(seed=seed) for seed in range(5)]
    assert estimate(depths, [measured(SMALL, 0)], num_workers=1).seconds == pytest.approx(1.0 + 5 * 0.5)
    assert estimate([SMALL, LARGE], [measured(SMALL, 0), measured(LARGE, 0)], num_workers=1).seconds == pytest.approx(3)


def test_it_is_known_once_the_cheapest_and_the_dearest_run_were_measured(executor: StandInExecutor) -> None:
    known = Estimates(executor)  # type: ignore[arg-type]
    runs = [BETWEEN, LARGE, SMALL]
    assert known.of(runs) is None
    assert set(executor.asked) == {tried(SMALL), tried(LARGE)}
    executor.asked[tried(SMALL)](measured(SMALL))
    assert known.of(runs) is None
    executor.asked[tried(LARGE)](measured(LARGE))
    found = known.of(runs)
    assert found is not None and found.runs == 3
    assert executor.times == 2


def test_nothing_missing_takes_nothing(executor: StandInExecutor) -> None:
    assert Estimates(executor).of([]) == Estimate(0, 0.0, 0.0)  # type: ignore[arg-type]
    assert not executor.asked


def test_without_a_cluster_it_is_asked_for_at_the_next_look(executor: StandInExecutor) -> None:
    known = Estimates(executor)  # type: ignore[arg-type]
    executor.is_connected = False
    assert known.of([SMALL]) is None
    executor.is_connected = True
    assert known.of([SMALL]) is None
    assert tried(SMALL) in executor.asked


def test_what_failed_is_asked_for_again_after_a_while(
    executor: StandInExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Estimates(executor)  # type: ignore[arg-type]
    known.of([SMALL])
    executor.asked[tried(SMALL)](None)
    known.of([SMALL])
    assert executor.times == 1
    monkeypatch.setattr(estimates, "PATIENCE", 0)
    known.of([SMALL])
    assert executor.times == 2


@pytest.mark.parametrize(
    ("size", "is_large"),
    [((10, 20.0, 1e6), False), ((301, 20.0, 1e6), True), ((10, 601.0, 1e6), True), ((10, 20.0, 1.1e9), True)],
)
def test_what_is_large_is_asked_about(size: tuple[int, float, float], is_large: bool) -> None:
    assert Estimate(*size).is_large == is_large


def test_what_a_worker_measures_tells_what_more_epochs_take() -> None:
    short, long = (RunConfig(epochs=epochs, replicates=1) for epochs in (40, 160))
    found = measure("trainers:train", short)
    record = resolve_name("trainers:train")(long)
    size = sum(map(len, record.to_files().values()))
    assert found is not None and found.compiling == 0
    assert found.num_bytes + 160 * found.epoch_bytes == pytest.approx(size, rel=0.3)


@pytest.mark.parametrize("epochs", [1, 3, 5])
def test_a_run_of_few_epochs_is_measured_as_a_whole(epochs: int) -> None:
    found = measure("trainers:train", RunConfig(epochs=epochs, replicates=1))
    assert found is not None and min(found.beside, found.epoch, found.num_bytes, found.epoch_bytes) >= 0


def test_a_run_that_fails_is_not_measured() -> None:
    assert measure("trainers:no_such_trainer", RunConfig(epochs=10, replicates=1)) is None
