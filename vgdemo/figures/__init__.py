"""A record as pictures: pure functions from a `RunRecord` of any network to a Plotly figure.

Each figure carries its title, a one-sentence reading as its subtitle, and a text for those who cannot see it in
`layout.meta["alt"]`. Figures that change with the epoch have a frame for each stop of the epoch slider. A figure draws
what a record has; of what was not measured its reading speaks.
"""

from plotly.graph_objects import Figure

from vgdemo.figures.curves import curves
from vgdemo.figures.density import gradient_density
from vgdemo.figures.distribution import gradient_distribution
from vgdemo.figures.heatmap import layer_heatmap
from vgdemo.figures.layer_lines import layer_lines
from vgdemo.figures.outcome import Row, outcome
from vgdemo.figures.overlay import overlaid_accuracy, overlaid_loss, overlaid_profiles, overlays_of
from vgdemo.figures.phases import phases
from vgdemo.figures.points import scatter
from vgdemo.figures.profile import layer_profile
from vgdemo.figures.scales import ALL_STATISTICS, STATISTICS, Statistic, statistics_of
from vgdemo.figures.style import RUN_COLORS
from vgdemo.figures.surface import decision_surface
from vgdemo.figures.views import VIEWS, View, ViewOptions, views_of

__all__ = [
    "ALL_STATISTICS",
    "RUN_COLORS",
    "STATISTICS",
    "VIEWS",
    "Figure",
    "Row",
    "Statistic",
    "View",
    "ViewOptions",
    "curves",
    "decision_surface",
    "gradient_density",
    "gradient_distribution",
    "layer_heatmap",
    "layer_lines",
    "layer_profile",
    "outcome",
    "overlaid_accuracy",
    "overlaid_loss",
    "overlaid_profiles",
    "overlays_of",
    "phases",
    "scatter",
    "statistics_of",
    "views_of",
]
