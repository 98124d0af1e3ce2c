"""A record as pictures: pure functions from a `RunRecord` to a Plotly figure.

Each figure carries its title, a one-sentence reading as its subtitle, and a text for those who cannot see it in
`layout.meta["alt"]`. Figures that change with the epoch have a frame for each stop of the epoch slider.
"""

from plotly.graph_objects import Figure

from vgdemo.figures.curves import curves
from vgdemo.figures.distribution import gradient_distribution
from vgdemo.figures.heatmap import layer_heatmap
from vgdemo.figures.overlay import overlaid_accuracy
from vgdemo.figures.profile import layer_profile
from vgdemo.figures.statistics import STATISTICS
from vgdemo.figures.surface import decision_surface

__all__ = [
    "STATISTICS",
    "Figure",
    "curves",
    "decision_surface",
    "gradient_distribution",
    "layer_heatmap",
    "layer_profile",
    "overlaid_accuracy",
]
