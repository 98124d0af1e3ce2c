"""How much a compiled program has room for: few sizes, so that most changes of a run need no other program.

A program's shapes are fixed when it is compiled, which takes longer than a run. So a run's layers, units, batches,
points and replicates are padded to the next size that is kept here, and how many of them there are is data. Padding is
computed too, which the distance of two sizes bounds.
"""

from __future__ import annotations

import bisect
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from vgdemo.architectures import ARCHITECTURES
from vgdemo.config import NUM_INPUTS, SETTINGS, SETTINGS_OF, RunConfig

EXACT_UNITS = range(1, 9)  # Narrow networks need not say which of their units there are.
# Exact where small, and for what people choose mostly; each ends with the setting's maximum.
SIZES: dict[str, tuple[int, ...]] = {
    "num_hidden_layers": (1, 2, 3, 5, 8, 12, 16, 20, 25, 32, 40, 50),
    "units": (*EXACT_UNITS, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 192, 256),
    "batch_size": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 5000),
    "n_samples": (100, 200, 350, 500, 1000, 1500, 2000, 3000, 5000, 10_000),
    "replicates": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32),
    "time_steps": (1, 100, 200, 400),
}
COMPILED_IN = ("network", "normalization", "residual")

MOST_EPOCHS = 25  # That one call of the program can measure.
MOST_BYTES = 64e6  # Fewer, where their gradients and kernels would take more memory than this.

Kernel = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Room:
    """What a compiled program has room for.

    Attributes:
        num_hidden_layers: Hidden layers, all of one width.
        units: Their width.
        batch_size: Points of a step.
        points: Points of each half of the data.
        replicates: Networks that are trained at once.
        time_steps: Of a sequence.
        network: What its hidden layers are.

    Example:
        >>> Room.of(RunConfig(num_hidden_layers=9, units=30))
        Room(num_hidden_layers=12, units=32, batch_size=32, points=500, replicates=10, time_steps=1, network='dense')
    """

    num_hidden_layers: int
    units: int
    batch_size: int
    points: int
    replicates: int
    time_steps: int = 1
    network: str = "dense"

    @classmethod
    def of(cls, config: RunConfig) -> Room:
        """The smallest room in which a run fits."""
        fitting = {name: sizes[bisect.bisect_left(sizes, getattr(config, name))] for name, sizes in SIZES.items()}
        most = SETTINGS_OF[config.network]["num_hidden_layers"].maximum
        fitting["num_hidden_layers"] = min(fitting["num_hidden_layers"], int(most))
        return cls(points=fitting.pop("n_samples") // 2, network=config.network, **fitting)

    @property
    def kernel_shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each kernel, in the order of data flow, the output's last."""
        return ARCHITECTURES[self.network].kernel_shapes(NUM_INPUTS, self.num_hidden_layers, self.units)

    @property
    def epochs(self) -> int:
        """Epochs that one call can measure, for the memory that their gradients and kernels take."""
        weights = sum(inputs * outputs for inputs, outputs in self.kernel_shapes)
        return max(1, min(MOST_EPOCHS, int(MOST_BYTES / (2 * 4 * weights * self.replicates))))

    def padded(self, kernels: Sequence[Kernel]) -> list[Kernel]:
        """Kernels (R, inputs, outputs) of a run, with zeros and copies of the first replicate to fill up."""
        *hidden, output = (with_copies(kernel, self.replicates) for kernel in kernels)
        absent = [output[:, :0, :0]] * (len(self.kernel_shapes) - len(kernels))
        gates = [ARCHITECTURES[self.network].gates] * (len(self.kernel_shapes) - 1)
        filled = zip([*hidden, *absent, output], self.kernel_shapes, [*gates, 1], strict=True)
        return [_with_zeros(kernel, shape, gates) for kernel, shape, gates in filled]


def cropped(groups: Sequence[Kernel], config: RunConfig) -> tuple[Kernel, ...]:
    """What a run has of its padded kernels (..., kernels, R, inputs, outputs): the first, the others, the output's."""
    first, others, output = groups
    replicates, units = config.replicates, config.units

    def of_units(kernels: Kernel) -> Kernel:
        *others, outputs = kernels.shape
        gates = config.architecture.gates
        by_gate = kernels.reshape(*others, gates, outputs // gates)[..., :units]
        return by_gate.reshape(*others, gates * units)

    return (
        of_units(first[..., :replicates, :, :]),
        of_units(others[..., : len(config.kernel_shapes) - 2, :replicates, :units, :]),
        output[..., :replicates, :units, :],
    )


def with_copies(values: NDArray[Number], count: int) -> NDArray[Number]:
    """So many along the first axis; what fills up is like the first."""
    return np.concatenate([values, np.repeat(values[:1], count - len(values), axis=0)])


def program_key(config: RunConfig) -> Hashable:
    """Equal for the runs that share a compiled program.

    Example:
        >>> default = RunConfig()
        >>> program_key(default.with_changes(num_hidden_layers=4, learning_rate=0.1)) == program_key(default)
        True
        >>> program_key(default.with_changes(normalization="layer")) == program_key(default)
        False
    """
    return (*(getattr(config, name) for name in COMPILED_IN), Room.of(config))


def neighbours(config: RunConfig) -> list[RunConfig]:
    """Runs that differ in one setting and need another program: one for each program, of all settings in turn.

    They have the other choices of what is compiled in, and the other sizes, nearest first, then the other networks.
    What would cost too much is left out.

    Example:
        >>> [(run.num_hidden_layers, run.units) for run in neighbours(RunConfig())[:2]]
        [(8, 5), (5, 6)]
    """
    sizes = [_nearest(name, config) for name in SIZES]
    choices = [
        [{name: value} for value in SETTINGS[name].choices or (False, True)]
        for name in COMPILED_IN
        if name != "network"
    ]
    runs = {program_key(config): config}
    networks = [{"network": network} for network in SETTINGS["network"].choices]  # Last: they take longest.
    for change in filter(None, [*chain.from_iterable(zip_longest(*sizes, *choices)), *networks]):
        with suppress(ValueError):
            run = config.with_changes(**change)
            runs.setdefault(program_key(run), run)
    return list(runs.values())[1:]


def _nearest(name: str, config: RunConfig) -> list[dict[str, Any]]:
    """The other sizes of a setting as changes of it, from the nearest one on; of two as near, the larger first."""
    sizes = SIZES[name]
    place = bisect.bisect_left(sizes, getattr(config, name))
    nearest = sorted(range(len(sizes)), key=lambda other: (abs(other - place), -other))
    most = config.n_train if name == "batch_size" else sizes[-1]  # There is room for more than there may be.
    return [{name: min(sizes[other], most)} for other in nearest[1:]]


def _with_zeros(kernel: Kernel, shape: tuple[int, int], gates: int) -> Kernel:
    """Kernels (R, inputs, outputs) in this shape, each gate's outputs filled up by themselves."""
    replicates, inputs, outputs = kernel.shape
    missing = [(0, 0), (0, shape[0] - inputs), (0, 0), (0, (shape[1] - outputs) // gates)]
    return np.pad(kernel.reshape(replicates, inputs, gates, outputs // gates), missing).reshape(replicates, *shape)
