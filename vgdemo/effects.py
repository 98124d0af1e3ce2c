"""Which settings of a run do nothing, or leave nothing to do, given the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
    if values["normalization"] == "batch" and values["batch_size"] == 1:
        return "Batch normalisation makes zeros of a batch of one point, wherever it lies: no step can learn."
    return ""
