"""The loss's derivative by a recurrent state is that of a loop that keeps every state."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from probe.kinds import KINDS, Kind, answer, classifier, numbers

from vgdemo.diagnosis.repairs import GRU_CODE, UPDATE_BIAS_CODE
from vgdemo.probe import Probe, batch_of

STEPS = 12


def measured(kind: Kind) -> tuple[Probe, dict[str, np.ndarray], float]:
    probe = Probe(kind.model, batch_of(*kind.probe))
    found = probe.measure()
    assert found.loss is not None
    return probe, {name: np.array(sizes) for name, sizes in found.steps.items()}, found.loss


def unrolled(kind: Kind, layer: Any, mask: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """Mean size of the loss's derivative by every state, by a loop and a tape of its own; and the loss."""
    states = [tf.zeros((len(kind.x), layer.units)) for _ in keras.tree.flatten(layer.cell.state_size)]
    kept = []
    order = reversed(range(STEPS)) if layer.go_backwards else range(STEPS)
    with tf.GradientTape() as tape:
        for step in order:
            before = states
            states = keras.tree.flatten(layer.cell(kind.x[:, step], states)[1])
            tape.watch(states[0])
            kept.append(states[0])
            if mask is not None:
                counts = mask[:, step, None]
                states = [tf.where(counts, new, old) for new, old in zip(states, before, strict=True)]
        loss = kind.model.compute_loss(y=kind.y, y_pred=kind.model.layers[-1](states[0]))
    sizes = [np.abs(gradient.numpy().astype(np.float64)).mean(-1) for gradient in tape.gradient(loss, kept)]
    found = np.array(sizes[::-1] if layer.go_backwards else sizes)
    return (found.mean(-1) if mask is None else (found * mask.T).sum(-1) / mask.sum(0)), float(loss)


@pytest.mark.parametrize("make", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_every_state_is_differentiated_through_all_later_steps(make: Any) -> None:
    keras.utils.set_random_seed(3)
    kind = classifier(keras.Sequential([make(4, name="loop"), answer()]), numbers(STEPS, 3))
    probe, sizes, loss = measured(kind)
    expected, plain_loss = unrolled(kind, kind.model.layers[0])
    np.testing.assert_allclose(sizes["loop"], expected, rtol=1e-6)
    assert loss == pytest.approx(plain_loss, rel=1e-7)
    assert probe.time_steps == {"loop": [*map(str, range(1, STEPS + 1))]}
    assert sizes["loop"][0] < sizes["loop"][-1] / 3  # It vanishes on the way back.


def test_a_loop_that_goes_backwards_is_told_in_the_time_of_its_inputs() -> None:
    keras.utils.set_random_seed(3)
    kind = classifier(keras.Sequential([layers.LSTM(4, go_backwards=True, name="loop"), answer()]), numbers(STEPS, 3))
    probe, sizes, _ = measured(kind)
    np.testing.assert_allclose(sizes["loop"], unrolled(kind, kind.model.layers[0])[0], rtol=1e-6)
    assert [kernel.go_backwards for kernel in probe.described.model.kernels] == [True, True, False]


def test_masked_steps_do_not_count() -> None:
    keras.utils.set_random_seed(3)
    x = numbers(STEPS, 3)
    x[:10, 8:] = 0
    x[:, 11:] = 0
    kind = classifier(keras.Sequential([layers.Masking(), layers.GRU(4, name="loop"), answer()]), x)
    _, sizes, _ = measured(kind)
    with np.errstate(invalid="ignore"):
        expected, _ = unrolled(kind, kind.model.layers[1], (x != 0).any(-1))
    np.testing.assert_allclose(sizes["loop"], expected, rtol=1e-6)
    assert np.isnan(sizes["loop"]).tolist() == [False] * 11 + [True]


def test_nested_recurrent_layers_have_an_axis_each_and_long_ones_even_groups() -> None:
    keras.utils.set_random_seed(3)
    parts = [
        keras.Input((300, 2)),
        layers.Bidirectional(layers.LSTM(2, return_sequences=True, name="lstm")),
        layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)], name="stacked"),
        answer(),
    ]
    kind = classifier(keras.Sequential(parts), numbers(300, 2))
    probe, sizes, _ = measured(kind)
    assert list(sizes) == ["forward_lstm", "backward_lstm", "stacked"]
    backwards = {kernel.layer for kernel in probe.described.model.kernels if kernel.go_backwards}
    assert backwards == {"backward_lstm"}
    assert probe.time_steps["stacked"][:2] == ["2", "4"] and len(sizes["stacked"]) == 150
    assert all((values > 0).any() for values in sizes.values())
    loop = keras.layers.RNN.inner_loop
    assert "call" not in vars(kind.model.layers[-2].cell)
    assert loop.__module__.startswith("keras.") and keras.layers.LSTM.inner_loop.__module__.startswith("keras.")


def test_what_is_not_measured_through_time_is_said() -> None:
    probe, sizes, _ = measured(KINDS["recurrent_convolution"]())
    assert sizes == {} and probe.notices[0].startswith("Not measured through time: conv_lstm1d. Of the states")
    kind = classifier(keras.Sequential([layers.GRU(2), answer()]), numbers(STEPS, 3))
    assert Probe(kind.model, batch_of(*kind.probe), through_time=False).notices == []


def test_the_remedy_for_a_gru_that_forgets_lets_its_state_pass() -> None:
    """In 100 steps the default loses seven powers of ten; with an update gate of 0.993, at most half."""
    factors = []
    for code in ('keras.layers.GRU(8, name="gru")', f"{UPDATE_BIAS_CODE}\n{GRU_CODE.format(units=8, layer='gru')}"):
        keras.utils.set_random_seed(3)
        names: dict[str, Any] = {"keras": keras}
        *before, layer = code.rpartition("\n")
        exec("".join(before), names)
        kind = classifier(keras.Sequential([eval(layer, names), answer()]), numbers(100, 3))
        _, sizes, _ = measured(kind)
        assert kind.model.layers[0].name == "gru"
        factors.append((sizes["gru"][0] / sizes["gru"][-1]) ** (1 / 99))
    assert factors[0] < 0.86 and 0.98 < factors[1] < 1.01
