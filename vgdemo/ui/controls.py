"""A control for every setting of a run, generated from the one table that `vgdemo.config` holds."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.effects import without_effect
from vgdemo.setting import Setting
from vgdemo.ui.session import control_key

GROUPS = {"network": True, "training": True, "data": False, "repeats": False}  # Name to whether it begins open.
SLIDER_RANGE = 256  # With more values a slider cannot be aimed.


def controls(page: str) -> None:
    """Draw the controls of a page; a setting that does nothing beside the others is off, and its help says why."""
    idle = without_effect(_values(page))
    for group, is_open in GROUPS.items():
        with st.expander(group.capitalize(), expanded=is_open):
            for setting in SETTINGS.values():
                if setting.group == group:
                    _control(setting, page, idle.get(setting.name))


def enter(config: RunConfig, page: str) -> None:
    """Set every control of a page; only before they are drawn, or in a callback."""
    for name in SETTINGS:
        st.session_state[control_key(page, name)] = getattr(config, name)


def entered(page: str) -> RunConfig:
    """What the controls of a page hold, validated here: what a browser sends is never trusted.

    A setting that does nothing beside the others counts as its default, so that one result is one run.

    Raises:
        ValueError: If the settings do not fit together.
    """
    values = _values(page)
    values |= {name: SETTINGS[name].default for name in without_effect(values)}
    # Steps of a control add up to 1.1000000000000001, which would be another run than 1.1.
    return RunConfig(**values | {name: float(f"{v:.10g}") for name, v in values.items() if isinstance(v, float)})


def _values(page: str) -> dict[str, Any]:
    return {name: st.session_state[control_key(page, name)] for name in SETTINGS}


def _control(setting: Setting, page: str, why_idle: str | None) -> None:
    common: dict[str, Any] = {"label": setting.label, "key": control_key(page, setting.name), "help": setting.help}
    common |= {"persist_state": "session", "disabled": why_idle is not None}
    if why_idle:
        common["help"] += f" It does nothing now: {why_idle}."
    low, high = setting.minimum, setting.maximum
    if setting.choices:
        st.selectbox(options=setting.choices, format_func=setting.in_words, **common)
    elif isinstance(setting.default, bool):
        st.toggle(**common)
    elif isinstance(setting.default, float):
        step = 10.0 ** (math.floor(math.log10(setting.default or 0.1)) - 1)
        st.number_input(min_value=float(low), max_value=float(high), step=step, format="%g", **common)
    elif high <= SLIDER_RANGE:
        st.slider(min_value=int(low), max_value=int(high), **common)
    else:
        st.number_input(min_value=int(low), max_value=int(high), step=1, **common)
