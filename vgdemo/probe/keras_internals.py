"""Every name of Keras that its documentation does not promise. Keras 3.12 to 3.15 have them all."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend import get_keras_mask
from keras.src.backend.common import global_state
from keras.src.trainers.data_adapters import get_data_adapter

GLOBAL_SEED_GENERATOR = "global_seed_generator"  # The attribute that holds it.


def layers_of(model: Any) -> list[Any]:
    """A model's layers, those inside of others too, each once; not in the order of data flow."""
    return list({id(layer): layer for layer in model._flatten_layers(include_self=False)}.values())


def operations_of(model: Any) -> list[Any]:
    """The operations, layers or not, that the functional models in a model are made of."""
    models = [model, *layers_of(model)]
    return [one for model in models if isinstance(model, keras.Model) for one in getattr(model, "operations", [])]


def children(layer: Any) -> list[Any]:
    """The layers that a layer directly consists of."""
    return list(layer._flatten_layers(include_self=False, recursive=False)) if hasattr(layer, "_layers") else []


def own_variables(layer: Any) -> list[Any]:
    """The variables that a layer itself may train, frozen or not; not those of layers inside it."""
    return list(getattr(layer, "_trainable_variables", []))


def takes_training(model: Any) -> bool:
    """Whether the call of a model has an argument `training`."""
    return bool(model._call_has_training_arg)


def loss_weight(model: Any) -> float:
    """What the only loss of a model is multiplied with."""
    weights = tf.nest.flatten(getattr(getattr(model, "_compile_loss", None), "_user_loss_weights", None))
    return float(weights[0]) if len(weights) == 1 and weights[0] is not None else 1.0


def is_built(model: Any) -> bool:
    """Whether a model and all that it was compiled with has its variables."""
    parts = model._compile_loss, model._compile_metrics, model.optimizer
    return has_shapes(model) and all(part.built for part in parts if part is not None)


def has_shapes(model: Any) -> bool:
    """Whether a model and all its layers have their variables, whose shapes nothing changes any more."""
    return all(layer.built for layer in model._flatten_layers())


def build(model: Any, batch: tuple[Any, ...]) -> None:
    """Make the variables of a model, its metrics and its optimiser, as `fit` would before its first step.

    Args:
        model: Compiled.
        batch: Inputs, targets and weights, as structures of `keras.KerasTensor`.
    """
    model._symbolic_build(data_batch=batch)


def local_of_fit(name: str) -> Any:
    """A local variable of the `fit` from which a callback is called; None if there is none."""
    frame = sys._getframe()
    while frame is not None and not (frame.f_code.co_name == "fit" and name in frame.f_code.co_varnames):
        frame = frame.f_back  # type: ignore[assignment]
    return None if frame is None else frame.f_locals.get(name)


def callbacks_of_fit() -> Any:
    """The list that `fit` made of its callbacks, which nothing else holds: it goes when `fit` ends, however that is."""
    found = local_of_fit("callbacks")
    return found if isinstance(found, keras.callbacks.CallbackList) else None


def data_of_fit() -> Any:
    """Shapes of the batches that `fit` trains on, as `tf.TensorSpec`s in their structure; None if nobody knows."""
    dataset = getattr(local_of_fit("epoch_iterator"), "_distributed_dataset", None)
    return getattr(dataset, "element_spec", None)


def mask_of(tensor: Any) -> Any:
    """(B, T) which time steps of a layer's output count; None if all do."""
    return get_keras_mask(tensor)


def seeds_of(model: Any) -> list[Any]:
    """The variables that hold the seeds of a model's random layers, and the one that all others share."""
    own = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    shared = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return list({id(seed): seed for seed in (*own, *([shared.state] if shared is not None else []))}.values())


@contextmanager
def no_seed_is_made() -> Iterator[None]:
    """Leave Python's generator and the seed that layers share as they are, so that training draws its own."""
    state, shared = random.getstate(), global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    try:
        yield
    finally:
        random.setstate(state)
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, shared)


def first_batch(data: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights as tensors, as `fit` would make them; of a data set the first batch.

    Args:
        data: Arrays in any structure, a `tf.data.Dataset` or a `keras.utils.PyDataset`.
        y: Targets; None in a data set, which holds them.
        sample_weight: Weights, or None.
    """
    if isinstance(data, keras.utils.PyDataset):
        batch = data[0]
        data, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    size = None if isinstance(data, tf.data.Dataset) else len(tf.nest.flatten(data)[0])
    adapter = get_data_adapter(data, y, sample_weight=sample_weight, batch_size=size, shuffle=False)
    batch = next(iter(adapter.get_tf_dataset()))
    return keras.utils.unpack_x_y_sample_weight(batch)  # type: ignore[no-any-return]


def overrides_train_step(model: Any) -> bool:
    """Whether a model trains by a step of its own."""
    return "train_step" in {name for cls in type(model).__mro__ for name in _own_names(cls)}


def _own_names(cls: type) -> set[str]:
    """What a class defines, if it is none of Keras's."""
    return set() if cls.__module__.startswith("keras.") else set(vars(cls))


def has_loss(model: Any) -> bool:
    """Whether a model's own `compute_loss` has something to compute from what was compiled."""
    return model._compile_loss is not None


LOOP = "inner_loop"  # The method that goes through the time steps.


def recurrent_loops() -> dict[type, Any]:
    """Keras's classes that have such a method of their own, to that method."""
    classes = (keras.layers.RNN, keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU)
    return {one: vars(one)[LOOP] for one in classes if LOOP in vars(one)}
