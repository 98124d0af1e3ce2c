"""What is said to do nothing does nothing in the engine, and what is not said to does something."""

from __future__ import annotations

import numpy as np
import pytest
from record.same import leaves

from bench.oracle import started, training
from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.effects import LOUD_AT_ZERO, warning, without_effect
from vgdemo.engine import train
from vgdemo.record import RunRecord

OTHER = {"momentum": 0.5, "nesterov": True, "clip_limit": 0.01, "shared_draw": True, "residual": True}
SMALL = RunConfig(  # Of the sizes of other tests' runs, with which it shares compiled programs.
    num_hidden_layers=3,
    units=4,
    batch_size=16,
    n_samples=100,
    epochs=2,
    replicates=2,
    kernel_initializer="glorot_normal",
)
RUNS = {
    "sgd": SMALL.with_changes(gradient_clip="global_norm"),
    "no momentum": SMALL.with_changes(num_hidden_layers=1, momentum=0, gradient_clip="value"),
    "two units": SMALL.with_changes(num_hidden_layers=1, units=2, optimizer="adam"),
    "no first weights": SMALL.with_changes(gain=0, optimizer="rmsprop"),
    "adagrad": SMALL.with_changes(optimizer="adagrad", kernel_initializer="lsuv"),
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


# Settings with which no step can learn, and next to them some with which one can.
BARRED = {
    "batches of one": ({"normalization": "batch", "batch_size": 1}, {"normalization": "batch", "batch_size": 2}),
    "one unit": ({"normalization": "layer", "units": 1}, {"normalization": "layer", "units": 2}),
    "no first weights": ({"gain": 0, "activation": "silu"}, {"gain": 0, "activation": "softplus"}),
    "nor in one layer": ({"gain": 0, "num_hidden_layers": 2}, {"gain": 0, "num_hidden_layers": 1}),
    "nor around it": ({"gain": 0, "activation": "relu"}, {"gain": 0, "residual": True}),
}


@pytest.mark.parametrize("name", BARRED)
def test_a_network_that_cannot_learn_is_warned_of(name: str) -> None:
    barred, free = (RunConfig(**SMALL.to_dict() | settings) for settings in BARRED[name])
    assert "no step can learn" in warning(barred.to_dict()) and not moves(barred)
    assert not warning(free.to_dict()) and moves(free)


def moves(config: RunConfig) -> bool:
    """Whether any hidden kernel of the trainer in NumPy does."""
    network = started(config, 2, 0)
    before = [layer["kernel"] for layer in network.layers[:-1]]
    list(training(network, config))
    return not all(map(np.array_equal, before, (layer["kernel"] for layer in network.layers[:-1])))


def test_decay_that_turns_weights_over_is_warned_of() -> None:
    kept, grown = (SMALL.with_changes(weight_decay=0.5, learning_rate=rate) for rate in (4, 4.1))
    assert not warning(kept.to_dict()) and warning(grown.to_dict()).startswith("Weight decay of 0.5 at a learning rate")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_is_known_which_activations_make_something_of_nothing(name: str) -> None:
    assert (ACTIVATIONS[name].function(np.zeros(1))[0] != 0) == (name in LOUD_AT_ZERO)
