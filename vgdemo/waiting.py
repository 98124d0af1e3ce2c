"""How long runs take: expected from their settings, corrected by what was measured so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vgdemo.config import RunConfig
from vgdemo.cost import flops

SECONDS_PER_RUN, SECONDS_PER_LAYER, SECONDS_PER_FLOP = 3.0, 0.4, 2e-10  # Of one core, for runs of 500 epochs.
TRUST = 30.0  # Expected seconds after which what was measured counts as much as what was expected.


@dataclass(frozen=True)
class Part:
    """What there is of a run.

    Attributes:
        config: The run.
        share: Of its epochs, from 0 to 1.
        seconds: What that took, as far as it is known.
    """

    config: RunConfig
    share: float
    seconds: float | None = None


def expected_seconds(config: RunConfig) -> float:
    """What a run takes on one core, about."""
    return SECONDS_PER_RUN + SECONDS_PER_LAYER * config.num_layers + SECONDS_PER_FLOP * flops(config)


def seconds_left(parts: Sequence[Part], num_workers: int) -> float:
    """How long what is missing takes, at the pace of what was measured.

    Args:
        parts: All runs.
        num_workers: How many are trained at the same time.

    Example:
        >>> half = Part(RunConfig(), share=0.5, seconds=60)
        >>> seconds_left([half], num_workers=2) > seconds_left([Part(RunConfig(), 0.5)], num_workers=2)
        True
    """
    missing = [(1 - part.share) * expected_seconds(part.config) for part in parts if part.share < 1]
    return pace(parts) * max(sum(missing) / num_workers, max(missing, default=0.0))


def pace(parts: Sequence[Part]) -> float:
    """Measured seconds for each that was expected; 1 as long as little is measured."""
    measured = [
        (part.seconds, part.share * expected_seconds(part.config)) for part in parts if part.seconds is not None
    ]
    return (TRUST + sum(took for took, _ in measured)) / (TRUST + sum(expected for _, expected in measured))
