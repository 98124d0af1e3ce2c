"""What is said to do nothing does nothing in the engine, and what is not said to does something."""

from __future__ import annotations

import pytest
from record.same import leaves

from vgdemo.config import RunConfig
from vgdemo.effects import without_effect
from vgdemo.engine import train
from vgdemo.record import RunRecord

OTHER = {"momentum": 0.5, "nesterov": True, "clip_limit": 0.01, "shared_draw": True, "residual": True}
SMALL = RunConfig(units=3, epochs=2, replicates=2, n_samples=100, kernel_initializer="glorot_normal")
RUNS = {
    "sgd": SMALL.with_changes(num_hidden_layers=2, gradient_clip="global_norm"),
    "no momentum": SMALL.with_changes(num_hidden_layers=1, momentum=0, gradient_clip="value"),
    "two units": SMALL.with_changes(num_hidden_layers=1, units=2, optimizer="adam"),
    "no first weights": SMALL.with_changes(num_hidden_layers=2, gain=0, optimizer="rmsprop"),
    "adagrad": SMALL.with_changes(num_hidden_layers=3, optimizer="adagrad", kernel_initializer="lsuv"),
}


def numbers(record: RunRecord) -> list[bytes]:
    """All that was measured, without what it took and who asked for it."""
    return [value.tobytes() for name, value in leaves(record).items() if hasattr(value, "tobytes")]


@pytest.mark.parametrize("config", RUNS.values(), ids=RUNS)
def test_a_setting_changes_nothing_just_where_that_is_said(config: RunConfig) -> None:
    measured, idle = numbers(train(config)), without_effect(config.to_dict())
    assert numbers(train(config.with_changes(**{name: OTHER[name] for name in idle}))) == measured
    for name in OTHER.keys() - idle.keys():
        assert numbers(train(config.with_changes(**{name: OTHER[name]}))) != measured, name
