"""The description of a log, `run.json`: what is trained, how its records count, how far it has come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vgdemo.log.strict_json import LogError, count, finite, mapping, sequence, share, text
from vgdemo.model import Model
from vgdemo.record import RunStatus

FORMAT = 1  # Raise it when older code would misread a log.
UNITS = ("epoch", "step")
MAX_PLACES = 1_000  # Kernels, and layers.
MAX_TIME_STEPS = 256
MAX_NOTICES = 100
MAX_SENTENCE = 2_000  # Characters.
CHANGING = ("status", "notices", "planned")  # What a log may say otherwise in the end.


@dataclass(frozen=True)
class Header:
    """What `run.json` says, checked.

    Attributes:
        name: What to call the training.
        run_key: What identifies it, a hash of all that stays as it is.
        model: The network.
        status: How far the training has come.
        unit: What the records' axis counts, "epoch" or "step".
        planned: The last of them, if it is known.
        guess: Loss of answering without looking, if it is known.
        majority_share: Accuracy of always answering the largest class, if it is known.
        time_steps: Name of a recurrent layer to the labels of its steps.
        notices: Sentences for the person.
        versions: Package name to version.
    """

    name: str
    run_key: str
    model: Model
    status: RunStatus
    unit: str
    planned: int | None
    guess: float | None
    majority_share: float | None
    time_steps: Mapping[str, tuple[str, ...]]
    notices: tuple[str, ...]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Header:
        """The header in a JSON object; what it says beyond what this program knows is left out.

        Raises:
            LogError: If it is none, or of another format.
        """
        if content.get("format") != FORMAT or isinstance(content["format"], bool):
            raise LogError.of(f"a log of format {FORMAT}", content.get("format"))
        stays = {name: value for name, value in content.items() if name not in CHANGING}
        planned, guess, majority = (content.get(name) for name in ("planned", "guessing_loss", "majority_share"))
        return cls(
            name=text(content.get("name", "model"), "the name of a log"),
            run_key=_digest(stays),
            model=_model(content.get("model")),
            status=_status(content.get("status", "running")),
            unit=_unit(content.get("unit", "epoch")),
            planned=None if planned is None else count(planned, "planned"),
            guess=None if guess is None else finite(guess, "guessing_loss"),
            majority_share=None if majority is None else share(majority, "majority_share"),
            time_steps=_time_steps(content.get("time_steps", {})),
            notices=_notices(content.get("notices", [])),
            versions=_versions(content.get("versions", {})),
        )

    @cached_property
    def num_places(self) -> int:
        """How many kernels, layers and time steps a record may tell of."""
        steps = sum(map(len, self.time_steps.values()))
        return len(self.model.kernels) + len(self.model.layers) + steps


def _digest(content: object) -> str:
    try:
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except RecursionError as error:
        raise LogError("Expected a log whose run.json is not nested so deep. Received: a deeper one") from error


def _notices(content: object) -> tuple[str, ...]:
    notices = sequence(content, "notices", MAX_NOTICES)
    return tuple(text(notice, "a notice", MAX_SENTENCE) for notice in notices)


def _model(content: object) -> Model:
    try:
        model = Model.from_dict(mapping(content, "the model of a log"))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise LogError(f"Expected the model of a log with kernels and layers. Received: {error!s:.160}") from error
    for labels, what in ((model.kernel_labels, "kernels"), (model.layer_labels, "layers")):
        _distinct(labels, f"the {what} of a log", MAX_PLACES)
    return model


def _distinct(labels: tuple[str, ...], what: str, most: int) -> tuple[str, ...]:
    """Names that an axis can have; LogError if they are too many, too long or not distinct."""
    if len(labels) > most:
        raise LogError(f"Expected {what} to be at most {most:,}. Received: {len(labels):,}")
    if len({*labels}) < len(labels):
        raise LogError.of(f"{what} to have names of their own", max(labels, key=labels.count))
    return tuple(text(label, f"the name in {what}") for label in labels)


def _status(value: object) -> RunStatus:
    if value not in [*RunStatus]:
        raise LogError.of(f"the status of a log to be one of {', '.join(RunStatus)}", value)
    return RunStatus(str(value))


def _unit(value: object) -> str:
    if value not in UNITS:
        raise LogError.of('the unit of a log to be "epoch" or "step"', value)
    return str(value)


def _time_steps(content: object) -> dict[str, tuple[str, ...]]:
    layers = mapping(content, "time_steps")
    if len(layers) > MAX_PLACES:
        raise LogError(f"Expected time_steps of at most {MAX_PLACES:,} layers. Received: {len(layers):,}")
    return {text(layer, "a layer in time_steps"): _labels(labels) for layer, labels in layers.items()}


def _labels(content: object) -> tuple[str, ...]:
    labels = sequence(content, "the labels in time_steps", MAX_TIME_STEPS)
    written = tuple(str(label) if type(label) is int else text(label, "a label in time_steps") for label in labels)
    return _distinct(written, "the labels in time_steps", MAX_TIME_STEPS)


def _versions(content: object) -> dict[str, str]:
    versions = list(mapping(content, "versions").items())[:MAX_NOTICES]
    return {text(name, "a package"): text(version, "a version") for name, version in versions}
