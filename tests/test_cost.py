"""What a run costs, and how much of it is allowed."""

from __future__ import annotations

import pytest

from vgdemo.cost import check_cost, flops, measurements


def test_an_operation_is_half_a_multiply_add() -> None:
    """A kernel of 2 x 3 and one of 3 x 1 have 9 weights; backward takes as much as forward twice."""
    assert flops([(2, 3), (3, 1)], n_train=1, n_validation=0, epochs=1, replicates=1) == 9 * 2 * (2 + 4)
    assert flops([(2, 3), (3, 1)], n_train=0, n_validation=1, epochs=1, replicates=1) == 9 * 2
    assert flops([(2, 3), (3, 1)], n_train=0, n_validation=1, epochs=5, replicates=7) == 9 * 2 * 5 * 7


def test_every_epoch_the_one_before_any_update_too_is_measured_in_every_replicate_and_layer() -> None:
    assert measurements(num_layers=3, epochs=4, replicates=2) == 5 * 2 * 3


def test_what_costs_as_much_as_is_allowed_is_taken_and_more_is_refused() -> None:
    check_cost([(500, 500)], 10, 0, epochs=1000, replicates=166)  # 4.98e12
    with pytest.raises(ValueError) as caught:
        check_cost([(500, 500)], 10, 0, epochs=1000, replicates=167)
    assert str(caught.value) == (
        "Expected a run of at most 5·10¹² floating-point operations. Received: 5.01·10¹². "
        "Lower `epochs`, `replicates`, `units`, `num_hidden_layers` or `n_samples`"
    )


def test_what_keeps_as_much_as_is_allowed_is_taken_and_more_is_refused() -> None:
    check_cost([(1, 1)] * 50, 1, 1, epochs=999, replicates=10)  # 500,000
    with pytest.raises(ValueError) as caught:
        check_cost([(1, 1)] * 50, 1, 1, epochs=1000, replicates=10)
    assert str(caught.value) == (
        "Expected at most 500,000 measurements (epochs x replicates x layers). "
        "Received: 500,500. Lower `epochs`, `replicates` or `num_hidden_layers`"
    )
