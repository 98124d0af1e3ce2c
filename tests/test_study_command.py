"""`vgdemo study`: what it trains, writes and says, and the exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from browser.dashboard import ROOT
from distributed import Client
from jobs.waiting import TRAINER, config, until

from vgdemo import study_command
from vgdemo.command import main
from vgdemo.export import study_table, to_csv, to_parquet
from vgdemo.jobs import StudyProgress, StudyState, studies_of
from vgdemo.jobs.cluster import connect, disconnect
from vgdemo.store import RunStore
from vgdemo.study import Grid, Study

GRID = Grid.of(config(0, seconds=0, epochs=5), {"seed": [0, 1, 2]})
SLOW_COMMAND = """
from functools import partial
from vgdemo import study_command
from vgdemo.command import main
from vgdemo.jobs import studies_of

study_command.studies_of = partial(studies_of, trainer="trainers:train")
main()
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    client = connect(None)
    yield client
    disconnect(client)


@pytest.fixture
def study(cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command with a definition; its exit code."""
    monkeypatch.setenv("VGDEMO_STORE", str(tmp_path / "runs"))
    monkeypatch.setenv("VGDEMO_SCHEDULER", cluster.cluster.scheduler_address)

    def run(*options: str, definition: str = GRID.to_json(), trainer: str = TRAINER) -> int:
        monkeypatch.setattr(study_command, "studies_of", partial(studies_of, trainer=trainer))
        file = tmp_path / "definition.json"
        file.write_text(definition)
        with pytest.raises(SystemExit) as ended:
            main(["study", str(file), *options])
        return int(ended.value.code or 0)

    return run


@pytest.mark.parametrize(
    ("suffix", "written", "read"), [(".csv", to_csv, pd.read_csv), (".parquet", to_parquet, pd.read_parquet)]
)
def test_it_trains_the_study_and_writes_the_table_that_the_page_offers(
    suffix: str,
    written: Callable[[pa.Table], bytes],
    read: Callable[..., pd.DataFrame],
    study: Callable[..., int],
    tmp_path: Path,
) -> None:
    table = tmp_path / f"table{suffix}"
    assert study("--output", str(table), "--store", str(tmp_path / "others")) == 0
    store = RunStore(str(tmp_path / "others"))
    summaries = {run.config: run.summary for run in store.summaries()}
    assert {*summaries} == {*GRID.configs}
    expected = written(study_table(Study(GRID, summaries)))
    pd.testing.assert_frame_equal(read(table), read(BytesIO(expected)))  # A NaN that was read may have another sign.
    assert len(read(table)) == 3


def test_where_runs_have_failed_the_exit_code_and_their_reasons_say_so(
    study: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert study(trainer="trainers:fail") == 1
    told = capsys.readouterr().err
    assert "ForeignError: Expected room for 3 matrices. Received: none." in told
    assert "3 of 3 runs failed" in told


@pytest.mark.parametrize(
    ("definition", "options", "sentence"),
    [
        ("units: 5", (), "Expected settings as a JSON object. Received text that is not JSON"),
        ('{"grid": {"units": [5]}}', (), "Expected a study of 2 to 5000 runs. Received: 1"),
        ('{"grid": {"width": [5, 6]}}', (), "width"),
        ('{"base": 5, "grid": {}}', (), "Expected a study as a JSON object with `base`"),
        (GRID.to_json(), ("--output", "table.xlsx"), "--output to be a file .csv or .parquet in a folder that exists"),
        (GRID.to_json(), ("--output", "nowhere/table.csv"), "Received: nowhere/table.csv"),
        (GRID.to_json(), ("--store", "strange://runs"), "Expected a URL of a run store. Received: strange://runs"),
    ],
)
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_started(
    definition: str,
    options: tuple[str, ...],
    sentence: str,
    study: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert study(*options, definition=definition) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("vgdemo study: Expected") or sentence == "width"
    assert sentence in told
    assert not (tmp_path / "runs").exists()


def test_a_definition_that_is_not_there_and_a_scheduler_that_does_not_answer_are_named(
    study: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert study("--scheduler", "tcp://127.0.0.1:9") == 1
    assert "tcp://127.0.0.1:9" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["study", "nowhere.json"])
    assert ended.value.code == 2
    assert "nowhere.json" in capsys.readouterr().err


def test_the_line_beside_the_bar_says_how_fast_it_goes_and_what_is_wrong() -> None:
    progress = StudyProgress(
        grid=GRID,
        state=StudyState.RUNNING,
        is_known=True,
        done=1,
        trained=1,
        failed={GRID.configs[0]: "no room"},
        at_work=(),
        rate=12.34,
        seconds_left=200.0,
        trouble="Expected workers. Received: none.",
        deaths=2,
        started=None,
        owner=None,
        version=1,
    )
    assert study_command.in_words(progress) == (
        "12.3 a minute · about 3 minutes left · 1 failed · 2 workers died · Expected workers. Received: none."
    )


def test_ctrl_c_ends_all_processes_in_one_sentence_and_the_same_command_goes_on(tmp_path: Path) -> None:
    slow = Grid.of(config(0, seconds=0.05, epochs=20), {"seed": [*range(40)]})
    (tmp_path / "definition.json").write_text(slow.to_json())
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    environment.pop("VGDEMO_SCHEDULER", None)
    command = ["study", str(tmp_path / "definition.json"), "--store", str(tmp_path / "runs")]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_COMMAND, *command],
        env=environment,
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # Tests in the background are deaf to it.
        stderr=subprocess.PIPE,
        text=True,
    )
    store = RunStore(str(tmp_path / "runs"))
    until(lambda: len(store) >= 2)
    os.killpg(process.pid, signal.SIGINT)  # As a terminal does.
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted. What was trained is kept" in told and "Traceback" not in told
    until(lambda: not is_any_left(process.pid), 20)
    assert 2 <= len(store) < 40
    assert [note["state"] for note in store.studies().values()] == ["running"]


def is_any_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    time.sleep(0.1)
    return True
