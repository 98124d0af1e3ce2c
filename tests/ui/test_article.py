"""The Article page over a store that is a dictionary of tiny records."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import vgdemo.article
from vgdemo.article import Experiment, chapters, configs, experiments
from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.record import RunRecord
from vgdemo.ui import runs

from .conftest import StandInStore

APP = str(Path(__file__).resolve().parents[2] / "app.py")
TINY = {"epochs": 4, "replicates": 3, "n_samples": 100}
Open = Callable[[], AppTest]


def tiny(whole: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
    return tuple(experiment.with_changes(**TINY) for experiment in whole)


EXPERIMENTS = tiny(experiments())
CHAPTERS = {name: tiny(chapter) for name, chapter in chapters().items()}
RUNS = configs(EXPERIMENTS)
DEEP_TANH, DEEP_RELU = RUNS[1], RUNS[3]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dict[str, RunRecord]:
    records = StandInStore()
    monkeypatch.setattr(runs, "open_store", lambda: records)
    monkeypatch.setattr(vgdemo.article, "chapters", lambda: CHAPTERS)
    monkeypatch.setattr(vgdemo.article, "experiments", lambda: EXPERIMENTS)
    return records


@pytest.fixture
def open_article(store: dict[str, RunRecord], jobs: Any) -> Open:
    return lambda: AppTest.from_file(APP, default_timeout=60).switch_page("pages/2_Article.py").run()


@pytest.fixture
def trained(store: dict[str, RunRecord], make_record: Callable[..., RunRecord]) -> dict[str, RunRecord]:
    """The store with every run in it; all replicates learn."""
    store |= {config.run_key: learning(make_record, config) for config in RUNS}
    return store


def learning(make_record: Callable[..., RunRecord], config: RunConfig, accuracy: float = 0.8) -> RunRecord:
    record = make_record(**{name: getattr(config, name) for name in config.__dataclass_fields__})
    accuracies = np.full_like(record.curve_arrays["val_accuracy"], accuracy)
    return replace(record, curve_arrays={**record.curve_arrays, "val_accuracy": accuracies})


def section(page: AppTest, number: str) -> str:
    """The words of an experiment: they follow one another from its heading to the next one."""
    below = [element for element in page.main if element.type in ("subheader", "markdown", "caption", "warning")]
    start = next(
        i for i, one in enumerate(below) if one.type == "subheader" and str(one.value).startswith(f"{number} ")
    )
    end = next((i for i in range(start + 1, len(below)) if below[i].type == "subheader"), len(below))
    return "\n".join(str(one.value) for one in below[start:end]).replace("\\", "")


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def progress(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text).replace("\\", "").strip()


def test_an_empty_store_shows_the_whole_story_and_trains_it_from_the_top(open_article: Open, jobs: Any) -> None:
    jobs.state = JobState.QUEUED
    page = open_article()
    assert not page.exception
    assert [heading.value for heading in page.header] == list(CHAPTERS)
    assert len(page.subheader) == len(EXPERIMENTS)
    assert all("not trained yet" in section(page, experiment.number) for experiment in EXPERIMENTS)
    assert progress(page).startswith("0 of 28 runs are complete, ")
    assert [job.config for job in jobs.submitted] == list(RUNS)
    assert not any(job.is_interactive for job in jobs.submitted)


def test_after_stop_nothing_is_trained_by_itself_until_somebody_has_the_rest_trained(
    open_article: Open, jobs: Any
) -> None:
    jobs.state = JobState.QUEUED
    page = button(open_article(), "Stop").click().run()
    page.run()
    assert len(jobs.submitted) == len(RUNS)
    assert button(page, "Train all")
    later = open_article()
    assert len(jobs.submitted) == len(RUNS)
    button(later, "Train all").click().run()
    assert len(jobs.submitted) == 2 * len(RUNS)


def test_a_second_visit_joins_what_the_first_one_trains_and_stops_it_for_both(open_article: Open, jobs: Any) -> None:
    jobs.state, jobs.details = JobState.TRAINING, {"epoch": 2}
    first, second = open_article(), open_article()
    assert len(jobs.submitted) == len(RUNS)
    assert progress(second) == progress(first)
    assert "In training: epoch 2 of 4." in section(second, "1")
    button(second, "Stop").click().run()
    assert {job.progress.state for job in jobs.submitted} == {JobState.STOPPED}
    assert button(first.run(), "Train all")


def test_an_experiment_is_put_before_the_others_by_its_button(open_article: Open, jobs: Any) -> None:
    jobs.state = JobState.QUEUED
    page = open_article()
    page.button(key="train 5").click().run()
    assert jobs.preferred == [config.run_key for config in EXPERIMENTS[5].configs]
    assert len(jobs.submitted) == len(RUNS)


def test_an_experiment_alone_is_trained_after_stop(open_article: Open, jobs: Any) -> None:
    jobs.state = JobState.QUEUED
    page = button(open_article(), "Stop").click().run()
    page.button(key="train 7").click().run()
    assert [job.config for job in jobs.submitted[len(RUNS) :]] == list(EXPERIMENTS[7].configs)


def test_the_contents_lead_to_every_experiment(open_article: Open, trained: dict[str, RunRecord]) -> None:
    links = next(one.value for one in open_article().markdown if "#experiment-1)" in str(one.value))
    assert re.findall(r"#experiment-(\w+)\)", str(links)) == [experiment.number for experiment in EXPERIMENTS]


def test_the_article_is_named_and_linked(open_article: Open, trained: dict[str, RunRecord]) -> None:
    said = " ".join(str(one.value) for one in open_article().markdown)
    assert "[How to Fix the Vanishing Gradients Problem Using the ReLU](https://machinelearningmastery.com/" in said
    assert "(machinelearningmastery.com, 2019)" in said


def test_stored_runs_are_shown_at_once_with_verdicts_from_their_numbers(
    open_article: Open, trained: dict[str, RunRecord]
) -> None:
    page = open_article()
    assert not page.exception
    assert progress(page) == "28 of 28 runs are complete."
    assert button(page, "Train all").disabled
    assert "agrees] **validation:** 3 of 3 replicates" in section(page, "1")
    assert "disagrees] **validation:** 0 of 3 replicates" in section(page, "2")
    assert "Most replicates learn up to 10 layers; at every depth some learn." in section(page, "E4")
    assert "3 of 3 (Glorot) against 3 of 3 (Deep tanh)" in section(page, "E1")


def test_the_sentences_follow_the_record(
    open_article: Open, trained: dict[str, RunRecord], make_record: Callable[..., RunRecord]
) -> None:
    trained[DEEP_TANH.run_key] = learning(make_record, DEEP_TANH, accuracy=0.5)
    page = open_article()
    assert "agrees] **validation:** 3 of 3 replicates" in section(page, "2")
    assert "3 of 3 (Glorot) against 0 of 3 (Deep tanh)" in section(page, "E1")


def test_a_missing_run_leaves_the_other_experiments_whole(
    open_article: Open, trained: dict[str, RunRecord], jobs: Any
) -> None:
    del trained[DEEP_RELU.run_key]
    jobs.state = JobState.QUEUED
    page = open_article()
    assert not page.exception
    assert progress(page).startswith("27 of 28 runs are complete, ")
    assert "not trained yet" in section(page, "3")
    assert "agrees]" in section(page, "1")


def test_what_the_store_does_not_hold_is_trained_in_the_articles_order(
    open_article: Open, trained: dict[str, RunRecord], jobs: Any
) -> None:
    missing = [RUNS[0], DEEP_RELU]
    for config in missing:
        del trained[config.run_key]
    jobs.state = JobState.QUEUED
    page = open_article()
    assert [job.config for job in jobs.submitted] == missing
    assert not any(job.is_interactive for job in jobs.submitted)
    assert button(page, "Stop")


def test_a_run_that_fails_says_so_in_its_place(open_article: Open, trained: dict[str, RunRecord], jobs: Any) -> None:
    del trained[DEEP_RELU.run_key]
    jobs.state, jobs.details = JobState.FAILED, {"reason": "Expected memory. Received *none*."}
    page = open_article()
    assert "failed: Expected memory. Received *none*." in section(page, "3")
    assert "agrees]" in section(page, "1")
    assert not button(page, "Train all").disabled


def test_a_run_cut_short_says_so_in_its_place(
    open_article: Open, trained: dict[str, RunRecord], jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    del trained[DEEP_RELU.run_key]
    jobs.state, jobs.details = JobState.STOPPED, {"epoch": 2}
    record = learning(make_record, DEEP_RELU)
    jobs.record = lambda config: replace(
        record,
        epochs=record.epochs[:3],
        curve_arrays={name: values[:3] for name, values in record.curve_arrays.items()},
    )
    page = open_article()
    assert not page.exception
    assert "cut short after epoch 2" in section(page, "3")
    assert "agrees]" in section(page, "1")


def test_a_diverged_run_says_so_in_its_place(
    open_article: Open, trained: dict[str, RunRecord], make_record: Callable[..., RunRecord]
) -> None:
    record = learning(make_record, DEEP_RELU)
    record.curve_arrays["train_loss"][-1] = np.nan
    trained[DEEP_RELU.run_key] = record
    page = open_article()
    assert not page.exception
    assert "disagrees] **validation:** 0 of 3 replicates" in section(page, "3")
    assert "converging:** 0 of 3 replicates" in section(page, "3")
    assert "0 lie below it and 3 above it (all never)." in section(page, "3")


def test_a_cluster_that_is_gone_is_told_once(open_article: Open, jobs: Any) -> None:
    jobs.error = SchedulerError("Expected a scheduler. Received: none")
    page = open_article()
    assert [str(error.value).replace("\\", "") for error in page.error] == ["Expected a scheduler. Received: none"]
    assert "not trained yet" in section(page, "1")
    assert not page.run().error


def test_every_experiment_opens_in_the_lab(open_article: Open) -> None:
    page = open_article()
    links = [link.proto for link in page.get("page_link")]
    queries = [str(link.query_string) for link in links if link.label.endswith(" in the Lab")]
    assert len(queries) == len(EXPERIMENTS)
    assert "activation=relu" in queries[3]
