"""What the hidden layers of a network are, as Keras builds them."""

from __future__ import annotations

import keras
import pytest

from vgdemo.architectures import ARCHITECTURES, RECURRENT, Architecture


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_a_hidden_layer_has_kerass_kernels(architecture: Architecture) -> None:
    layer = getattr(keras.layers, architecture.keras_class)(3)
    layer.build((None, 5, 2) if architecture.is_recurrent else (None, 2))
    kernels = {weight.name: weight.shape for weight in layer.weights if weight.name.endswith("kernel")}
    assert architecture.hidden_kernels(inputs=2, units=3) == kernels


def test_the_recurrent_ones_are_those_that_read_their_own_state() -> None:
    assert RECURRENT == ("simple_rnn", "lstm", "gru")
    for name, architecture in ARCHITECTURES.items():
        assert ("recurrent_kernel" in architecture.hidden_kernels(1, 1)) == (name in RECURRENT)
