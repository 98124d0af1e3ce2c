"""One number, one reckoning: what a run with diverged replicates comes to is the same in every place.

Of the pages, see `tests/ui/test_one_reckoning.py`.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import over_depths
from ten_replicates import ENDINGS, LAST, WRECKS, Ending, ten_replicates

from vgdemo.article import Claim, experiments, judged, table
from vgdemo.article.measures import ARRIVAL, PROGRESS, TRAIN_ACCURACY, VAL_ACCURACY
from vgdemo.comparison import difference, endings, who_learns
from vgdemo.diagnosis import Verdict, diagnose
from vgdemo.export import ReportedRun, curves_table, report, to_csv
from vgdemo.figures import Row, curves, outcome, overlaid_accuracy
from vgdemo.learning import Share, accuracy, accuracy_deciles, arrival, final_accuracy, has_learned
from vgdemo.record import RunRecord, quantile
from vgdemo.store import StoredRun
from vgdemo.study.landscape import landscape
from vgdemo.summary import summarize


@pytest.fixture(params=ENDINGS)
def ending(request: pytest.FixtureRequest) -> Ending:
    return ENDINGS[request.param]


@pytest.fixture(params=WRECKS)
def record(request: pytest.FixtureRequest, ending: Ending) -> RunRecord:
    return ten_replicates(ending, WRECKS[request.param])


def row(content: pd.DataFrame, name: str) -> str:
    """A row of a table with one column."""
    return str(content.loc[name].iloc[0])


def test_learning(record: RunRecord, ending: Ending) -> None:
    deciles = (ending.deciles[0], ending.median, ending.deciles[1])
    assert accuracy_deciles(record) == pytest.approx(deciles)
    assert has_learned(record).sum() == ending.learned
    assert sorted(arrival(record)) == [*ending.arrivals, *[np.inf] * (10 - ending.learned)]
    assert quantile(arrival(record), 0.5, axis=0) == ending.arrival


def test_the_summary(record: RunRecord, ending: Ending) -> None:
    summary = summarize(record)
    assert summary.accuracy == pytest.approx((ending.deciles[0], ending.median, ending.deciles[1]))
    assert summary.learned == Share(ending.learned, 10)
    assert summary.arrival == ending.arrival
    assert summary.verdict is ending.verdict


def test_the_stores_manifest(record: RunRecord) -> None:
    run = StoredRun.of(record, record.to_files())
    assert run.summary == StoredRun.from_bytes(run.to_bytes()).summary == summarize(record)


def test_the_curves(record: RunRecord, ending: Ending) -> None:
    figure = curves(record, singles=True)
    low, high = ending.deciles
    assert figure.layout.title.subtitle.text == (
        f"Median validation accuracy {ending.median:g} at epoch {LAST}; "
        f"10–90 % of 10 replicates: {low:g} to {high:g}; 3 of 10 without finite loss."
    )
    for name in ("train", "validation"):
        (line,) = (trace for trace in figure.data if trace.name == name and trace.yaxis == "y")
        assert line.y[-1] == pytest.approx(ending.median)
    for singles in (trace for trace in figure.data if trace.name == "single replicates" and trace.yaxis == "y"):
        ends = np.reshape(singles.y, (10, -1))[:, LAST]
        np.testing.assert_array_equal(ends, final_accuracy(record))


def test_the_overlay(record: RunRecord, ending: Ending) -> None:
    figure = overlaid_accuracy({"A": record}, {"A": "A"})
    assert f"at the last epoch A {ending.median:g}." in figure.layout.title.subtitle.text
    (line,) = (trace for trace in figure.data if trace.name == "A")
    assert line.y[-1] == pytest.approx(ending.median)


def test_learning_against_depth(record: RunRecord, ending: Ending) -> None:
    figure = landscape(over_depths({2: record}))
    assert f" {10 * ending.learned} % with 2;" in figure.layout.title.subtitle.text
    (line,) = (trace for trace in figure.data if trace.name == "median, 10–90 %")
    assert line.y == pytest.approx([ending.median])
    (points,) = (trace for trace in figure.data if trace.name == "replicate")
    assert sorted(points.y) == sorted(final_accuracy(record))


def test_the_table_of_endings(record: RunRecord, ending: Ending) -> None:
    content = endings({"A": summarize(record)})
    low, high = ending.deciles
    assert row(content, "final validation accuracy, median (10–90 %)") == f"{ending.median:g} ({low:g}–{high:g})"
    assert row(content, "replicates that learn") == str(Share(ending.learned, 10))
    assert row(content, "first epoch at 95 % of the final accuracy") == ending.arrival_in_words


def test_who_learns_and_by_how_much(record: RunRecord, ending: Ending) -> None:
    assert who_learns({"A": record}) == f"A learns in {ending.learned} of 10 replicates."
    guesses = replace(record, curve_arrays=record.curve_arrays | {"val_accuracy": np.full((LAST + 1, 10), 0.5)})
    found = difference(record, guesses)
    assert found is not None and found.pairs == 10
    assert found.mean == pytest.approx(sum(accuracy - 0.5 for accuracy in ending.accuracies) / 10)


@pytest.mark.parametrize("measure", [VAL_ACCURACY, TRAIN_ACCURACY])
def test_the_articles_accuracies(record: RunRecord, ending: Ending, measure: object) -> None:
    found = judged(Claim("validation", "learn", measure, low=0.7), [record])  # type: ignore[arg-type]
    assert found is not None and found.quartiles is not None
    assert found.quartiles[2] == pytest.approx(ending.median)
    assert found.share == Share(ending.learned, 10)
    assert found.sentence.startswith(f"{Share(ending.learned, 10)} learn")
    assert f"median {ending.median:.3f}" in found.sentence
    assert "no number" not in found.sentence


def test_the_articles_arrivals(record: RunRecord, ending: Ending) -> None:
    found = judged(Claim("soon", "arrive", ARRIVAL, low=0, high=LAST + 1), [record])
    assert found is not None and found.quartiles is not None
    np.testing.assert_array_equal(found.values, arrival(record))
    assert found.quartiles[2] == summarize(record).arrival == ending.arrival
    assert found.share == Share(ending.learned, 10)
    assert f"Measured: 1 to never, median {ending.arrival_in_words}." in found.sentence
    assert "no number" not in found.sentence


def test_the_articles_progress(record: RunRecord, ending: Ending) -> None:
    """The first and the last of the four epochs; a replicate that diverged ends where it began, guessing."""
    found = judged(Claim("progress", "fall", PROGRESS, high=0), [record])
    assert found is not None and found.quartiles is not None
    first, last = (accuracy(record, "train")[epoch] for epoch in (0, -1))
    gained = [0.0] * (10 - ending.learned) + [value - 0.5 for value in ending.accuracies if value >= 0.7]
    np.testing.assert_allclose(sorted(found.values), sorted(gained), atol=1e-12)
    np.testing.assert_allclose(sorted(found.values), sorted(last - first), atol=1e-12)
    assert found.quartiles[2] == pytest.approx(sum(sorted(gained)[4:6]) / 2)
    assert "no number" not in found.sentence


def test_the_outcome_of_arrivals(record: RunRecord, ending: Ending) -> None:
    row = Row("soon", arrival(record), text=ARRIVAL.text)
    reading = outcome([row], ARRIVAL.title, ARRIVAL.label).layout.title.subtitle.text
    lower, upper = {2: ("never", "never"), 7: ("2", "never")}[ending.learned]
    assert reading == f"Soon: half of 10 replicates within {lower} to {upper}."


def test_an_arrival_has_one_name(record: RunRecord) -> None:
    assert ARRIVAL.title in endings({"A": summarize(record)}).index


def test_the_articles_table(record: RunRecord, ending: Ending) -> None:
    claims = (Claim("validation", "learn", VAL_ACCURACY, low=0.7), Claim("soon", "arrive", ARRIVAL, low=0, high=9))
    experiment = replace(experiments()[0], claims=claims)
    told, soon = table(experiment, [judged(claim, [record]) for claim in claims]).to_dict("records")
    assert told["min / quartiles / max"].split()[3] == f"{ending.median:.3f}"
    assert soon["min / quartiles / max"].split()[3] == ending.arrival_in_words
    assert told["share, interval"].startswith(f"{ending.learned}/10, ")
    assert soon["share, interval"] == told["share, interval"]


def test_the_diagnosis(record: RunRecord, ending: Ending) -> None:
    found = diagnose(record)
    assert found.verdict is ending.verdict
    assert found.counts[Verdict.HEALTHY] == ending.learned
    assert found.counts[Verdict.DIVERGED] == 3


def test_the_evidence(record: RunRecord, ending: Ending) -> None:
    (told,) = (sentence for sentence in diagnose(record).evidence if "validation accuracy" in sentence)
    assert f" validation accuracy of {ending.median:g}; " in told
    assert told.endswith(" gives 0.5.")


def test_the_report(record: RunRecord, ending: Ending) -> None:
    page = report([ReportedRun(record, "A", letter="A"), ReportedRun(record, "B", letter="B")])
    low, high = ending.deciles
    assert page.count(f"<td>{ending.median:g} ({low:g}–{high:g})</td>") == 2
    assert page.count(f"<td>{Share(ending.learned, 10)}</td>") == 2
    assert page.count(f"<td>{ending.arrival_in_words}</td>") >= 2
    assert f"learns in {ending.learned} of 10 replicates" in page
    readings = re.findall(r'<p class="reading">(.*)</p>', page)
    assert sum(reading.startswith(f"Median validation accuracy {ending.median:g} at") for reading in readings) == 2
    assert any(f"at the last epoch A {ending.median:g}, B {ending.median:g}." in reading for reading in readings)


def test_the_table_of_curves_stays_what_was_measured(record: RunRecord) -> None:
    content = pd.read_csv(io.BytesIO(to_csv(curves_table([ReportedRun(record)]))))
    last = content[content.epoch == LAST]
    for name in ("train_loss", "val_accuracy"):
        np.testing.assert_array_equal(last[name].to_numpy(), record.curve_arrays[name][-1])
