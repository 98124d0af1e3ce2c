from __future__ import annotations

import numpy as np

from vgdemo.article import Finding, experiments, table


def test_a_row_has_published_and_measured_numbers() -> None:
    experiment = experiments()[0]
    values = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
    rows = table(experiment, [Finding(claim, values) for claim in experiment.claims])
    first = rows.iloc[0]
    assert first["experiment"] == "1 · Shallow tanh"
    assert first["published"] == "0.816"
    assert first["min / quartiles / max"] == "0.500 / 0.600 0.700 0.800 / 0.900"
    assert first["share, interval"] == "2/5, 12–77 %"
    assert first["verdict"] == "one draw of many"


def test_what_never_happens_stands_in_its_row_as_never() -> None:
    experiment = experiments()[0]
    values = np.array([190, 200, 210, np.inf, np.inf])
    rows = table(experiment, [Finding(claim, values) for claim in experiment.claims])
    assert rows.iloc[2]["min / quartiles / max"] == "190 / 200 210 never / never"


def test_a_claim_without_a_run_keeps_its_row() -> None:
    experiment = experiments()[1]
    rows = table(experiment, [None] * len(experiment.claims))
    assert list(rows["verdict"]) == ["not trained"] * len(experiment.claims)
    assert list(rows["published"])[:2] == ["0.530", "0.468"]
