"""A control for every setting of a run, generated from the one table that `vgdemo.config` holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig, carried_over
from vgdemo.effects import without_effect
from vgdemo.setting import Setting
from vgdemo.ui.session import control_key, session

GROUPS = {"network": True, "training": True, "data": False, "repeats": False}  # Name to whether it begins open.
SLIDER_RANGE = 400  # With more values a slider cannot be aimed.
NONE: Mapping[str, str] = MappingProxyType({})


def controls(page: str, idle: Mapping[str, str] = NONE) -> None:
    """Draw the controls that a page's network has.

    A setting that does nothing beside the others is off, and its help says why.

    Args:
        page: Its title.
        idle: More settings that do nothing on the page, each with the reason.
    """
    values = _values(page)
    idle = without_effect(values) | {**idle}
    session().networks[page] = values["network"]
    for group, is_open in GROUPS.items():
        with st.expander(group.capitalize(), expanded=is_open):
            for setting in SETTINGS_OF[values["network"]].values():
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
    settings = SETTINGS_OF[values["network"]]
    values |= {name: settings[name].default for name in without_effect(values) if name in settings}
    # Steps of a control add up to 1.1000000000000001, which would be another run than 1.1.
    return RunConfig(**values | {name: float(f"{v:.10g}") for name, v in values.items() if isinstance(v, float)})


def _values(page: str) -> dict[str, Any]:
    """All settings by name; those that the network does not have are at their defaults."""
    network = st.session_state[control_key(page, "network")]
    return _values_of(network, page)


def _values_of(network: str, page: str) -> dict[str, Any]:
    values = {name: setting.default for name, setting in SETTINGS.items()}
    held = {name: st.session_state[control_key(page, name)] for name in SETTINGS_OF[network]}
    return values | held | {"network": network}


def _carry_over(page: str) -> None:
    """Another network has other defaults: what was set for the one before stays where it fits."""
    before, chosen = session().networks[page], st.session_state[control_key(page, "network")]
    for name, value in carried_over(_values_of(before, page), chosen).items():
        st.session_state[control_key(page, name)] = value


def _control(setting: Setting, page: str, why_idle: str | None) -> None:
    common: dict[str, Any] = {"label": setting.label, "key": control_key(page, setting.name), "help": setting.help}
    common |= {"persist_state": "session", "disabled": why_idle is not None}
    if why_idle:
        common["help"] += f" It does nothing now: {why_idle}."
    low, high = setting.minimum, setting.maximum
    if setting.name == "network":
        common |= {"on_change": _carry_over, "args": (page,)}
    if setting.choices:
        st.selectbox(options=setting.choices, format_func=setting.in_words, **common)
    elif isinstance(setting.default, bool):
        st.toggle(**common)
    elif isinstance(setting.default, float):
        step = 10.0 ** (math.floor(math.log10(setting.default or 0.1)) - 1)
        st.number_input(
            min_value=float(low), max_value=float(high), step=step, format="%g", value=None, required=True, **common
        )
    elif high <= SLIDER_RANGE:
        st.slider(min_value=int(low), max_value=int(high), **common)
    else:
        st.number_input(min_value=int(low), max_value=int(high), step=1, value=None, required=True, **common)
