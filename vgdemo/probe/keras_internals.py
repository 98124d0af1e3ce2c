"""Every name of Keras that its documentation does not promise. Keras 3.12 to 3.15 have them all."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.backend import get_keras_mask
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR


def layers_of(model: Any) -> list[Any]:
    """A model's layers, those inside of others too, each once; not in the order of data flow."""
    return list({id(layer): layer for layer in model._flatten_layers(include_self=False)}.values())


def own_variables(layer: Any) -> list[Any]:
    """The variables that a layer itself may train, frozen or not; not those of layers inside it."""
    return list(layer._trainable_variables)


def takes_training(model: Any) -> bool:
    """Whether the call of a model has an argument `training`."""
    return bool(model._call_has_training_arg)


def build(model: Any, batch: tuple[Any, ...]) -> None:
    """Make the variables of a model, its metrics and its optimiser, as `fit` would before its first step.

    Args:
        model: Compiled.
        batch: Inputs, targets and weights, as structures of `keras.KerasTensor`.
    """
    model._symbolic_build(data_batch=batch)


def mask_of(tensor: Any) -> Any:
    """(B, T) which time steps of a layer's output count; None if all do."""
    return get_keras_mask(tensor)


def seeds_of(model: Any) -> list[Any]:
    """The variables that hold the seeds of a model's random layers, and the one that all others share."""
    own = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    shared = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return list({id(seed): seed for seed in (*own, *([shared.state] if shared is not None else []))}.values())


def overrides_train_step(model: Any) -> bool:
    """Whether a model trains by a step of its own."""
    return "train_step" in {name for cls in type(model).__mro__ for name in _own_names(cls)}


def _own_names(cls: type) -> set[str]:
    """What a class defines, if it is none of Keras's."""
    return set() if cls.__module__.startswith("keras.") else set(vars(cls))


def has_loss(model: Any) -> bool:
    """Whether a model's own `compute_loss` has something to compute from what was compiled."""
    return model._compile_loss is not None


def inner_loop_of_any_cell(layer: Any, *arguments: Any, **named: Any) -> Any:
    """Run a recurrent layer step by step, passing by the fused kernels that LSTM and GRU may have."""
    return keras.layers.RNN.inner_loop(layer, *arguments, **named)


RECURRENT_LAYERS = (keras.layers.RNN, keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU)
LOOP = "inner_loop"  # The method of `RECURRENT_LAYERS` that goes through the time steps.
