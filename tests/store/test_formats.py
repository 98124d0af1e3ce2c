"""Runs that other versions of the program stored: what grows stays readable, what cannot be read stays as it is."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store.contents import age, files_of, folder_of, is_same, put

from vgdemo import config as config_module
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict
from vgdemo.learning import Share
from vgdemo.record import Panel, RunRecord
from vgdemo.setting import Setting
from vgdemo.store import RunStore
from vgdemo.store.store import _stored_run

MakeRecord = Callable[..., RunRecord]

# What `RunStore("tests/store/kept")` wrote in November 2026, in format 2, of noise in the form of KEPT's record.
# Never write it anew: it stands for the runs that people have.
KEPT_FOLDER = Path(__file__).parent / "kept"
KEPT_KEY = "28bf9d593b317d1a3dd2717360a67d6fffede010d486ceba3c81203b49037e24"
KEPT = RunConfig(num_hidden_layers=1, units=3, activation="relu", epochs=1, replicates=1, n_samples=100)
KEPT_ENGINE_VERSION = 2


@pytest.fixture
def kept(tmp_path: Path) -> RunStore:
    """A copy, for a store marks what was used."""
    return RunStore(str(shutil.copytree(KEPT_FOLDER, tmp_path / "kept")))


def test_a_run_of_before_is_found_and_read(kept: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_module, "ENGINE_VERSION", KEPT_ENGINE_VERSION)  # Another one has other keys, rightly.
    assert KEPT.run_key == KEPT_KEY
    record = kept[KEPT.run_key]
    assert (record.source, record.model, record.run_key) == (KEPT, KEPT.model, KEPT_KEY)
    assert (record.replicates, record.planned_epochs, record.versions) == (1, 1, {"vgdemo": "0.1.0"})
    np.testing.assert_array_equal(record.epochs, [0, 1])
    np.testing.assert_allclose(record.curve_arrays["val_accuracy"], [[0.8277026], [0.4091991]], rtol=1e-6)
    np.testing.assert_allclose(
        record.values("gradient_rms"), [[[0.3297317, 0.7884287]], [[0.3031948, 0.4534979]]], rtol=1e-6
    )
    assert record.panel_of("gradient_rms").labels == ("1", "output")
    assert (record.panel_of("update_ratio").epochs.tolist(), record.panel_of("dead_share").labels) == ([1], ("1",))
    assert record.surface is not None and record.surface.probabilities.shape == (2, 1, 32, 32)
    assert kept.check() == ()


def test_what_a_manifest_of_before_sums_up_is_read(kept: RunStore) -> None:
    (run,) = kept.summaries()
    assert (run.run_key, run.source, run.written.year) == (KEPT_KEY, KEPT, 2026)
    assert run.summary.accuracy == pytest.approx((0.4091991,) * 3)
    assert (run.summary.learned, run.summary.arrival, run.summary.seconds) == (Share(0, 1), np.inf, 2.0)
    assert run.summary.verdict is Verdict.UNKNOWN


@dataclass(frozen=True)
class LaterConfig(RunConfig):
    """A config of a later version, with a setting more."""

    dropout: float = 0.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> type[LaterConfig]:
    """The later version's config, in the place of today's."""
    dropout = Setting("dropout", "network", "Dropout", "Of units.", 0.0)
    monkeypatch.setattr(config_module, "SETTINGS", config_module.SETTINGS | {"dropout": dropout})
    monkeypatch.setitem(config_module.SETTINGS_OF["dense"], "dropout", dropout)
    monkeypatch.setattr(config_module, "ENGINE_VERSION", KEPT_ENGINE_VERSION)
    monkeypatch.setattr("vgdemo.record.source.RunConfig", LaterConfig)
    _stored_run.cache_clear()  # Another test had the manifest read by today's version.
    return LaterConfig


def test_a_new_setting_leaves_the_runs_of_before_their_keys(kept: RunStore, later: type[LaterConfig]) -> None:
    wanted = later(**KEPT.to_dict())
    assert wanted.run_key == KEPT_KEY
    assert kept[wanted.run_key].source == wanted
    assert [run.source for run in kept.summaries()] == [wanted]
    assert replace(wanted, dropout=0.5).run_key != KEPT_KEY


def test_a_run_without_a_statistic_of_today_is_read(store: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    kernels = record.panels["kernels"]
    fewer = {name: values for name, values in kernels.statistics.items() if name != "kernel_mean"}
    record = replace(record, panels=record.panels | {"kernels": replace(kernels, statistics=fewer)})
    key = put(store, record)
    assert is_same(store[key], record)
    assert not store[key].has("kernel_mean")


def test_a_run_with_a_statistic_of_tomorrow_is_read(store: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    kernels = record.panels["kernels"]
    more = kernels.statistics | {"spectral_norm": np.ones_like(kernels.statistics["kernel_rms"])}
    steps = Panel("time step", ("1",), ("time step 1",), record.epochs, {"state_rms": np.ones((4, 2, 1))})
    record = replace(record, panels={"kernels": replace(kernels, statistics=more), "steps": steps})
    key = put(store, record)
    assert is_same(store[key], record)


def rewrite(store: RunStore, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest as a program would that writes another one: with the right checksum."""
    path = folder_of(store, key) / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    manifest["sha256"] = hashlib.sha256(json.dumps(manifest["run"], sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(manifest))


def newer(manifest: dict[str, Any]) -> None:
    manifest["format"] += 1


def older(manifest: dict[str, Any]) -> None:
    manifest["format"] -= 1


def with_a_setting_of_tomorrow(manifest: dict[str, Any]) -> None:
    manifest["run"]["source"]["config"]["dropout"] = 0.0


@pytest.mark.parametrize("change", [newer, older, with_a_setting_of_tomorrow])
def test_a_run_that_cannot_be_read_is_absent_and_left_as_it_is(
    local: RunStore, make_record: MakeRecord, caplog: pytest.LogCaptureFixture, change: Callable[..., None]
) -> None:
    record = make_record()
    key = put(local, record)
    rewrite(local, key, change)
    age(local, key, 2 * 3600)  # So that nothing is spared for its youth.
    before = {path: path.read_bytes() for path in files_of(local, key)}
    for _ in range(2):
        assert key not in local
        assert local.get(key) is None
        with pytest.raises(KeyError):
            del local[key]
    assert (list(local), len(local), local.summaries(), local.check()) == ([], 0, [], ())
    assert {path: path.read_bytes() for path in files_of(local, key)} == before
    assert not Path(local.url, "v2", "quarantine").exists()
    assert [key in message for message in caplog.messages] == [True]

    put(local, record)
    assert is_same(local[key], record)


def test_files_of_another_format_under_a_manifest_of_todays_are_left_as_they_are(
    local: RunStore, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vgdemo.record.files.FORMAT", 99)
        key = put(local, make_record())
    before = set(files_of(local, key))
    assert local.get(key) is None
    assert local.check() == ()
    assert set(files_of(local, key)) == before
    (message,) = caplog.messages
    assert "99" in message
