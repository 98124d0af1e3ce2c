"""The address of a page, on a page that has nothing else."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.ui.session import SESSION


def page_of_a_number() -> None:
    """Shows a number, which its address says."""
    from collections.abc import Mapping

    import streamlit as st

    from vgdemo.ui.address import Address

    def read(query: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
        text = query.get("n", "1")
        return (int(text), ()) if text.isdecimal() else (1, (f"no number: {text}",))

    address = Address("page.py", read, lambda number: {} if number == 1 else {"n": str(number)})
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


def test_an_address_that_the_page_did_not_write_wins(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    page.query_params["n"] = "9"
    assert page.run().number_input[0].value == 9


def test_what_cannot_be_taken_is_said_until_the_person_changes_something(page: AppTest) -> None:
    page.query_params["n"] = "many"
    assert [warning.value for warning in page.run().warning] == ["no number: many"]
    assert len(page.run().warning) == 1
    assert query(page) == {}
    assert not page.number_input[0].set_value(3).run().warning


def test_the_navigation_finds_the_address_that_a_page_had_last(page: AppTest) -> None:
    page.run().number_input[0].set_value(5).run()
    assert page.session_state[SESSION].visited["page.py"].query == {"n": "5"}
