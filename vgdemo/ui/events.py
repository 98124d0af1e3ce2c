"""What the page's own components tell of: events, of which a browser may say anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

Value = TypeVar("Value")


def told_of(key: str, event: str, kind: type[Value]) -> Value | None:
    """What a component has just told of an event; None if that is nothing, or of another kind.

    Args:
        key: Of the component.
        event: Its name.
        kind: The type of what is told. What is in it may be anything.
    """
    state = st.session_state.get(key)
    told = state.get(event) if isinstance(state, Mapping) else None
    return told if isinstance(told, kind) else None
