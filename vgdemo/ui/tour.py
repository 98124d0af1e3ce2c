"""The tour on the pages: its panel, and its step in their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.links import TOUR, VIEW, step_query, without_tour
from vgdemo.tour import STEPS
from vgdemo.ui import runs
from vgdemo.ui.address import Address, lead_to
from vgdemo.ui.followed import Followed, are_over
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.session import session

Value = TypeVar("Value")


def toured(address: Address[Value]) -> Address[Value]:
    """The address of a page that the tour comes to, in which the tour's parameter alone stands for all of a step's."""
    page = address.page

    def read(query: Mapping[str, str]) -> tuple[Value, tuple[str, ...]]:
        number, notices = _number(query, page)
        session().steps[page] = number
        value, _ = address.read(without_tour(query if number is None else {**query, TOUR: str(number)}))
        # Also what a step has a view of its own for may be wrong.
        _, more = address.read({name: text for name, text in query.items() if name != TOUR})
        return value, (*notices, *more)

    def write(value: Value) -> dict[str, str]:
        return _shortened(address.write(value), session().steps.get(page))

    return replace(address, read=read, write=write)


def panel(page: str, configs: tuple[RunConfig, ...]) -> None:
    """What to look for at this step, and the ways on; nothing for who is not on the tour.

    Args:
        page: Its title.
        configs: The runs on it.
    """
    number = session().steps.get(page)
    if number is None:
        return
    step = STEPS[number - 1]
    with st.container(border=True, key="tour"):
        st.markdown(f"**{step.title}** ({number} of {len(STEPS)}). {step.text}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _to(number - 1, "Back", page, disabled=number == 1)
            if number < len(STEPS):
                _to(number + 1, f"Next: {STEPS[number].title}", page, type="primary")
            st.button("Leave the tour", type="tertiary", on_click=_leave, args=(page,))
            if not step.is_shown_by(configs):
                st.markdown("You left the tour's run.", width="content")
                _to(number, "Back to it", page)


def train_next(page: str, jobs: Iterable[Followed]) -> None:
    """Train the runs of the next step while this one is read, not beside it, so that they are there when asked for.

    Args:
        page: Its title.
        jobs: The runs on it.
    """
    number = session().steps.get(page)
    if number is not None and number < len(STEPS) and are_over(jobs):
        runs.queue([config for config in STEPS[number].runs if not runs.is_stored(config.run_key)])


def tour_button(page: str) -> None:
    """The way to the tour's beginning, from any page."""
    _to(1, "Tour", page, type="tertiary")


def _number(query: Mapping[str, str], page: str) -> tuple[int | None, tuple[str, ...]]:
    """The step that an address asks for; one of the Lab that names no run asks for the first."""
    text = query.get(TOUR, "1" if page == LAB and not query.keys() - {VIEW} else None)
    numbers = [number for number in range(1, len(STEPS) + 1) if _page_of(number) == page]
    if text is None or text in map(str, numbers):
        return (None if text is None else int(text)), ()
    expected = f"Expected `{TOUR}` to be one of {', '.join(map(str, numbers))}, the tour's steps on this page."
    return None, (f"{expected} Received: {TOUR}={text}",)


def _page_of(number: int) -> str:
    return LAB if len(STEPS[number - 1].runs) == 1 else COMPARE


def _shortened(query: dict[str, str], number: int | None) -> dict[str, str]:
    """The first step needs no parameter at all."""
    if number is None:
        return query
    if query != step_query(number):
        return query | {TOUR: str(number)}
    return {} if number == 1 else {TOUR: str(number)}


def _to(number: int, label: str, page: str, **options: Any) -> None:
    """A button that leads to a step, on this page or on another one."""
    target, query = _page_of(max(number, 1)), {TOUR: str(number)}
    if target == page:
        st.button(label, on_click=lead_to, args=(query,), **options)
    elif st.button(label, **options):
        st.switch_page(PAGES[target], query_params=query)


def _leave(page: str) -> None:
    session().steps[page] = None
