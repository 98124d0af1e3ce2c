"""`vgdemo.run_study`: what it tells and gives back, from a script too, and what it does when nothing goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from jobs.waiting import TRAINER, config

import vgdemo
from vgdemo.config import RunConfig
from vgdemo.jobs import SchedulerError, run_study, studies_of
from vgdemo.store import RunStore
from vgdemo.summary import Summary, summarize

ROOT = Path(__file__).resolve().parents[2]
module = sys.modules["vgdemo.jobs.run_study"]
BASE = config(0, seconds=0, epochs=5)
SCRIPT = """
import os
import sys
import vgdemo

print("the script runs")
base = vgdemo.RunConfig(epochs=3, replicates=2, num_hidden_layers=1, n_samples=100)
study = vgdemo.run_study(base, {"seed": "0..2"}, on_result=lambda config, summary: print("result", config.seed))
print(len(study), study.missing, [len(summary.ends) for summary in study.values()], "tensorflow" in sys.modules)
print(os.environ.get("OMP_NUM_THREADS"))
"""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, store: RunStore, address: str) -> Callable[[str], None]:
    """Studies use the store and the cluster of these tests, and a stand-in for the engine, which may be another one."""
    monkeypatch.setenv("VGDEMO_STORE", store.url)
    monkeypatch.setenv("VGDEMO_SCHEDULER", address)

    def use(trainer: str) -> None:
        monkeypatch.setattr(module, "studies_of", partial(studies_of, trainer=trainer))

    use(TRAINER)
    return use


def test_the_package_gives_it() -> None:
    assert vgdemo.run_study is run_study


def test_each_run_is_told_once_as_it_comes_and_so_are_those_that_the_store_had(
    here: Callable[[str], None], store: RunStore
) -> None:
    told: list[tuple[RunConfig, Summary]] = []
    study = run_study(BASE, {"seed": range(3)}, on_result=lambda *result: told.append(result))
    assert {config.seed for config, _ in told} == {0, 1, 2} and len(told) == 3
    assert [*study] == [BASE.with_changes(seed=seed) for seed in range(3)] and study.missing == ()
    told.clear()
    again = run_study(BASE, {"seed": "0..3"}, on_result=lambda *result: told.append(result))
    assert sorted(config.seed for config, _ in told) == [0, 1, 2, 3] == [config.seed for config in again]
    assert again[BASE].learned == summarize(store[BASE.run_key]).learned


def test_runs_that_fail_are_missing_with_their_reason(here: Callable[[str], None]) -> None:
    here("trainers:fail")
    study = run_study(BASE, {"seed": [10, 11]})
    assert (len(study), len(study.missing)) == (0, 2)
    assert {*study.failed.values()} == {"ForeignError: Expected room for 3 matrices. Received: none."}


def test_without_a_scheduler_at_the_address_it_says_so_at_once(
    here: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VGDEMO_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(SchedulerError, match="tcp://127.0.0.1:9"):
        run_study(BASE, {"seed": [10, 11]})


def test_where_nothing_goes_on_its_patience_ends(
    here: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setenv("VGDEMO_STORE", "memory://each-process-has-its-own")
    with pytest.raises(TimeoutError, match="go on within .* memory://each-process-has-its-own"):
        run_study(BASE, {"seed": [10, 11]})
    assert "elsewhere" in caplog.text


def test_of_a_grid_that_is_none_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "studies_of", lambda *_: pytest.fail("a cluster was looked for"))
    with pytest.raises(ValueError, match="`units` to be a whole number"):
        run_study(BASE, {"units": [5, "many"]})


def test_a_plain_script_trains_with_the_engine_on_this_machine_and_leaves_nothing_at_work(tmp_path: Path) -> None:
    """It has no guard for `__main__`, so it would run again in every worker if these looked at it."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "VGDEMO_STORE": str(tmp_path / "runs"), "OMP_NUM_THREADS": "7"}
    environment.pop("VGDEMO_SCHEDULER", None)
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    first, *results, last, threads = done.stdout.splitlines()
    assert (first, sorted(results)) == ("the script runs", [f"result {seed}" for seed in range(3)])
    assert last == "3 () [2, 2, 2] False"
    assert threads == "7", "what workers are told is not for the script"
    store = RunStore(str(tmp_path / "runs"))
    assert {run.config.seed for run in store.summaries()} == {0, 1, 2}
    (note,) = store.studies().values()
    assert note["state"] == "complete"
