"""What a run costs in computing and in memory, and how much of it is allowed."""

from __future__ import annotations

from typing import Protocol

MAX_FLOPS = 5e12  # About a quarter of an hour on one core.
MAX_MEASUREMENTS = 500_000  # About 150 MB of statistics and histograms.
MAX_TRIAL_FLOPS = MAX_FLOPS / 50  # What is trained unasked takes some seconds, not minutes.
MAX_TRIAL_MEASUREMENTS = MAX_MEASUREMENTS // 5
MAX_BYTES = 1.5e9  # Of states and gradients over time, which a worker has to hold at once.
KEPT_OF_STATE = 2  # Numbers for each column of a recurrent kernel, of each point of a batch.
KEPT_OF_STEP = 3  # Times that what a time step adds to the gradient of a recurrent kernel is held.
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
    def batch_size(self) -> int:
        """Points that go through the network at once."""

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


def bytes_over_time(run: Sized) -> float:
    """What is held of all time steps of one batch; 0 of a network that has none.

    Example:
        >>> from vgdemo import RunConfig  # 20 states: 2 x 16 points and 3 x 4 rows, of 12 columns in float32.
        >>> config = RunConfig(network="gru", units=4, time_steps=20, replicates=1, batch_size=16)
        >>> bytes_over_time(config) == 4 * 20 * (2 * 16 + 3 * 4) * 12
        True
    """
    if not run.num_states:
        return 0.0
    rows, columns = run.kernel_shapes[1]  # Of a recurrent kernel.
    of_state = (KEPT_OF_STATE * run.batch_size + KEPT_OF_STEP * rows) * columns
    return 4.0 * run.replicates * run.num_states * of_state


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
    held = bytes_over_time(run)
    if held > MAX_BYTES:
        raise ValueError(
            f"Expected at most {MAX_BYTES / 1e6:,.0f} MB of states and gradients over time. "
            f"Received: {held / 1e6:,.0f} MB. Lower {_either('replicates', 'units', *sizes, 'batch_size')}"
        )


def _either(*settings: str) -> str:
    *others, last = (f"`{setting}`" for setting in settings)
    return f"{', '.join(others)} or {last}"
