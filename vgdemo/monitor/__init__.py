"""A Keras callback that records the gradients of any training, and changes nothing in it."""

from vgdemo.monitor.callback import GradientMonitor

__all__ = ["GradientMonitor"]
