"""See why a deep network does not learn: train it, measure its gradients layer by layer, explain and compare."""

from typing import TYPE_CHECKING, Any

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

if TYPE_CHECKING:
    from vgdemo.engine import train

__all__ = ["RunConfig", "RunRecord", "train"]


def __getattr__(name: str) -> Any:
    """Import the engine, and TensorFlow with it, only when it is asked for: the web process never does."""
    if name == "train":
        from vgdemo.engine import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
