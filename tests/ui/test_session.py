from __future__ import annotations

from streamlit.testing.v1 import AppTest

from vgdemo.config import SETTINGS
from vgdemo.ui import session
from vgdemo.ui.session import SESSION, Session, control_key


def page_that_counts() -> None:
    from vgdemo.ui.session import session

    session().notice = (session().notice or "") + "x"


def test_a_visit_remembers_from_one_rerun_to_the_next_and_visits_are_apart() -> None:
    page, other = (AppTest.from_function(page_that_counts, default_timeout=30).run() for _ in range(2))
    assert page.run().run().session_state[SESSION] == Session(notice="xxx")
    assert other.session_state[SESSION] == Session(notice="x")


def test_no_two_widgets_share_a_key() -> None:
    constants = [value for name, value in vars(session).items() if name.isupper() and isinstance(value, str)]
    controls = [control_key(page, name) for page in ("Lab", "Compare") for name in SETTINGS]
    keys = [*constants, *controls]
    assert len(keys) == len(set(keys)) >= 2 * len(SETTINGS)
