"""The size of the gradient by a recurrent network's state at every time step, forecast before any training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from vgdemo.activations import ACTIVATIONS, Array
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.initializers import INITIALIZERS
from vgdemo.record import Reach, factor_per_step, reach
from vgdemo.theory.band import Band, band
from vgdemo.theory.drawn_recurrent import drawn_through_time, takes_too_long
from vgdemo.theory.mean_field import LARGEST_VARIANCE, SMALLEST_VARIANCE, gaussian_mean

SMALLEST_POWER, LARGEST_POWER = -307, 307  # Of ten, that a number holds; beyond them a size is neither 0 nor infinite.
MEAN_FIELD_POINTS = 8  # Sequences of which the mean-field signal is followed.


@dataclass(frozen=True)
class ThroughTime:
    """The forecast of a recurrent run before its first update; it says nothing of a trained network.

    Line and band are those of networks drawn as the engine draws them, with the sequences of the run.

    Attributes:
        config: The settings of the run, with L recurrent layers and T time steps.
        caveat: Why there is no line, in one sentence; empty where there is one, without which all others are None.
        size: (L, T) each, root mean square of ∂L/∂h_t over points and units, over that of the last step of layer L.
        factor: (L,) each, by what a step multiplies it on its way back to the step before, the geometric mean over
            time; 0 where none comes back.
        gate: (L,) each, what LSTM's forget gate or GRU's update gate lets pass of the state from step to step, the
            geometric mean over units, points and time; None for a cell without such a gate.
        chi: (L, T - 1) χ: the factor on the squared gradient from step t + 1 to step t, in the limit of many units;
            None where the theory has none: of cells with gates, of kernels that are not drawn around 0.
    """

    statistic: ClassVar[str] = "state_gradient_rms"

    config: RunConfig
    caveat: str = ""
    size: Band | None = None
    factor: Band | None = None
    gate: Band | None = None
    chi: Array | None = None

    @cached_property
    def reach(self) -> Reach | None:
        """How far back the line of the last layer reaches."""
        return None if self.size is None else reach(self.size.median[-1])


def through_time(config: RunConfig, sequences: ArrayLike, classes: ArrayLike) -> ThroughTime:
    """Forecast the gradient of the loss by the state of every recurrent layer at every time step, at epoch 0.

    Args:
        config: The settings of the run, whose layers are recurrent.
        sequences: (n, T, 2) of the probe, of which the first are taken.
        classes: (n,) 0 or 1.

    Example:
        >>> config = RunConfig(network="simple_rnn", recurrent_gain=0.5, time_steps=20)
        >>> expected = through_time_of(config)
        >>> expected.size.median.shape, expected.reach.way.value
        ((1, 20), 'fades')
    """
    if takes_too_long(config):
        return ThroughTime(config, "No forecast: to draw networks of so many weights for so many steps takes too long.")
    x = np.asarray(sequences, np.float64)
    drawn = drawn_through_time(config, x, np.asarray(classes, np.float64))
    steps = np.arange(config.time_steps)
    factors = [[factor_per_step(of_layer, steps) for of_layer in network] for network in drawn.log_sizes]
    return ThroughTime(
        config,
        size=band(_sizes(drawn.log_sizes)),
        factor=band(np.nan_to_num(factors, nan=0.0)),
        gate=None if np.isnan(drawn.log_gates).all() else band(10**drawn.log_gates),
        chi=mean_field_chi(config, x[:MEAN_FIELD_POINTS]),
    )


def through_time_of(config: RunConfig) -> ThroughTime:
    """The forecast over the sequences on which the run itself measures its gradients."""
    data = make_dataset(config)
    return through_time(config, data.x_train, data.y_train)


def _sizes(log_sizes: Array) -> Array:
    """Numbers of these logarithms to base 10: an exact 0 stays one, and nothing else becomes 0 or infinite."""
    return np.where(np.isneginf(log_sizes), 0, 10.0 ** np.clip(log_sizes, SMALLEST_POWER, LARGEST_POWER))


def mean_field_chi(config: RunConfig, sequences: Array) -> Array | None:
    """χ of the recurrent kernels of SimpleRNN at every time step, averaged over the sequences.

    χ = σ² E φ'(√q_t z)², with σ² the units times the variance of a recurrent weight, and q_t the variance of the
    pre-activations, which begins with that of the inputs alone and soon rests where these drive it (Chen, Pennington &
    Schoenholz 2018, "Dynamical isometry and a mean field theory of RNNs").

    Args:
        config: The settings of the run.
        sequences: (n, T, inputs).

    Returns:
        (L, T - 1), from step 2 on; None where this theory does not hold.
    """
    recurrent, kernel = (INITIALIZERS[name] for name in (config.recurrent_initializer, config.kernel_initializer))
    if config.network != "simple_rnn" or recurrent.mean or kernel.mean or recurrent.distribution == "identity":
        return None
    activation, units, time_steps = ACTIVATIONS[config.activation], config.units, sequences.shape[1]
    weight_variance = units * recurrent.variance(units, units) * config.recurrent_gain**2
    drive = kernel.variance(sequences.shape[2], units) * np.square(sequences).sum(axis=-1).T
    chi = np.empty((config.num_hidden_layers, time_steps))
    for layer in range(config.num_hidden_layers):
        signal, signals = np.zeros(len(sequences)), []
        for time in range(time_steps):
            variance = np.clip(weight_variance * signal + drive[time], SMALLEST_VARIANCE, LARGEST_VARIANCE)
            signal = gaussian_mean(lambda h: activation.function(h) ** 2, variance)
            signals.append(signal)
            chi[layer, time] = weight_variance * gaussian_mean(lambda h: activation.slope(h) ** 2, variance).mean()
        drive = units * kernel.variance(units, units) * np.array(signals)
    return chi[:, 1:]
