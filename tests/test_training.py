"""`vgdemo.train` trains in a process beside, as if it were in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psutil
import pytest
import training_process

import vgdemo
from vgdemo import training
from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, RunStatus

TINY = RunConfig(num_hidden_layers=1, units=2, epochs=20, replicates=1)
STAND_IN = [sys.executable, training_process.__file__]
SCRIPT = f"""
import os, sys, time, vgdemo
from vgdemo import training
training.COMMAND = {STAND_IN}
tiny = vgdemo.RunConfig.from_json({TINY.to_json()!r})
trainer_of = lambda record: int(record.versions["process"])
"""


@pytest.fixture(scope="module")
def stand_in() -> Iterator[None]:
    """Processes that start in no time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "COMMAND", STAND_IN)
        patched.setattr(training, "PYTHON_PATH", os.pathsep.join(sys.path))
        patched.setattr(training, "_resting", defaultdict(list))
        yield
        training._close_all()


def trainer_of(record: RunRecord) -> int:
    return int(record.versions["process"])


def run_script(code: str, **options: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT + code], env=environment, stdout=subprocess.PIPE, text=True, **options
    )


def test_it_is_the_same_run_as_trained_in_this_process() -> None:
    from vgdemo.engine import train

    beside, here = (replace(trains(TINY), seconds={}) for trains in (vgdemo.train, train))
    assert beside.to_message() == here.to_message()


def test_all_runs_are_trained_in_one_process_and_whatever_it_prints_is_not_taken_for_an_answer(stand_in: None) -> None:
    records = [vgdemo.train(TINY.with_changes(seed=seed)) for seed in (0, training_process.PRINTS, 0)]
    assert len({trainer_of(record) for record in records} - {os.getpid()}) == 1
    assert [record.status for record in records] == [RunStatus.COMPLETE] * 3
    assert [record.epochs.tolist() for record in records] == [[*range(21)]] * 3


def test_each_chunk_is_handed_on_and_the_run_stops_where_somebody_wants_it_to(stand_in: None) -> None:
    chunks: list[RunRecord] = []
    record = vgdemo.train(TINY, on_chunk=chunks.append, should_stop=lambda: len(chunks) == 2)
    assert [chunk.epochs.tolist() for chunk in chunks] == [[0], [1, 2, 3, 4, 5]]
    assert record.epochs.tolist() == [*range(6)]
    assert trainer_of(vgdemo.train(TINY)) == trainer_of(record)


def test_what_fails_here_comes_through_and_the_next_run_is_trained(stand_in: None) -> None:
    def fail(chunk: RunRecord) -> None:
        raise OSError("My disk is full.")

    with pytest.raises(OSError, match="My disk is full"):
        vgdemo.train(TINY, on_chunk=fail)
    assert vgdemo.train(TINY).status is RunStatus.COMPLETE


@pytest.mark.parametrize(
    ("seed", "reason"),
    [
        (training_process.FAILS, "Training failed at .*: MemoryError: There is none left"),
        (training_process.DIES, "Received: the end of the process that trains"),
    ],
)
def test_what_fails_there_is_told_and_the_next_run_is_trained(stand_in: None, seed: int, reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        vgdemo.train(TINY.with_changes(seed=seed))
    assert vgdemo.train(TINY).status is RunStatus.COMPLETE


def test_nobody_hears_of_a_process_that_was_killed_while_it_had_nothing_to_do(stand_in: None) -> None:
    killed = psutil.Process(trainer_of(vgdemo.train(TINY)))
    killed.kill()
    killed.wait()
    assert trainer_of(vgdemo.train(TINY)) != killed.pid


def test_a_process_that_has_grown_is_replaced(stand_in: None) -> None:
    grown = trainer_of(vgdemo.train(TINY.with_changes(seed=training_process.GROWS)))
    assert not psutil.pid_exists(grown)
    assert trainer_of(vgdemo.train(TINY)) != grown


def test_runs_of_several_threads_are_trained_side_by_side(stand_in: None) -> None:
    both_are_at_it = threading.Barrier(2)

    def train(seed: int) -> RunRecord:
        waits = [both_are_at_it]
        return vgdemo.train(TINY.with_changes(seed=seed), on_chunk=lambda _: waits and waits.pop().wait(60))

    with ThreadPoolExecutor(2) as pool:
        records = [*pool.map(train, (10, 11))]
    assert [record.config.seed for record in records] == [10, 11]
    assert len({trainer_of(record) for record in records}) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="There is no fork.")
def test_a_fork_of_a_process_has_another_one_train() -> None:
    code = """
before = trainer_of(vgdemo.train(tiny))
child = os.fork()
trainer = trainer_of(vgdemo.train(tiny))
if not child:
    training._close_all()
    os._exit(trainer == before)
print(os.waitpid(child, 0)[1], trainer == before)
"""
    assert run_script(code).communicate(timeout=60)[0] == "0 True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="There are no such signals.")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_the_process_ends_with_the_one_that_it_trains_for(end: signal.Signals) -> None:
    code = """
def tell(chunk):
    print(trainer_of(chunk), flush=True)
    time.sleep(60)
vgdemo.train(tiny, on_chunk=tell)
"""
    hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # Tests in the background are deaf to it.
    with run_script(code, stderr=subprocess.DEVNULL, preexec_fn=hears) as process:
        trainer = psutil.Process(int(process.stdout.readline()))
        process.send_signal(end)
    assert trainer.wait(timeout=10) is None or not trainer.is_running()
