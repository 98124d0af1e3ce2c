"""What there is to see in the picture of a study, in a sentence with its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from vgdemo.diagnosis import HEADLINES
from vgdemo.study.cells import FAILED, NOT_MEASURED, TO_COME, Cell
from vgdemo.study.measures import VERDICTS, Measure
from vgdemo.wording import capitalized, counted, listed, uncapitalized

FEW = 12  # Runs of one axis of which a sentence names all numbers.


def reading(measure: Measure, cells: Sequence[Cell], *, along: str = "", beyond: str = "") -> str:
    """The extremes and where they are, or the verdicts, then what there is no number of.

    Args:
        measure: What is drawn.
        cells: All runs.
        along: What the one axis is called; empty if there are two.
        beyond: What lies beyond the scale, after a blank.
    """
    known = [cell for cell in cells if cell.value is not None]
    if not known:
        return f"{_nothing(measure, cells)}."
    said = _verdicts(known) if measure.is_verdict else _numbers(measure, known, along)
    return f"{capitalized(said)}{_rest(cells)}.{beyond}"


def _nothing(measure: Measure, cells: Sequence[Cell]) -> str:
    if any(cell.mark == NOT_MEASURED for cell in cells):
        needs = f": a run needs {measure.needs}" if measure.needs else ""
        return f"{measure.title}: not measured in any run that is trained{needs}"
    failed = sum(cell.mark == FAILED for cell in cells)
    return f"None of {counted(len(cells), 'run')} is trained yet" + (f"; {failed} failed" if failed else "")


def _verdicts(known: Sequence[Cell]) -> str:
    counts = Counter(VERDICTS[int(cell.middle)] for cell in known).most_common()
    named = [f"{uncapitalized(HEADLINES[verdict])} in {count}" for verdict, count in counts]
    return f"of {counted(len(known), 'run')} the verdict is {listed(named)}"


def _numbers(measure: Measure, known: Sequence[Cell], along: str) -> str:
    finite = [cell for cell in known if np.isfinite(cell.middle)]
    special = listed(_special(known))
    if not finite:
        return f"{measure.label}: {special}"
    others = "" if special == "nothing" else f"; {special}"
    if along and len(known) <= FEW:
        named = [f"{measure.text(cell.middle)} with {cell.points[0]}" for cell in finite]
        return f"{measure.label}, by {along}: {', '.join(named)}{others}"
    values = [cell.middle for cell in finite]
    least, most = (_extreme(measure, finite, value) for value in (min(values), max(values)))
    return f"{measure.label}: {least}{f' to {most}' if most != least else ''}{_often(measure, values)}{others}"


def _often(measure: Measure, values: Sequence[float]) -> str:
    """Of shares that learn, how many are large."""
    if measure.name != "learned":
        return ""
    count = sum(value >= 0.5 for value in values)
    return f"; half of the replicates or more learn in {count} of {counted(len(values), 'run')}"


def _extreme(measure: Measure, finite: Sequence[Cell], value: float) -> str:
    """A value, and where it is or how often."""
    cells = [cell for cell in finite if cell.middle == value]
    return f"{measure.text(value)} ({cells[0].words if len(cells) == 1 else counted(len(cells), 'run')})"


def _special(known: Sequence[Cell]) -> list[str]:
    values = np.array([cell.middle for cell in known])
    kinds = ((np.isnan(values), "not a number"), (np.isinf(values), "infinite"))
    return [f"{where.sum()} {words}" for where, words in kinds if where.any()]


def _rest(cells: Sequence[Cell]) -> str:
    marks = Counter(cell.mark for cell in cells if cell.mark)
    words = [f"{marks[mark]} {mark}" for mark in (TO_COME, FAILED, NOT_MEASURED) if marks[mark]]
    return f"; of {counted(len(cells), 'run')} {listed(words)}" if words else ""
