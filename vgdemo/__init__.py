"""See why a deep network does not learn: train it, measure its gradients layer by layer, explain and compare."""

from typing import TYPE_CHECKING, Any

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

if TYPE_CHECKING:
    from vgdemo.diagnosis import diagnose
    from vgdemo.engine import train

__all__ = ["RunConfig", "RunRecord", "diagnose", "train"]


def __getattr__(name: str) -> Any:
    """Import what takes long only when it is asked for; the engine's TensorFlow never enters the web process."""
    if name == "train":
        from vgdemo.engine import train

        return train
    if name == "diagnose":
        from vgdemo.diagnosis import diagnose

        return diagnose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
