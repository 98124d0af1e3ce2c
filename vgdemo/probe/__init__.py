"""Measures a Keras model of somebody's own on a fixed batch, and changes nothing in it. For Keras on TensorFlow."""

from vgdemo.probe.batch import Batch, batch_of
from vgdemo.probe.description import Described
from vgdemo.probe.keras_internals import callbacks_of_fit
from vgdemo.probe.own_steps import OwnSteps
from vgdemo.probe.probe import Measured, Probe, Rows

__all__ = ["Batch", "Described", "Measured", "OwnSteps", "Probe", "Rows", "batch_of", "callbacks_of_fit"]
