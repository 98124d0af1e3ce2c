"""See why a deep network does not learn: train it, measure its gradients layer by layer, explain and compare.

| name | gives |
| --- | --- |
| `RunConfig` | the settings of a run |
| `train(config)` | its `RunRecord`: what was measured at every epoch |
| `summarize(record)`, `diagnose(record)` | how the run ends; what it has, why, and what may cure it |
| `try_remedies(record)` | what came of each of its first remedies, which are trained for it |
| `run_study(base, grid)` | a `Study`: how each run of a grid of settings ends, trained here or on a cluster |
| `figures`, `export` | a record as Plotly figures; as tables, a report, Keras code, a TensorBoard log |
| `GradientMonitor` | a Keras callback that records the gradients of any training |
| `RunStore` | finished runs, kept in a folder or a bucket |
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

if TYPE_CHECKING:
    from vgdemo import export, figures
    from vgdemo.diagnosis import diagnose
    from vgdemo.jobs import run_study
    from vgdemo.monitor import GradientMonitor
    from vgdemo.store import RunStore
    from vgdemo.summary import summarize
    from vgdemo.training import train
    from vgdemo.trials import try_remedies

__all__ = [
    "GradientMonitor",
    "RunConfig",
    "RunRecord",
    "RunStore",
    "diagnose",
    "export",
    "figures",
    "run_study",
    "summarize",
    "train",
    "try_remedies",
]

# What takes long to import is imported when it is asked for.
_HOMES = {
    "GradientMonitor": "vgdemo.monitor",
    "RunStore": "vgdemo.store",
    "diagnose": "vgdemo.diagnosis",
    "run_study": "vgdemo.jobs",
    "summarize": "vgdemo.summary",
    "train": "vgdemo.training",
    "try_remedies": "vgdemo.trials",
}


def __getattr__(name: str) -> Any:
    """Import a public name."""
    if name in ("export", "figures"):
        return import_module(f"vgdemo.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
