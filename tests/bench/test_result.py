from __future__ import annotations

import json

import pytest

from bench.compare import table
from bench.result import Result


@pytest.mark.parametrize(("unit", "below", "above"), [("s", True, False), ("times", False, True)])
def test_a_promise_is_an_upper_bound_except_of_how_many_times_faster(unit: str, below: bool, above: bool) -> None:
    assert Result("a run", [1, 9, 2], 3, unit).is_met is below
    assert Result("a run", [1, 9, 5], 3, unit).is_met is above


def test_a_result_goes_through_json_with_its_verdict() -> None:
    written = json.dumps(Result("a run", (1.5, 2.5), 3).to_dict())
    assert json.loads(written) == {"what": "a run", "values": [1.5, 2.5], "budget": 3, "unit": "s", "met": True}
    assert Result("a run", [1]).to_dict()["met"] is None


def test_only_what_was_measured_of_both_commits_is_compared() -> None:
    before = {("a run", "s"): [2.0, 1.0, 3.0], ("a walk", "s"): [1.0]}
    now = {("a run", "s"): [1.0, 0.5, 4.0], ("a walk", "times"): [1.0]}
    assert [*table(before, now)] == ["a run: 2 (1 to 3) before, 1 (0.5 to 4) now, s; 0.5 times"]
