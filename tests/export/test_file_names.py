"""Names of files: what a person calls a run, safe on every system."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from conftest import foreign_record
from hypothesis import given
from hypothesis import strategies as st

from vgdemo.config import RunConfig
from vgdemo.export.file_names import file_name, together, words_of
from vgdemo.record import Log

LONGEST_SUFFIX = "-time_steps.parquet"


@given(st.text(max_size=300))
def test_whatever_a_person_types_is_the_beginning_of_a_files_name_or_nothing(text: str) -> None:
    name = file_name(text)
    assert len((name + LONGEST_SUFFIX).encode()) < 255
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*\s]', name)
    assert not any(unicodedata.category(letter)[0] in "CSZ" for letter in name)
    assert not name.startswith((".", "-")) and not name.endswith((".", "-", " "))
    for path in (PurePosixPath(name or "x"), PureWindowsPath(name or "x")):
        assert path.name == (name or "x")
    assert file_name(name) == name


@pytest.mark.parametrize("reserved", ["CON", "nul", "Aux", "PRN", "com1", "LPT9", "COM¹", "nul.txt", "com1.5"])
def test_a_name_that_windows_keeps_for_itself_becomes_another(reserved: str) -> None:
    assert file_name(reserved).startswith("run-")


@pytest.mark.parametrize("name", ["Größe", "आवेश", "学习", "Ångström_2", "console", "communism"])
def test_words_of_any_language_stay_as_they_are(name: str) -> None:
    assert file_name(name) == unicodedata.normalize("NFKC", name)


def test_a_long_name_is_cut_between_its_letters() -> None:
    assert file_name("学" * 100) == "学" * 33  # Three bytes each.


def test_a_run_is_called_by_its_network_and_what_is_unusual() -> None:
    config = RunConfig(activation="relu", num_hidden_layers=20, kernel_initializer="he_uniform")
    assert words_of(config) == "relu-20x5-he_uniform"
    assert words_of(config.with_changes(residual=True, epochs=20)) == "relu-20x5-he_uniform-residual-true-epochs-20"


def test_a_recurrent_run_is_called_by_its_steps_too() -> None:
    config = RunConfig(network="simple_rnn", activation="relu", time_steps=400, recurrent_initializer="identity")
    assert words_of(config) == "simple_rnn-relu-1x16-400-steps-identity"
    assert words_of(config.with_changes(kernel_initializer="he_normal", dataset="waves")) == (
        "simple_rnn-relu-1x16-400-steps-identity-dataset-waves-kernel_initializer-he_normal"
    )


def test_long_words_of_runs_that_differ_at_their_end_differ() -> None:
    changes = {"dataset": "gaussians", "n_samples": 5000, "noise": 0.123456789, "output_initializer": "glorot_uniform"}
    names = {words_of(RunConfig(**changes, shared_draw=True, optimizer="adam", seed=seed)) for seed in range(3)}
    assert len(names) == 3 and max(map(len, names)) <= 100


@pytest.mark.parametrize(("name", "expected"), [("../my model", "my-model"), ("🙂", "log-ffffff")])
def test_a_training_of_somebodys_own_has_its_own_name(name: str, expected: str) -> None:
    assert words_of(Log(name, foreign_record().run_key)) == expected


def test_a_file_about_several_runs_has_all_their_names() -> None:
    assert together(["relu", "tanh", "relu"]) == "relu-against-tanh"
    names = [f"{letter * 100}" for letter in "abcd"]
    assert all(letter * 20 in together(names) for letter in "abcd") and len(together(names)) < 150
