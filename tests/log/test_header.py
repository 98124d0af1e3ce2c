"""Whatever a log says of itself, it is refused with a sentence, or its training can be drawn, judged and taken away."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from conftest import LSTM, foreign_record
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vgdemo import diagnose
from vgdemo.export import ReportedRun, report, tensorboard_zip
from vgdemo.figures import layer_profile, statistics_of
from vgdemo.log import LogError, read_files
from vgdemo.record import RunRecord
from vgdemo.trials import first_remedies

MODEL = LSTM.to_dict()
PLACES = (
    *("planned", "guessing_loss", "majority_share", "status", "time_steps.lstm", "model.normalization"),
    *(f"model.{name}" for name in ("learning_rate", "momentum", "weight_decay", "batch_size", "epoch_updates")),
    *(f"model.{name}" for name in ("num_classes", "time_steps", "loss", "optimizer", "gradient_clip")),
    *(f"model.kernels.{place}.{name}" for place in (1, 3) for name in ("shape", "kind", "is_output", "trainable")),
    *(f"model.layers.1.{name}" for name in ("shape", "activation")),
)
VALUES = st.sampled_from(
    (
        *(0, 1, -1, 2**31 - 1, 10**30, 10**400, 0.5, -0.5, 1e-320, 1e99, 1e308, True, False, None),
        *("", "complete", "batch", "softmax", "relu", "sgd", "norm", "mse", "categorical_crossentropy", "Embedding"),
        *([], [1], [5, 1], [0, 1], [-1, -1], [None, 1], [1] * 40, [2**30, 2**30], [3, 2, 1], [0, 1, 2], [-2, -1, 0]),
        *([1, 2, 10**30], ["1", "01", "001"], ["٣", "b", "³"]),
    )
)
KERNELS = {"kernels": {"gradient_rms": [1e-12, 1e-9, 1e-5, 0.1]}, "updates": {"update_ratio": [0.1, 0.1, 0.0, "NaN"]}}
OTHERS = {
    "activations": {"saturated_share": [0.9, 0.1], "output_gradient_rms": [1e-9, 1e-3]},
    "steps": {"lstm": {"state_gradient_mean_abs": [1e-9, 1e-5, 0.1]}},
}


def said(places: dict[str, Any]) -> dict[str, bytes]:
    """The files of a log that says these things of itself."""
    header = json.loads(json.dumps({"format": 1, "model": MODEL, "time_steps": {"lstm": [1, 2, 3]}}))
    for place, value in places.items():
        *way, last = (int(step) if step.isdecimal() else step for step in place.split("."))
        reduce(lambda inside, step: inside[step], way, header)[last] = value
    curves = {"train_loss": 1.4, "val_loss": 1.4, "train_accuracy": 0.25, "val_accuracy": 0.25}
    lines = [json.dumps({"epoch": epoch, "seconds": epoch, "curves": curves} | KERNELS | OTHERS) for epoch in range(12)]
    return {"run.json": json.dumps(header).encode(), "records.jsonl": "\n".join([*lines, ""]).encode()}


def use(record: RunRecord) -> None:
    """Do with a record what the dashboard can."""
    for name in statistics_of(record):
        layer_profile(record, name).to_json()
    diagnosis = diagnose(record)
    assert all(remedy.as_keras() for remedy in first_remedies(diagnosis, None))
    assert report([ReportedRun(one, letter=letter) for letter, one in (("A", record), ("B", foreign_record()))])
    assert tensorboard_zip(record, "mine")
    assert RunRecord.from_files(record.to_files()).model == record.model


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.dictionaries(st.sampled_from(PLACES), VALUES, max_size=3))
@example({"model.kernels.3.shape": []})
@example({"model.num_classes": -1, "model.loss": "categorical_crossentropy"})
@example({"model.learning_rate": 10**400})
@example({"time_steps.lstm": [1, 2, 10**30]})
@example({"guessing_loss": 1e99})
@example({"guessing_loss": 1e300})
def test_whatever_a_log_says_of_itself_it_is_refused_or_can_be_used(places: dict[str, Any]) -> None:
    try:
        record = read_files(said(places))
    except LogError as error:
        assert str(error).startswith("Expected ") and len(str(error)) < 400
    else:
        use(record)
