"""A format that grows: what comes later leaves run keys and kept files alone. Of the store, see `tests/store`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import LSTM, foreign_record
from record.same import assert_same

from vgdemo.comparison import endings
from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.diagnosis import diagnose
from vgdemo.record import FORMAT, KERNEL_STATISTICS, Log, RunRecord, RunStatus
from vgdemo.setting import Setting
from vgdemo.summary import summarize

# What `RunRecord.save` wrote in November 2026. Never write them anew: they stand for the files that people have.
# A new format leaves them here, and joins them.
KEPT = Path(__file__).parent / "kept"
KEPT_CONFIG = RunConfig(num_hidden_layers=1, units=3, epochs=1, replicates=1, n_samples=100)
DROPOUT = Setting("dropout", "network", "Dropout", "Share of units left out.", 0.0, maximum=1)


@dataclass(frozen=True, kw_only=True)
class LaterConfig(RunConfig):
    """The settings of a later version, with one more."""

    dropout: float = 0.0


@pytest.fixture
def add_setting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], type[LaterConfig]]:
    """From its call on, the program is the later one, in which today's `RunConfig` has no place."""

    def add() -> type[LaterConfig]:
        monkeypatch.setattr("vgdemo.config.SETTINGS", SETTINGS | {"dropout": DROPOUT})
        monkeypatch.setitem(SETTINGS_OF["dense"], "dropout", DROPOUT)
        return LaterConfig

    return add


@pytest.mark.parametrize(
    "config", [RunConfig(), RunConfig(units=9, nesterov=True), RunConfig(optimizer="adam", gain=2)]
)
def test_a_setting_that_comes_later_leaves_the_keys_of_stored_runs(
    config: RunConfig, add_setting: Callable[[], type[LaterConfig]]
) -> None:
    key, written = config.run_key, json.loads(config.to_json())
    later = add_setting().from_dict(written)
    assert (later.run_key, later.dropout) == (key, 0.0)
    assert later.with_changes(dropout=0.5).run_key != key


def test_a_run_that_was_kept_is_read_to_the_last_number() -> None:
    record = RunRecord.load(KEPT / "run-format-2.zip")
    assert record.source == KEPT_CONFIG
    assert record.model == KEPT_CONFIG.model
    assert record.epochs.tolist() == [0, 1]
    assert record.curve_arrays["val_loss"][1] == pytest.approx([0.91275558])
    assert record.values("gradient_rms")[1, 0] == pytest.approx([0.72965545, 0.17565562])
    assert record.panel_of("gradient_rms").labels == ("1", "output")
    assert record.panel_of("update_ratio").epochs.tolist() == [1]
    assert record.values("update_ratio")[0, 0] == pytest.approx([0.77569119, 0.30885736])
    assert record.surface is not None and record.surface.probabilities[1, 0, 3, 4] == pytest.approx(0.4018916)
    assert (record.planned_epochs, record.majority_share) == (1, pytest.approx(0.56))
    assert (record.status, record.notices) == (RunStatus.COMPLETE, ("A notice.",))
    assert record.versions == {"tensorflow": "2.21.0"}


def test_a_log_that_was_kept_is_read_to_the_last_number() -> None:
    record = RunRecord.load(KEPT / "log-format-2.zip")
    assert record.source == Log("my_model", "f" * 64)
    assert record.model == LSTM
    assert record.values("gradient_rms")[3, 0] == pytest.approx([0.45033937, 0.79632427, 0.23064221, 0.0520213])
    assert record.panel_of("state_gradient_rms").axis == "time step"
    assert record.panels["kernels"].histograms is not None
    assert record.panels["kernels"].histograms[2, 0, 1].sum() == 269
    assert (record.planned_epochs, record.majority_share, record.surface) == (None, None, None)
    assert record.status is RunStatus.STOPPED


def described(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The files with another description."""
    return files | {"run.json": json.dumps(json.loads(files["run.json"]) | changes).encode()}


def with_column(content: bytes, name: str, column: pa.Array) -> bytes:
    """A table with one column more, as a later version writes it."""
    buffer = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(content)).append_column(name, column), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("make", [lambda make_record: make_record(), lambda _: foreign_record()])
def test_a_statistic_and_a_curve_that_come_later_are_read_and_kept(
    make: Callable[..., RunRecord], make_record: Callable[..., RunRecord]
) -> None:
    record = make(make_record)
    shape = record.values("gradient_rms").shape
    norms, rates = np.random.default_rng(1).random(shape), np.random.default_rng(2).random(shape[:2])
    files = record.to_files()
    files["kernels.parquet"] = with_column(files["kernels.parquet"], "spectral_norm", pa.array(norms.ravel()))
    files["curves.parquet"] = with_column(files["curves.parquet"], "learning_rate", pa.array(rates.ravel()))
    read = RunRecord.from_files(described(files, written_by="a later version"))
    np.testing.assert_array_equal(read.values("spectral_norm"), norms)
    np.testing.assert_array_equal(read.curve_arrays["learning_rate"], rates)
    assert {"spectral_norm"} == set(read.layers.columns) - set(record.layers.columns)
    assert_same(RunRecord.from_files(read.to_files()), read)
    assert summarize(read) == summarize(record)


def lacking(record: RunRecord, statistic: str) -> RunRecord:
    """The record as a version wrote it that knew no such statistic."""
    kernels = record.panels["kernels"]
    known = {name: values for name, values in kernels.statistics.items() if name != statistic}
    return replace(record, panels={**record.panels, "kernels": replace(kernels, statistics=known)})


@pytest.mark.parametrize("statistic", KERNEL_STATISTICS)
def test_a_file_without_a_statistic_of_today_is_read_and_says_that_it_has_none(
    make_record: Callable[..., RunRecord], statistic: str
) -> None:
    read = RunRecord.from_files(lacking(make_record(), statistic).to_files())
    assert not read.has(statistic)
    assert read.has("gradient_rms") or statistic == "gradient_rms"
    with pytest.raises(KeyError, match=statistic):
        read.values(statistic)
    assert statistic not in read.layers.columns


@pytest.mark.parametrize("statistic", KERNEL_STATISTICS)
def test_what_was_kept_without_a_statistic_is_diagnosed_and_summed_up(
    make_record: Callable[..., RunRecord], statistic: str
) -> None:
    read = lacking(make_record(), statistic)
    assert diagnose(read).sentence
    assert len(endings({"A": summarize(read)})) == 8


@pytest.mark.parametrize("number", [FORMAT + 1, FORMAT - 1, "3", None])
def test_files_of_another_format_are_refused_with_a_sentence_that_names_both(
    make_record: Callable[..., RunRecord], number: object
) -> None:
    with pytest.raises(ValueError) as caught:
        RunRecord.from_files(described(make_record().to_files(), format=number))
    assert str(caught.value) == f"Expected the files of a run. Received: format {number}; format {FORMAT} can be read"


def test_a_run_that_was_kept_in_the_first_format_is_refused_as_that() -> None:
    with pytest.raises(ValueError, match=rf"Received: format 1; format {FORMAT} can be read$"):
        RunRecord.load(KEPT / "run-format-1.zip")


def test_the_files_say_which_format_they_have(make_record: Callable[..., RunRecord]) -> None:
    assert json.loads(make_record().to_files()["run.json"])["format"] == FORMAT
    with zipfile.ZipFile(KEPT / f"run-format-{FORMAT}.zip") as archive:  # A new format leaves a file here.
        assert json.loads(archive.read("run.json"))["format"] == FORMAT
