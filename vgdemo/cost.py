"""What a run costs in computing and in memory, and how much of it is allowed."""

from __future__ import annotations

from collections.abc import Sequence

MAX_FLOPS = 5e12  # About a quarter of an hour on one core.
MAX_MEASUREMENTS = 500_000  # About 150 MB of statistics and histograms.
MAX_TRIAL_FLOPS = MAX_FLOPS / 50  # What is trained unasked takes some seconds, not minutes.
MAX_TRIAL_MEASUREMENTS = MAX_MEASUREMENTS // 5

Shapes = Sequence[tuple[int, int]]


def flops(kernel_shapes: Shapes, n_train: int, n_validation: int, epochs: int, replicates: int) -> float:
    """Floating-point operations of training, probe and validation; two for each multiply-add.

    Args:
        kernel_shapes: (inputs, outputs) of each layer's kernel.
        n_train: Points in the training half, forward and backward once to train and once to measure.
        n_validation: Points in the validation half, forward only.
        epochs: Passes over the points.
        replicates: Networks that are trained.

    Example:
        >>> flops([(2, 1)], n_train=1, n_validation=0, epochs=1, replicates=1)
        24.0
    """
    weights = sum(inputs * outputs for inputs, outputs in kernel_shapes)
    forward, backward = 2 * weights, 4 * weights
    per_epoch = n_train * 2 * (forward + backward) + n_validation * forward
    return float(per_epoch) * epochs * replicates


def measurements(num_layers: int, epochs: int, replicates: int) -> int:
    """Rows of layer statistics: one for each epoch (0 included), replicate and layer."""
    return (epochs + 1) * replicates * num_layers


def replicates_of_trial(kernel_shapes: Shapes, n_train: int, n_validation: int, epochs: int) -> int:
    """How many replicates of a run are few enough to be trained unasked; the arguments are those of `flops`.

    Example:
        >>> replicates_of_trial([(2, 5), (5, 1)], n_train=500, n_validation=500, epochs=500)
        99
    """
    by_flops = MAX_TRIAL_FLOPS / flops(kernel_shapes, n_train, n_validation, epochs, replicates=1)
    by_measurements = MAX_TRIAL_MEASUREMENTS / measurements(len(kernel_shapes), epochs, replicates=1)
    return int(min(by_flops, by_measurements))


def check_cost(kernel_shapes: Shapes, n_train: int, n_validation: int, epochs: int, replicates: int) -> None:
    """See whether a run of these numbers, those of `flops`, is allowed.

    Raises:
        ValueError: If it costs too much.
    """
    computed = flops(kernel_shapes, n_train, n_validation, epochs, replicates)
    if computed > MAX_FLOPS:
        raise ValueError(
            f"Expected a run of at most {MAX_FLOPS / 1e12:g}·10¹² floating-point operations. "
            f"Received: {computed / 1e12:,.2f}·10¹². "
            "Lower `epochs`, `replicates`, `units`, `num_hidden_layers` or `n_samples`"
        )
    kept = measurements(len(kernel_shapes), epochs, replicates)
    if kept > MAX_MEASUREMENTS:
        raise ValueError(
            f"Expected at most {MAX_MEASUREMENTS:,} measurements (epochs x replicates x layers). "
            f"Received: {kept:,}. Lower `epochs`, `replicates` or `num_hidden_layers`"
        )
