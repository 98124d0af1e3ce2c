"""First weights: Keras's distributions, drawn so that settings can be compared replicate by replicate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vgdemo.activations import Array
from vgdemo.config import RunConfig
from vgdemo.draws import drawn
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Kernel

BATCH_ORDER_STREAM, OUTPUT_STREAM = 0, 1  # Hidden layer l draws from stream 1 + l,
RECURRENT_STREAM = 100  # and its recurrent kernel from stream 100 + l.
SAME = 1e-6  # What differs by less, relative to its size, are equal numbers in float32.
FAINT = 1e-36  # To make a signal of a smaller deviation, weights would have to be larger than float32 holds.


def generator(config: RunConfig, replicate: int, stream: int) -> np.random.Generator:
    """Random numbers that depend on seed, replicate and stream alone, so that adding replicates extends a run.

    Args:
        config: The settings of the run.
        replicate: Which of them, from 0.
        stream: What is drawn: `BATCH_ORDER_STREAM`, or `OUTPUT_STREAM` or `RECURRENT_STREAM` plus the number of a
            hidden layer.
    """
    return np.random.default_rng(np.random.SeedSequence([config.seed, replicate, stream]))


def initial_kernels(config: RunConfig) -> list[NDArray[np.float32]]:
    """The first weights of all replicates: a (replicates, inputs, outputs) array for each kernel of the model.

    Every initialiser maps the same uniform draws to its own distribution. So two runs that differ in the initialiser
    alone start from the same draws, scaled differently, and the output layer's draw does not depend on the depth.
    """
    return [_initial_kernel(config, kernel).astype(np.float32) for kernel in config.model.kernels]


def _initial_kernel(config: RunConfig, kernel: Kernel) -> Array:
    if kernel.is_output:
        initializer, gain, stream = config.output_initializer, 1.0, OUTPUT_STREAM
    elif kernel.name == "recurrent_kernel":
        initializer, gain = config.recurrent_initializer, config.recurrent_gain
        stream = RECURRENT_STREAM + int(kernel.layer)
    else:
        initializer, gain = config.kernel_initializer, config.gain
        stream = OUTPUT_STREAM + (1 if config.shared_draw else int(kernel.layer))
    return gain * drawn(INITIALIZERS[initializer], _draws(config, stream, kernel.shape))


def unit_variance_kernels(
    kernels: list[NDArray[np.float32]], inputs: NDArray[np.float32], activate: Callable[[Array], Array], gain: float
) -> list[NDArray[np.float32]]:
    """Layer-sequential unit variance (Mishkin & Matas 2016): divide each hidden kernel by its output's deviation.

    Biases are zero, so one division gives each layer's pre-activations the standard deviation `gain` on the inputs. A
    layer whose pre-activations hardly vary keeps its draw, as in the authors' own code: no factor gives it a variance.

    Args:
        kernels: (R, inputs, outputs) of layers 1 to H + 1; the last stays as it is.
        inputs: (N, 2) the points to look at.
        activate: The hidden layers' activation.
        gain: What multiplies every hidden kernel, these ones too.
    """
    *hidden, output = kernels
    values, scaled = inputs.astype(np.float64)[None], []
    for kernel in hidden:
        pre_activations = values @ kernel.astype(np.float64)
        scale = _scale_to(gain, pre_activations)
        scaled.append((kernel * scale).astype(np.float32))
        values = activate(pre_activations * scale)
    return [*scaled, output]


def _scale_to(deviation: float, values: Array) -> Array:
    """(R, 1, 1) what gives each replicate's values this deviation; 1 where they are all equal, up to rounding."""
    present = values.std(axis=(1, 2), keepdims=True)
    varies = present > np.maximum(FAINT, SAME * np.abs(values).max(axis=(1, 2), keepdims=True))
    return np.where(varies, deviation / np.where(varies, present, 1), 1)


def _draws(config: RunConfig, stream: int, shape: tuple[int, ...]) -> Array:
    """(replicates, inputs, outputs) uniform numbers in (0, 1)."""
    tiny = np.finfo(np.float64).tiny  # The generator may return 0, whose normal quantile is minus infinity.
    return np.stack([np.maximum(generator(config, i, stream).random(shape), tiny) for i in range(config.replicates)])
