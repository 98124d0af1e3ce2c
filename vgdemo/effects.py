"""Which settings of a run do nothing, or leave nothing to do, given the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOUD_AT_ZERO = ("sigmoid", "softplus")  # Activations that make something of 0.
MOST_PULLED = 2  # What an update takes of the weights: beyond that, more than they are is left of the other sign.


def without_effect(values: Mapping[str, Any]) -> dict[str, str]:
    """The settings that may take any value without changing a number of the run, each with the reason.

    Args:
        values: All settings by name, whether they fit together or not.

    Example:
        >>> from vgdemo import RunConfig
        >>> without_effect(RunConfig(optimizer="adam", gradient_clip="value").to_dict())
        {'momentum': 'only sgd uses it', 'nesterov': 'only sgd uses it'}
    """
    rules = (
        ("momentum", values["optimizer"] != "sgd", "only sgd uses it"),
        ("nesterov", values["momentum"] == 0, "there is no momentum"),
        ("nesterov", values["optimizer"] != "sgd", "only sgd uses it"),
        ("clip_limit", values["gradient_clip"] == "none", "no gradient is clipped"),
        ("shared_draw", values["gain"] == 0, "all first weights are 0"),
        ("recurrent_initializer", values["recurrent_gain"] == 0, "all first recurrent weights are 0"),
        ("shared_draw", values["num_hidden_layers"] == 1, "there is one hidden layer"),
        ("residual", values["num_hidden_layers"] == 1 and values["units"] != 2, "two inputs fit no other width"),
    )
    return {name: reason for name, holds, reason in rules if holds}


def warning(values: Mapping[str, Any]) -> str:
    """What keeps any run of these settings from learning, though they fit together, in one sentence; mostly empty.

    Args:
        values: All settings by name.

    Example:
        >>> from vgdemo import RunConfig
        >>> warning(RunConfig(normalization="batch", batch_size=1).to_dict())
        'Batch normalisation makes zeros of a batch of one point, wherever it lies: no step can learn.'
    """
    decay, rate = values["weight_decay"], values["learning_rate"]
    warnings = (
        (
            "Batch normalisation makes zeros of a batch of one point, wherever it lies: no step can learn.",
            values["normalization"] == "batch" and values["batch_size"] == 1,
        ),
        (
            "Layer normalisation makes zeros of a single unit, whatever it says: no step can learn.",
            values["normalization"] == "layer" and values["units"] == 1,
        ),
        (
            "With a gain of 0 no point's signal passes several layers, nor does a gradient: no step can learn.",
            values["gain"] == 0 and _passes_nothing_of_nothing(values),
        ),
        (
            f"Weight decay of {decay:g} at a learning rate of {rate:g} turns every weight over and makes it larger in "
            "every update.",
            decay * rate > MOST_PULLED,
        ),
    )
    return next((sentence for sentence, holds in warnings if holds), "")


def _passes_nothing_of_nothing(values: Mapping[str, Any]) -> bool:
    """Whether each of several layers makes zeros of zeros, and nothing leads around it."""
    is_silent = values["activation"] not in LOUD_AT_ZERO
    return values["num_hidden_layers"] > 1 and is_silent and not values["residual"]
