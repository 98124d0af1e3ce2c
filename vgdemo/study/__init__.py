"""Many runs over a grid of settings: what is trained, what came of it, and how that is drawn."""

from vgdemo.study.axis import Axis
from vgdemo.study.curves import can_be_curves
from vgdemo.study.grid import Grid
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES, Measure
from vgdemo.study.outlook import NO_OUTLOOK, Outlook, outlook
from vgdemo.study.presets import STUDIES, StudyPreset
from vgdemo.study.study import Study

__all__ = [
    "MEASURES",
    "NO_OUTLOOK",
    "STUDIES",
    "Axis",
    "Grid",
    "Measure",
    "Outlook",
    "Study",
    "StudyPreset",
    "can_be_curves",
    "landscape",
    "outlook",
]
