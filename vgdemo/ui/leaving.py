"""What a page asks for that somebody has just left: it comes late, and is of no use any more.

A page asks for its parts several times a second while it shows a run, also when a click on a link is on its way.
Streamlit would tell the browser that it is on the page of before; the browser takes the new one away, and what comes of
that later fits nowhere: the page stays empty.
"""

from __future__ import annotations

from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

_fold: Any = ScriptRequests._request_rerun_locked


def comes_late(runner: ScriptRunner, asked: RerunData) -> bool:
    """Whether parts of another page are asked for than the visit's, by the time they would be drawn."""
    return bool(asked.fragment_id_queue) and asked.page_script_hash != runner._pages_manager.current_page_script_hash


def keep_to_the_next_page() -> None:
    """Have Streamlit not turn a page that waits to be drawn into the one of which a part is asked for."""
    ScriptRequests._request_rerun_locked = _fold_in  # type: ignore[method-assign, assignment]


def _fold_in(requests: ScriptRequests, asked: RerunData) -> bool:
    """Whether it is taken care of."""
    waiting = requests._rerun_data
    is_next = requests._state is ScriptRequestType.RERUN and not waiting.fragment_id_queue
    if asked.fragment_id and is_next and asked.page_script_hash != waiting.page_script_hash:
        return True
    return bool(_fold(requests, asked))
