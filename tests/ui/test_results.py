"""What came of runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import foreign_record
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress
from vgdemo.record import RunRecord

from .conftest import StandInJob

Open = Callable[..., AppTest]
DONE = Progress(JobState.DONE, 3, 3)
ALL = "the data, the order of the points and the first weights of layers 1 to 5 and the output"


def test_endings_are_shown_once_all_runs_are_over(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    names = ("activation", "kernel_initializer", "output_initializer")
    jobs.record = lambda config: make_record(**{name: getattr(config, name) for name in names})
    page = compare()
    endings, settings = (table.value for table in page.table)
    assert [*endings.columns] == ["A", "B"] and len(endings) == 8
    assert [*settings.index] == ["Activation", "Initialiser", "Output initialiser"]
    assert any("learns in" in text.value for text in page.markdown)


def test_while_a_run_trains_no_ending_is_claimed(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.state, jobs.record = JobState.TRAINING, lambda config: make_record(activation=config.activation)
    page = compare()
    assert len(page.table) == 1
    assert not any("learns in" in text.value for text in page.markdown)


def page_of_results() -> None:
    import streamlit as st

    from vgdemo.ui.results import results

    results(st.session_state["jobs"])


def results_of(*jobs: StandInJob) -> AppTest:
    page = AppTest.from_function(page_of_results, default_timeout=60)
    page.session_state["jobs"] = dict(zip("ABCD", jobs, strict=False))
    return page.run()


def shared(*configs: RunConfig) -> list[str]:
    """The sentences on what runs have in common, none of which was trained."""
    page = results_of(*(StandInJob(config, DONE) for config in configs))
    captions = [caption.value.replace("\\", "") for caption in page.caption]
    return [words.removeprefix("The same replicate of ") for words in captions if words.startswith("The same")]


def test_records_of_other_networks_end_as_far_as_they_were_measured() -> None:
    page = results_of(*(StandInJob(RunConfig(seed=draw), DONE, foreign_record(draw)) for draw in range(2)))
    assert not page.exception
    endings = page.table[0].value
    assert [*endings.columns] == ["A", "B"]
    assert [*endings.loc["replicates that learn"]] == ["not measured"] * 2
    assert "B and A have no pair of replicates whose accuracy was measured." in [
        text.value.replace("\\", "") for text in page.markdown
    ]


def test_without_a_record_nothing_ends_and_the_settings_are_compared_all_the_same() -> None:
    page = results_of(StandInJob(RunConfig(), DONE), StandInJob(RunConfig(units=9), DONE))
    assert [heading.value for heading in page.markdown if heading.value.startswith("#")] == ["## What sets them apart"]
    assert page.table[0].value.to_dict() == {"A": {"Units per layer": "5"}, "B": {"Units per layer": "9"}}


def test_an_ending_is_told_of_the_runs_that_have_one(make_record: Callable[..., RunRecord]) -> None:
    one, other = RunConfig(), RunConfig(units=9)
    page = results_of(StandInJob(one, DONE), StandInJob(other, DONE, make_record(units=9)))
    assert [*page.table[0].value.columns] == ["B"]


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (
            ({}, {"activation": "relu"}, {"epochs": 3}),
            [f"A, B and C shares {ALL}."],
        ),
        (
            ({}, {"seed": 7}, {"activation": "relu"}),
            [
                "A and B shares the data.",
                f"A and C shares {ALL}.",
            ],
        ),
        (({}, {"seed": 7, "data_seed": 7}), ["A and B shares nothing."]),
    ],
)
def test_columns_that_have_the_same_in_common_share_a_sentence(
    changes: tuple[dict[str, Any], ...], sentences: list[str]
) -> None:
    assert shared(*(RunConfig(**one) for one in changes)) == sentences
