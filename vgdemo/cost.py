"""What a run costs in computing and in memory, and how much of it is allowed."""

from __future__ import annotations

from typing import Protocol

MAX_FLOPS = 5e12  # About a quarter of an hour on one core.
MAX_MEASUREMENTS = 500_000  # About 150 MB of statistics and histograms.
MAX_TRIAL_FLOPS = MAX_FLOPS / 50  # What is trained unasked takes some seconds, not minutes.
MAX_TRIAL_MEASUREMENTS = MAX_MEASUREMENTS // 5
STATES_OF_A_ROW = 8  # What is measured of so many states takes the memory of what is measured of a kernel.


class Sized(Protocol):
    """What a run costs by."""

    @property
    def kernel_shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each kernel."""

    @property
    def time_steps(self) -> int:
        """How often kernels are used for each point."""

    @property
    def num_states(self) -> int:
        """States whose gradient is measured."""

    @property
    def n_train(self) -> int:
        """Points in the training half, forward and backward once to train and once to measure."""

    @property
    def n_validation(self) -> int:
        """Points in the validation half, forward only."""

    @property
    def epochs(self) -> int:
        """Passes over the points."""

    @property
    def replicates(self) -> int:
        """Networks that are trained."""


def flops(run: Sized) -> float:
    """Floating-point operations of training, probe and validation; two for each multiply-add.

    Example:
        >>> from vgdemo import RunConfig  # 10 + 4 * 25 + 5 weights and 500 points in each half.
        >>> flops(RunConfig(epochs=1, replicates=1)) == 500 * (2 * 6 + 2) * 115
        True
    """
    weights = sum(inputs * outputs for inputs, outputs in run.kernel_shapes) * run.time_steps
    forward, backward = 2 * weights, 4 * weights
    per_epoch = run.n_train * 2 * (forward + backward) + run.n_validation * forward
    return float(per_epoch) * run.epochs * run.replicates


def measurements(run: Sized) -> float:
    """Rows of statistics: one for each epoch (0 included), replicate and kernel; those of states are shorter."""
    return (run.epochs + 1) * run.replicates * (len(run.kernel_shapes) + run.num_states / STATES_OF_A_ROW)


def replicates_of_trial(run: Sized) -> int:
    """How many replicates of a run are few enough to be trained unasked.

    Example:
        >>> from vgdemo import RunConfig
        >>> replicates_of_trial(RunConfig(num_hidden_layers=1))
        99
    """
    by_flops = MAX_TRIAL_FLOPS / flops(run)
    by_measurements = MAX_TRIAL_MEASUREMENTS / measurements(run)
    return int(min(by_flops, by_measurements) * run.replicates)


def check_cost(run: Sized) -> None:
    """See whether a run is allowed.

    Raises:
        ValueError: If it costs too much.
    """
    sizes = ("num_hidden_layers", "time_steps") if run.num_states else ("num_hidden_layers",)
    computed = flops(run)
    if computed > MAX_FLOPS:
        raise ValueError(
            f"Expected a run of at most {MAX_FLOPS / 1e12:g}·10¹² floating-point operations. "
            f"Received: {computed / 1e12:,.2f}·10¹². "
            f"Lower {_either('epochs', 'replicates', 'units', *sizes, 'n_samples')}"
        )
    kept = measurements(run)
    if kept > MAX_MEASUREMENTS:
        states = " and states" if run.num_states else ""
        raise ValueError(
            f"Expected at most {MAX_MEASUREMENTS:,} measurements (epochs x replicates x layers{states}). "
            f"Received: {kept:,.0f}. Lower {_either('epochs', 'replicates', *sizes)}"
        )


def _either(*settings: str) -> str:
    *others, last = (f"`{setting}`" for setting in settings)
    return f"{', '.join(others)} or {last}"
