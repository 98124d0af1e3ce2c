"""Many runs over a grid of settings: what is trained, what came of it, and how that is drawn.

What draws is not imported here, for workers need the first alone.
"""

from vgdemo.study.axis import Axis
from vgdemo.study.grid import Grid
from vgdemo.study.study import Study

__all__ = ["Axis", "Grid", "Study"]
