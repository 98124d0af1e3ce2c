"""How a visit looks at a study: what its cells show, as a map or as curves; in one parameter of the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from vgdemo.links import VIEW
from vgdemo.study.measures import MEASURES
from vgdemo.ui.session import AS_CURVES, MEASURE

_MEASURE, _CURVES = "measure", "curves"


@dataclass(frozen=True)
class StudyLook:
    """A way to look at a study.

    Attributes:
        measure: What its cells show, a name in `MEASURES`.
        as_curves: Whether each point of the shorter axis is a curve, in place of a row of a map.

    Example:
        >>> StudyLook("accuracy", as_curves=True).to_query()
        {'view': 'measure-accuracy curves-1'}
        >>> StudyLook.from_text("measure-verdict")
        (StudyLook(measure='verdict', as_curves=False), ())
    """

    measure: str = next(iter(MEASURES))
    as_curves: bool = False

    def to_query(self) -> dict[str, str]:
        """What differs from the usual look; no parameter if nothing does."""
        words = [f"{_MEASURE}-{self.measure}"] if self.measure != StudyLook.measure else []
        words += [f"{_CURVES}-1"] if self.as_curves else []
        return {VIEW: " ".join(words)} if words else {}

    @classmethod
    def from_text(cls, text: str) -> tuple[StudyLook, tuple[str, ...]]:
        """The look that the parameter asks for, and a sentence for each part that could not be taken."""
        measure, as_curves, notices = cls.measure, False, []
        for name, _, value in (word.partition("-") for word in text.split()):
            if name == _MEASURE and value in MEASURES:
                measure = value
            elif name == _CURVES and value == "1":
                as_curves = True
            elif name == _MEASURE:
                notices.append(
                    f"Expected a study's `measure` to be one of {', '.join(MEASURES)}. "
                    f"Received: {value[:40]!r}. It is ignored."
                )
            else:
                notices.append(f"Expected a part of a study's view: measure, curves-1. Received: {name[:40]!r}.")
        return cls(measure, as_curves), tuple(notices)


def look_at_study() -> StudyLook:
    """How the visit looks at the study now."""
    measure = st.session_state.get(MEASURE, StudyLook.measure)
    return StudyLook(measure, bool(st.session_state.get(AS_CURVES, False)))


def set_study_look(wanted: StudyLook) -> None:
    """Set the choices; only before they are drawn, or in a callback."""
    st.session_state[MEASURE], st.session_state[AS_CURVES] = wanted.measure, wanted.as_curves
