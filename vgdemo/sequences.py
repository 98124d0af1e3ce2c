"""The tasks with a known answer: two classes of sequences, and how well they can be told apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp, ndtr

Sequences = NDArray[np.float32]  # (points, time_steps, 2)
Classes = NDArray[np.int64]  # (points,), 0 or 1.

PERIOD = 20  # Steps of a wave; a multiple of four, so that no wave is ever exactly at its zero.
SMALLEST_NOISE = 0.01  # From which down waves are told apart without a mistake.
NUM_DRAWS = 1000  # Of waves, for what cannot be had in closed form: known to about 0.005.


@dataclass(frozen=True)
class Task:
    """One row of the table.

    Attributes:
        name: The setting's value.
        label: What a person calls it.
        reading: What a sequence is and what is asked, in one sentence.
        make: (classes, time_steps, noise, generator) -> float32 (points, time_steps, 2).
        ceiling: (time_steps, noise) -> the largest accuracy that any answer can expect.
        needs_memory: Whether the answer depends on steps that may lie far back.
    """

    name: str
    label: str
    reading: str
    make: Callable[[Classes, int, float, np.random.Generator], Sequences]
    ceiling: Callable[[int, float], float]
    needs_memory: bool = True


def make_sequences(task: str, n_samples: int, time_steps: int, noise: float, seed: int) -> tuple[Sequences, Classes]:
    """Sequences and their classes, of which both have equally many; the same arguments always give the same ones.

    Args:
        task: A name of `TASKS`.
        n_samples: How many.
        time_steps: Of each; at least 2.
        noise: Standard deviation of the noise.
        seed: Of the draws.

    Returns:
        (n_samples, time_steps, 2) and (n_samples,).

    Example:
        >>> x, y = make_sequences("first_symbol", n_samples=4, time_steps=3, noise=0.0, seed=1)
        >>> x.shape, y.tolist(), x[:, 0, 1].tolist()
        ((4, 3, 2), [0, 1, 0, 1], [0.0, 1.0, 0.0, 1.0])
    """
    generator = np.random.default_rng(seed)
    classes = generator.permutation(n_samples) % 2
    return TASKS[task].make(classes, time_steps, noise, generator), classes


def reachable_accuracy(task: str, time_steps: int, noise: float) -> float:
    """The largest accuracy that any answer can expect on new sequences, however long it remembers.

    Args:
        task: A name of `TASKS`.
        time_steps: Of each sequence; at least 2.
        noise: Standard deviation of the noise.

    Example:
        >>> [round(reachable_accuracy(task, time_steps=100, noise=0.3), 3) for task in TASKS]
        [1.0, 0.853, 1.0, 1.0]
    """
    return TASKS[task].ceiling(time_steps, noise)


def _noise(shape: tuple[int, ...], noise: float, generator: np.random.Generator) -> NDArray[np.float32]:
    return np.float32(noise) * generator.standard_normal(shape, np.float32)


def _first_symbol(classes: Classes, time_steps: int, noise: float, generator: np.random.Generator) -> Sequences:
    """The first step is clean: what has come once has to be kept, not guessed."""
    x = _noise((len(classes), time_steps, 2), noise, generator)
    x[:, 0] = np.eye(2)[classes]
    return x


def _marked_sum(classes: Classes, time_steps: int, noise: float, generator: np.random.Generator) -> Sequences:
    half = time_steps // 2
    marked = _marks(len(classes), time_steps, (0, half), (half, time_steps), generator)
    values = generator.uniform(-1, 1, marked.shape)
    is_above = (values * marked).sum(axis=1) > 0
    values *= np.where(is_above == classes, 1, -1)[:, None]  # As likely as they are.
    return _noisy(values, marked, noise, generator)


def _temporal_order(classes: Classes, time_steps: int, noise: float, generator: np.random.Generator) -> Sequences:
    """The two places are at a tenth to a fifth and at five to six tenths of the sequence, as in the experiment."""
    early, late = time_steps // 10, time_steps // 2
    ends = max(early + 1, time_steps // 5), max(late + 1, time_steps * 6 // 10)
    marked = _marks(len(classes), time_steps, (early, ends[0]), (late, ends[1]), generator)
    symbols = generator.choice([-1.0, 1.0], marked.shape)
    symbols[marked] = np.stack([2 * classes - 1, 1 - 2 * classes], axis=1).ravel()
    return _noisy(symbols, marked, noise, generator)


def _marks(
    count: int, time_steps: int, first: tuple[int, int], second: tuple[int, int], generator: np.random.Generator
) -> NDArray[np.bool_]:
    """(count, time_steps) True at one step of each of two ranges."""
    steps, places = np.arange(time_steps), [generator.integers(*steps, (count, 1)) for steps in (first, second)]
    return np.asarray((steps == places[0]) | (steps == places[1]))


def _noisy(
    values: NDArray[np.float64], marked: NDArray[np.bool_], noise: float, generator: np.random.Generator
) -> Sequences:
    """Values in noise, and beside them which of them count."""
    x = np.stack([values, marked], axis=-1).astype(np.float32)
    x[..., 0] += _noise(values.shape, noise, generator)
    return x


def _waves(classes: Classes, time_steps: int, noise: float, generator: np.random.Generator) -> Sequences:
    clean = _clean_waves(time_steps)[classes, generator.integers(PERIOD, size=len(classes))]
    return clean + _noise(clean.shape, noise, generator)


def _clean_waves(time_steps: int) -> Sequences:
    """(2, phases, time_steps, 2): a sine or a square wave in each of its phases, and beside it where it will be.

    The second feature is a quarter of a period ahead, so that a step tells by itself how far from 0 the wave is.
    """
    steps = np.arange(PERIOD)[:, None, None] + np.arange(time_steps)[:, None] + [0, PERIOD // 4] + 0.5
    sine = np.sin(2 * np.pi / PERIOD * steps)
    return np.stack([sine, np.sign(sine)]).astype(np.float32)


def _always(time_steps: int, noise: float) -> float:
    return 1.0


def _sum_ceiling(time_steps: int, noise: float) -> float:
    """P(s + √2 noise z has the sign of s): the sum s of the values has a triangular density, the noise is normal.

    The sign of the sum of the two noisy values is the best answer: a value is normal within [-1, 1], given what was
    seen of it, and the larger it was seen the larger it is.
    """
    if noise == 0:
        return 1.0
    deviation = math.sqrt(2) * noise
    end = 2 / deviation
    density = math.exp(-(end**2) / 2) / math.sqrt(2 * math.pi)
    quarter = deviation**2 / 4
    right = (1 + quarter) * float(ndtr(end)) - quarter / 2
    return right - deviation * (1 / math.sqrt(2 * math.pi) - density / 2)


def _order_ceiling(time_steps: int, noise: float) -> float:
    """Φ(√2 / noise): the best answer is the sign of the symbols' difference, which is 2 in √2 times the noise."""
    return 1.0 if noise == 0 else float(ndtr(math.sqrt(2) / noise))


def _waves_ceiling(time_steps: int, noise: float) -> float:
    """The mean probability of the likelier class, given a sequence, over sequences drawn at random.

    Given all phases, the probability is exact.
    """
    noise = max(noise, SMALLEST_NOISE)
    classes = np.arange(NUM_DRAWS) % 2
    x = _waves(classes, time_steps, noise, np.random.default_rng(0)).reshape(NUM_DRAWS, -1).astype(np.float64)
    clean = _clean_waves(time_steps).reshape(2, PERIOD, -1).astype(np.float64)
    fits = (x @ np.swapaxes(clean, 1, 2) - (clean**2).sum(axis=-1)[:, None] / 2) / noise**2
    evidence = np.diff(logsumexp(fits, axis=-1), axis=0)
    return float(expit(np.abs(evidence)).mean())


_ROWS = (
    Task(
        "first_symbol",
        "first symbol",
        "The first step shows one of two symbols, and noise follows: which one was it?",
        _first_symbol,
        _always,
    ),
    Task(
        "marked_sum",
        "marked sum",
        "One number in each half is marked: is the sum of the two above 0, its median? "
        "(The adding problem of Hochreiter and Schmidhuber 1997, as a decision.)",
        _marked_sum,
        _sum_ceiling,
    ),
    Task(
        "temporal_order",
        "temporal order",
        "Two symbols are marked among many, one of each kind: which came first? "
        "(After experiment 6 of Hochreiter and Schmidhuber 1997, with two classes.)",
        _temporal_order,
        _order_ceiling,
    ),
    Task(
        "waves",
        "sine or square wave",
        "A wave in noise, its phase drawn at random: a sine or a square? One step tells, so nothing has to be kept.",
        _waves,
        _waves_ceiling,
        needs_memory=False,
    ),
)
TASKS: dict[str, Task] = {row.name: row for row in _ROWS}
