"""Training: from a `RunConfig` to a `RunRecord`, with TensorFlow."""

from vgdemo.engine.training import train

__all__ = ["train"]
