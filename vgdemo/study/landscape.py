"""The picture of a study: a map over two axes, curves over one."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from vgdemo.config import RunConfig
from vgdemo.study.cells import cells_of
from vgdemo.study.curves import StudyCurves
from vgdemo.study.heatmap import StudyMap
from vgdemo.study.measures import MEASURES
from vgdemo.study.outlook import NO_OUTLOOK, Outlook
from vgdemo.study.study import Study

NO_CEILINGS: Mapping[RunConfig, float] = {}


def landscape(
    study: Study,
    measure: str = "learned",
    *,
    as_curves: bool = False,
    outlook: Outlook = NO_OUTLOOK,
    ceilings: Mapping[RunConfig, float] = NO_CEILINGS,
) -> go.Figure:
    """One measure of all runs: a map over two axes, curves over one, or along the longer one of two.

    On a map the colours have one range for all studies; a run that is not over, that failed, of which the measure was
    not measured, or whose value is an exact zero, NaN or infinite is drawn as that. Below the curves of the share that
    learns stand the final accuracies.

    Whatever stands for a run has the run's places on the grid's axes at the beginning of its `customdata`, so that
    `study.grid.at` gives the run: `customdata[row][column]` of a map and `customdata[point]` of points and curves
    begin with i, or with i and j. Bands and the lines of what can be reached or of χ = 1 have none.

    Args:
        study: What there is so far.
        measure: A name of `MEASURES`.
        as_curves: Draw a study of two axes as curves, one for each of at most 4 points of its shorter axis; see
            `can_be_curves`.
        outlook: What theory says of the measure.
        ceilings: Run to the validation accuracy that can be reached on its points, where it is known; drawn if it is
            the same everywhere.

    Example:
        >>> from vgdemo.study.grid import Grid
        >>> grid = Grid.of(RunConfig(), {"num_hidden_layers": [1, 2], "units": [3, 5]})
        >>> figure = landscape(Study(grid, {}))
        >>> figure.layout.title.text, figure.layout.title.subtitle.text
        ('Share that learns over hidden layers and units per layer', 'None of 4 runs is trained yet.')

    Raises:
        ValueError: If there is no such measure, or there would be too many curves.
    """
    if measure not in MEASURES:
        raise ValueError(f"Expected a measure of a study, one of {', '.join(MEASURES)}. Received: {measure}")
    shown = MEASURES[measure]
    if as_curves or len(study.grid.axes) == 1:
        return StudyCurves(study).figure(shown, outlook, ceilings)
    return StudyMap(study.grid, shown, cells_of(study, shown)).figure(outlook.edge)
