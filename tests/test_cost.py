"""What a run costs, and how much of it is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from vgdemo.cost import check_cost, flops, measurements, replicates_of_trial


@dataclass(frozen=True)
class Run:
    """Sizes that no `RunConfig` needs to have."""

    kernel_shapes: tuple[tuple[int, int], ...] = ((2, 3), (3, 1))
    batch_size: int = 1
    n_train: int = 1
    n_validation: int = 0
    epochs: int = 1
    replicates: int = 1
    time_steps: int = 1
    num_states: int = 0


def test_an_operation_is_half_a_multiply_add() -> None:
    """A kernel of 2 x 3 and one of 3 x 1 have 9 weights; backward takes as much as forward twice."""
    assert flops(Run()) == 9 * 2 * (2 + 4)
    assert flops(Run(n_train=0, n_validation=1)) == 9 * 2
    assert flops(Run(n_train=0, n_validation=1, epochs=5, replicates=7)) == 9 * 2 * 5 * 7
    assert flops(Run(n_train=0, n_validation=1, time_steps=11)) == 9 * 2 * 11


def test_every_epoch_the_one_before_any_update_too_is_measured_in_every_replicate_and_kernel() -> None:
    assert measurements(Run(kernel_shapes=((1, 1),) * 3, epochs=4, replicates=2)) == 5 * 2 * 3


def test_what_is_measured_of_eight_states_counts_like_a_kernel() -> None:
    assert measurements(Run(kernel_shapes=((1, 1),) * 3, epochs=4, replicates=2, num_states=16)) == 5 * 2 * (3 + 2)


def test_what_costs_as_much_as_is_allowed_is_taken_and_more_is_refused() -> None:
    check_cost(Run(((500, 500),), n_train=10, epochs=1000, replicates=166))  # 4.98e12
    with pytest.raises(ValueError) as caught:
        check_cost(Run(((500, 500),), n_train=10, epochs=1000, replicates=167))
    assert str(caught.value) == (
        "Expected a run of at most 5·10¹² floating-point operations. Received: 5.01·10¹². "
        "Lower `epochs`, `replicates`, `units`, `num_hidden_layers` or `n_samples`"
    )


def test_what_keeps_as_much_as_is_allowed_is_taken_and_more_is_refused() -> None:
    check_cost(Run(((1, 1),) * 50, epochs=999, replicates=10))  # 500,000
    with pytest.raises(ValueError) as caught:
        check_cost(Run(((1, 1),) * 50, epochs=1000, replicates=10))
    assert str(caught.value) == (
        "Expected at most 500,000 measurements (epochs x replicates x layers). "
        "Received: 500,500. Lower `epochs`, `replicates` or `num_hidden_layers`"
    )


def test_of_a_recurrent_run_that_is_too_large_the_time_steps_may_be_lowered_too() -> None:
    run = Run(((500, 500),), n_train=10, epochs=1000, replicates=2, time_steps=100, num_states=100)
    with pytest.raises(ValueError, match="Lower `epochs`, `replicates`, `units`, `num_hidden_layers`, `time_steps` or"):
        check_cost(run)
    with pytest.raises(ValueError) as caught:
        check_cost(Run(((1, 1),), epochs=999, replicates=10, num_states=400))
    assert str(caught.value) == (
        "Expected at most 500,000 measurements (epochs x replicates x layers and states). "
        "Received: 510,000. Lower `epochs`, `replicates`, `num_hidden_layers` or `time_steps`"
    )


def test_what_is_held_of_all_time_steps_is_bounded() -> None:
    """1,000 states of 2 x 100 points and 3 x 50 rows, of 50 columns in float32, are 70 MB."""
    run = Run(((2, 50), (50, 50), (50, 1)), batch_size=100, time_steps=1000, num_states=1000, replicates=21)
    check_cost(run)
    with pytest.raises(ValueError) as caught:
        check_cost(replace(run, replicates=22))
    assert str(caught.value) == (
        "Expected at most 1,500 MB of states and gradients over time. Received: 1,540 MB. "
        "Lower `replicates`, `units`, `num_hidden_layers`, `time_steps` or `batch_size`"
    )


def test_a_trial_has_as_many_replicates_as_are_quick() -> None:
    """A fiftieth of 5e12 operations is 16 replicates of 6e9, a fifth of 500,000 measurements 9 of 10,010."""
    assert replicates_of_trial(Run(((500, 500),), n_train=1, epochs=2000, replicates=2)) == 16
    assert replicates_of_trial(Run(((1, 1),) * 10, epochs=1000, replicates=10)) == 9
