"""The address of a page, on a page that has nothing else."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.ui.session import SESSION, Visited


def page_of_a_number() -> None:
    """Shows a number, which its address says."""
    from collections.abc import Mapping

    import streamlit as st

    from vgdemo.ui.address import Address, come_to

    def read(query: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
        text = query.get("n", "1")
        return (int(text), ()) if text.isdecimal() else (1, (f"no number: {text}",))

    come_to("Numbers")
    address = Address("Numbers", read, lambda number: {} if number == 1 else {"n": str(number)})
    asked = address.asked()
    if asked is not None:
        st.session_state["number"] = asked
    number = st.number_input("Number", key="number", step=1)
    for notice in address.notices(number):
        st.warning(notice)
    address.show(number)


def query(page: AppTest) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in page.query_params.items()}


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(page_of_a_number, default_timeout=30)


def test_a_first_visit_shows_what_the_address_asks_for(page: AppTest) -> None:
    page.query_params["n"] = "7"
    assert page.run().number_input[0].value == 7
    assert query(page) == {"n": ["7"]}


def test_what_the_person_sets_stands_in_the_address_and_stays(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    assert query(page) == {"n": ["5"]}
    assert page.run().number_input[0].value == 5
    assert page.number_input[0].set_value(1).run().number_input[0].value == 1
    assert query(page) == {}


def test_an_older_address_in_a_request_changes_nothing(page: AppTest) -> None:
    """A browser that is asked much sends what its address was before the page wrote the last one."""
    page.run().number_input[0].set_value(5).run()
    page.query_params["n"] = "4"
    assert page.run().number_input[0].value == 5
    page.query_params["n"] = "4"
    assert page.number_input[0].set_value(6).run().number_input[0].value == 6
    assert query(page) == {"n": ["6"]}


def test_back_and_forward_lead_to_what_was_seen(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    page.session_state[SESSION].moved = {"n": "9"}
    assert page.run().number_input[0].value == 9
    assert page.run().number_input[0].value == 9
    page.session_state[SESSION].moved = {}
    assert page.run().number_input[0].value == 1


def leave(page: AppTest, other: str, query: dict[str, str]) -> None:
    """As if another page had been drawn, with an address of its own."""
    visited = page.session_state[SESSION].visited
    visited["Numbers"] = visited["Numbers"]._replace(is_left=True)
    visited[other] = Visited(query, None, ())


def test_coming_back_by_a_link_reads_its_address(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    leave(page, "Letters", {"a": "x"})
    page.query_params["n"] = "8"
    assert page.run().number_input[0].value == 8


def test_coming_back_with_another_pages_address_shows_what_was_shown_before(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    leave(page, "Letters", {"a": "x"})
    page.query_params.clear()
    page.query_params["a"] = "x"
    assert page.run().number_input[0].value == 5
    assert not page.warning
    assert query(page) == {"n": ["5"]}


def test_what_cannot_be_taken_is_said_until_the_person_changes_something(page: AppTest) -> None:
    page.query_params["n"] = "many"
    assert [warning.value for warning in page.run().warning] == ["no number: many"]
    assert len(page.run().warning) == 1
    assert query(page) == {}
    assert not page.number_input[0].set_value(3).run().warning


def test_the_navigation_finds_the_address_that_a_page_had_last(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    assert page.session_state[SESSION].visited["Numbers"].query == {"n": "5"}
