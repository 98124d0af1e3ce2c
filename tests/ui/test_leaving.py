"""Late questions of a page that was left: they are dropped, those of the next page are not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from vgdemo.ui import turns
from vgdemo.ui.leaving import comes_late, keep_to_the_next_page
from vgdemo.ui.turns import draw_in_turns


def part(page: str, part: str = "progress") -> RerunData:
    return RerunData(page_script_hash=page, fragment_id=part)


def runner_on(page: str) -> ScriptRunner:
    runner = ScriptRunner.__new__(ScriptRunner)
    runner._pages_manager = SimpleNamespace(current_page_script_hash=page)  # type: ignore[assignment]
    return runner


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    monkeypatch.setattr(ScriptRequests, "_request_rerun_locked", ScriptRequests._request_rerun_locked)
    keep_to_the_next_page()
    keep_to_the_next_page()  # A process may serve twice.
    return ScriptRequests()


@pytest.mark.parametrize(
    ("asked", "is_late"),
    [
        (RerunData(page_script_hash="lab", fragment_id_queue=["progress"]), True),
        (RerunData(page_script_hash="", fragment_id_queue=["progress"]), True),
        (RerunData(page_script_hash="compare", fragment_id_queue=["progress"]), False),
        (RerunData(page_script_hash="lab"), False),
        (RerunData(), False),
    ],
)
def test_only_parts_of_another_page_come_late(asked: RerunData, is_late: bool) -> None:
    assert comes_late(runner_on("compare"), asked) == is_late


def test_what_comes_late_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[RerunData] = []
    monkeypatch.setattr(turns, "_draw", lambda _, asked: drawn.append(asked))
    monkeypatch.setattr(ScriptRunner, "_run_script", None)  # It is put back after the test.
    draw_in_turns()
    late, asked = (RerunData(page_script_hash=page, fragment_id_queue=["progress"]) for page in ("lab", "compare"))
    for one in (late, asked):
        runner_on("compare")._run_script(one)
    assert drawn == [asked]


def test_the_page_that_waits_to_be_drawn_is_not_turned_into_that_of_before(requests: ScriptRequests) -> None:
    assert requests.request_rerun(RerunData(page_script_hash="compare"))
    assert requests.request_rerun(part("lab"))
    request = requests.on_scriptrunner_ready()
    assert (request.type, request.rerun_data.page_script_hash) == (ScriptRequestType.RERUN, "compare")
    assert requests.on_scriptrunner_ready().type is ScriptRequestType.STOP


def test_what_belongs_to_the_page_is_asked_for_as_ever(requests: ScriptRequests) -> None:
    for asked in (part("lab"), part("lab", "verdict"), part("lab")):
        assert requests.request_rerun(asked)
    assert requests.on_scriptrunner_ready().rerun_data.fragment_id_queue == ["progress", "verdict"]
    for asked in (RerunData(page_script_hash="lab"), part("lab"), RerunData(page_script_hash="compare")):
        assert requests.request_rerun(asked)
    assert requests.on_scriptrunner_ready().rerun_data.page_script_hash == "compare"
