"""A Keras callback that records the gradients of any training, and changes nothing in it."""

from __future__ import annotations

import html
import json
import textwrap
import time
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.diagnosis import Diagnosis, diagnose
from vgdemo.figures import Figure, ViewOptions, layer_heatmap, views_of
from vgdemo.log import FORMAT, LogWriter
from vgdemo.log.header import Header
from vgdemo.log.measurements import Measurements
from vgdemo.log.strict_json import line
from vgdemo.model import Model
from vgdemo.probe import Measured, OwnSteps, Probe, Rows, batch_of
from vgdemo.record import RunRecord
from vgdemo.wording import number

ACCURACIES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
)  # What Keras calls the accuracy in its logs.
CHARACTERS, LINE, PICTURE = 90, 22, 420  # Of a line over a picture; its height in pixels, and the picture's.
NOT_YET = "Nothing is recorded yet: a record begins with `fit(…, callbacks=[monitor])`."


class GradientMonitor(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the gradients of a training before its first step and after its epochs, and changes nothing in it.

    For every kernel it records statistics and a histogram of its gradient, its size and its update; for every layer
    the mean, deviation, saturated and dead share of its output, and the size of the loss's derivative by it. They are
    taken on a probe, some examples that stay the same. The curves are those that `fit` reports; at epoch 0 the loss of
    the probe.

    Args:
        x: Inputs of the probe, in the shapes that `fit` gets; 256 examples are enough. Arrays in any structure, a
            `tf.data.Dataset` or a `keras.utils.PyDataset`, of which the first batch is taken. Without a probe the
            gradients of single batches are recorded, as the optimiser gets them, and no layer's output.
        y: Targets of the probe.
        sample_weight: What each example counts. Class weights never reach a callback.
        every: Epochs from one record to the next; the last is always recorded.
        every_batches: Training steps from one record to the next, in place of epochs; the ends of epochs are recorded
            too. Where `fit` takes several steps in one execution, at the first that comes after so many.
        training: Whether the model is called as in training, with batch normalisation by the batch and dropout masks
            that stay the same.
        loss: From model, x, y and sample_weight to the loss, for a model that trains by a step of its own.
        through_time: Whether recurrent layers are recorded at every time step: the size of the loss's derivative by
            their state, through all later steps; beyond 256 steps in even groups.
        log_dir: Folder of a log that others follow while the training goes on, as `vgdemo watch` does. Where one is
            already, it goes into the next free subfolder.
        tensorboard: Whether events for TensorBoard are written into that folder as well, live: the curves, and
            histograms of the powers of ten of each kernel's gradient entries, as `dense/kernel_0_grad`.

    Attributes:
        folder: Where the log is; None without one.

    Example:
        >>> import keras, numpy
        >>> keras.utils.set_random_seed(1)
        >>> x = numpy.linspace(-1, 1, 64).reshape(32, 2)
        >>> y = x[:, 0] > 0
        >>> layers = [keras.layers.Dense(4, "tanh", name="first"), keras.layers.Dense(1, "sigmoid", name="last")]
        >>> model = keras.Sequential(layers)
        >>> model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        >>> monitor = GradientMonitor(x, y)
        >>> history = model.fit(x, y, epochs=3, callbacks=[monitor], verbose=0)
        >>> monitor.record.epochs.tolist(), monitor.record.model.kernel_labels
        ([0, 1, 2, 3], ('first', 'last'))
        >>> monitor.record.values("gradient_rms").shape
        (4, 1, 2)

    Raises:
        ValueError: If the probe is none, or Keras runs on another backend than TensorFlow.
        ModuleNotFoundError: If TensorBoard is wanted and not installed.
        ForeignStateError: From `fit`, if a layer keeps state outside Keras that a measurement would move.
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        sample_weight: Any = None,
        *,
        every: int = 1,
        every_batches: int | None = None,
        training: bool = True,
        loss: Any = None,
        through_time: bool = True,
        log_dir: str | Path | None = None,
        tensorboard: bool = False,
    ) -> None:
        super().__init__()
        if keras.backend.backend() != "tensorflow":
            raise ValueError(f"Expected Keras to run on TensorFlow. Received: {keras.backend.backend()}")
        _refuse_below_one(every, "every", "epoch")
        if every_batches is not None:
            _refuse_below_one(every_batches, "every_batches", "step")
        if tensorboard and log_dir is None:
            raise ValueError("Expected log_dir, where tensorboard=True writes its events. Received: None")
        if tensorboard and find_spec("tensorboard") is None:
            raise ModuleNotFoundError("Expected TensorBoard to be installed: pip install tensorboard. Received: none")
        self._tensorboard = tensorboard
        self._batch = None if x is None else batch_of(x, y, sample_weight)
        if self._batch is None:
            self.on_train_batch_begin = self._expect
        if self._batch is None or every_batches is not None:
            self.on_train_batch_end = self._on_steps  # Keras waits after each batch for whoever has this method.
        self._every, self._every_batches, self._log_dir = every, every_batches, log_dir
        self._unit = "epoch" if every_batches is None else "step"
        self._settings = {"training": training, "loss": loss, "through_time": through_time}
        self._probe: Probe | OwnSteps | None = None
        self._history: _History | None = None
        self._count, self._seconds, self._is_new = 0, 0.0, True  # Epochs or steps until now.

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """See the model anew: it may have been compiled, or its layers frozen, since the last training."""
        if self._batch is None:
            self._probe = OwnSteps(self.model)
        else:
            self._probe = Probe(self.model, self._batch, **self._settings)
        self._is_new, self._began = True, time.monotonic() - self._seconds

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the model before its first step."""
        self._batch_seen = -1
        if not self._is_new:
            return
        self._is_new = False
        if self._history is None and self._unit == "epoch":
            self._count = epoch
        self._last = self._planned(self.params["epochs"] - epoch)
        if self._history is not None:
            self._history.say("running", planned=self._last)
        elif self._batch is not None:
            self._begin({})

    def _begin(self, logs: Mapping[str, Any]) -> None:
        """Record the model as it was before its first step."""
        measured = self._probed.measure()
        self._history = _History(self._header(self._last), self._log_dir)
        self._events = _EventFile(self._history.folder) if self._tensorboard and self._history.folder else None
        self._append({"loss": measured.loss, **logs}, measured._replace(updates=[]))

    def _expect(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Without a probe: measure a step only if it will be recorded, as far as that is known."""
        steps, taken = self.params["steps"], self.model.steps_per_execution
        ends = steps is None or batch + taken >= steps
        due = self._is_due(taken)
        if isinstance(self._probe, OwnSteps):
            self._probe.expect(self._history is None or ends or due)

    def _is_due(self, steps: int) -> bool:
        """Whether a record is due after so many more steps."""
        every = self._every_batches
        return every is not None and (self._count + steps) // every > self._count // every

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the model after so many epochs. Those of a further `fit` are counted on."""
        self._count += self._unit == "epoch"
        if self._count % self._every == 0 and self._count > self._recorded.last:
            self._take(logs)

    def _on_steps(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the model if so many steps were taken; what ends an epoch waits for its curves."""
        if self._history is None:
            self._begin(logs or {})
        if self._every_batches is None:
            return
        steps, self._batch_seen = batch - self._batch_seen, batch
        is_due = self._is_due(steps)
        self._count += steps
        if is_due and batch + 1 != self.params["steps"]:
            self._take(logs)

    def _planned(self, epochs: int) -> int | None:
        """The last epoch or step after so many more epochs; None if it is not known how many steps they have."""
        if self._unit == "epoch":
            return self._count + epochs
        steps = self.params["steps"]
        return None if steps is None else self._count + int(steps) * epochs

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Record the end, and let go of the model's graph."""
        if self._count > self._recorded.last:
            self._take(logs)
        self._recorded.say("complete")
        self._probe, self._seconds = None, time.monotonic() - self._began

    @property
    def record(self) -> RunRecord:
        """What is recorded until now, as the record that figures, diagnosis and export take.

        Raises:
            ValueError: If nothing is.
        """
        return self._recorded.record

    @property
    def diagnosis(self) -> Diagnosis:
        """What the training has, why, and what may cure it."""
        return diagnose(self.record)

    @property
    def folder(self) -> Path | None:
        """Where the log is; None without one."""
        return self._recorded.folder

    def figure(self, name: str = "gradient_rms") -> Figure:
        """A picture of the record.

        Args:
            name: A statistic, drawn over epochs and layers, or a view such as "curves", "profile" or "distribution".

        Raises:
            ValueError: If the record has none of this name.
        """
        record = self.record
        views = views_of(record)
        if name in views:
            return views[name].make(record, ViewOptions(), None)
        if record.has(name):
            return layer_heatmap(record, name)
        names = [*views, *(one for panel in record.panels.values() for one in panel.statistics)]
        raise ValueError(f"Expected a figure among {', '.join(names)}. Received: {name!r:.80}")

    def save(self, path: str | Path) -> None:
        """Write the record as one file, which `RunRecord.load` and the dashboard read."""
        self.record.save(path)

    @property
    def _probed(self) -> Probe | OwnSteps:
        if self._probe is None:
            raise ValueError(NOT_YET)
        return self._probe

    @property
    def _recorded(self) -> _History:
        if self._history is None:
            raise ValueError(NOT_YET)
        return self._history

    def _header(self, planned: int | None) -> dict[str, Any]:
        """What `run.json` says of the training."""
        described, batch = self._probed.described, self._batch
        probe = {"source": "optimizer"} if batch is None else {"source": "probe", "examples": batch.size}
        return {
            "name": self.model.name,
            "framework": f"keras {keras.__version__}",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "status": "running",
            "unit": self._unit,
            "planned": planned,
            "guessing_loss": described.guess,
            "majority_share": described.majority_share,
            "probe": probe | {"training": batch is None or self._settings["training"]},
            "model": described.model.to_dict(),
            "time_steps": self._probed.time_steps,
            "notices": self._probed.notices,
            "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        }

    def _take(self, logs: Mapping[str, Any] | None) -> None:
        self._append(logs or {}, self._probed.measure())

    def _append(self, logs: Mapping[str, Any], measured: Measured) -> None:
        record = _line(time.monotonic() - self._began, logs, measured)
        self._recorded.append({self._unit: self._count} | record)
        if self._events is not None:
            self._events.append(self._count, record["curves"], self._probed.described.model, measured)

    def __repr__(self) -> str:
        """The verdict in a line."""
        return f"GradientMonitor({NOT_YET if self._history is None else self.diagnosis.sentence!r})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """What a notebook shows: the verdict over the picture, and a table where no scripts run."""
        if self._history is None:
            return {"text/plain": repr(self)}
        if not self.record.has("gradient_rms"):
            return {"text/plain": repr(self), "text/html": self._repr_html_()}
        picture = _titled(self.figure(), self.diagnosis)._repr_mimebundle_(include=None, exclude=None) or {}
        return picture | {"text/plain": repr(self), "text/html": self._repr_html_() + picture.get("text/html", "")}

    def _repr_html_(self) -> str:
        """The verdict and, for each kernel, the size of its gradient at the start and in the end."""
        diagnosis = self.diagnosis
        said = f"<p><strong>{html.escape(diagnosis.headline)}</strong>: {html.escape(diagnosis.explanation)}</p>"
        return said + (_table(self.record) if self.record.has("gradient_rms") else "")


class _History:
    """All records of a training: in memory and, if it has a folder, as a log.

    Args:
        content: What `run.json` says.
        log_dir: Folder of the log, or None.
    """

    def __init__(self, content: dict[str, Any], log_dir: str | Path | None) -> None:
        self._content = content
        self._measurements = Measurements(self._header)
        self._writer = None if log_dir is None else LogWriter(log_dir, content)
        self.folder = None if self._writer is None else self._writer.folder
        self._record: RunRecord | None = None
        self.last = -1
        self._leave_unless_ended()

    @property
    def _header(self) -> Header:
        return Header.of(json.loads(line({"format": FORMAT, **self._content})))

    @property
    def record(self) -> RunRecord:
        """All until now; the same object as long as nothing is new."""
        if self._record is None:
            self._record = self._measurements.record(self._header)
        return self._record

    def append(self, record: dict[str, Any]) -> None:
        """Take in one more."""
        self._measurements.add(line(record))
        if self._writer is not None:
            self._writer.append(record)
        self.last, self._record = record[self._content["unit"]], None

    def say(self, status: str, **changes: Any) -> None:
        """How far the training has come, and what else is to be said anew."""
        self._content |= {"status": status, **changes}
        self._record = None
        if self._writer is not None:
            self._writer.end(status, **changes)
            self._unended.detach()
            if status == "running":
                self._leave_unless_ended()

    def _leave_unless_ended(self) -> None:
        """Keras does not tell of an exception: a training whose end never came is stopped when this is let go."""
        if self._writer is not None:
            self._unended = weakref.finalize(self, self._writer.end, "stopped")


class _EventFile:
    """What TensorBoard reads of a training while it goes on. No file stays open."""

    def __init__(self, folder: Path) -> None:
        from vgdemo.export.event_file import file_beginning, growing_event  # TensorBoard is optional.

        self._event = growing_event
        self._path = folder / f"events.out.tfevents.{int(time.time())}.vgdemo"
        self._write(file_beginning())

    def append(self, count: int, curves: Mapping[str, float], model: Model, measured: Measured) -> None:
        """Write one event."""
        pairs = zip(model.kernel_labels, measured.histograms, strict=True)
        gradients = {label: counts for label, counts in pairs if counts is not None}
        self._write(self._event(count, curves, gradients, model))

    def _write(self, content: bytes) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(content)


def _refuse_below_one(value: object, name: str, unit: str) -> None:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"Expected {name} to be at least 1 {unit}. Received: {value!r:.80}")


def _line(seconds: float, logs: Mapping[str, Any], measured: Measured) -> dict[str, Any]:
    """One record of a log, but for its number."""
    return {
        "seconds": seconds,
        "curves": _curves(logs),
        "kernels": _columns(measured.kernels),
        "updates": _columns(measured.updates),
        "activations": _columns(measured.layers),
        "steps": {layer: {"state_gradient_mean_abs": sizes} for layer, sizes in measured.steps.items()},
        "histograms": [None if counts is None else _compact(counts) for counts in measured.histograms],
    }


def _curves(logs: Mapping[str, Any]) -> dict[str, float]:
    """The curves of a record, from what Keras calls them."""
    accuracy = next((name for name in ACCURACIES if name in logs), "")
    measured = {"loss": "loss", "accuracy": accuracy}
    names = {f"train_{curve}": name for curve, name in measured.items()}
    names |= {f"val_{curve}": f"val_{name}" for curve, name in measured.items()}
    return {curve: float(logs[name]) for curve, name in names.items() if logs.get(name) is not None}


def _columns(rows: Rows) -> dict[str, list[float | None]] | None:
    """Name of a statistic to its number at each place; None where it does not exist there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names} or None


def _compact(counts: NDArray[np.int32]) -> list[int]:
    """The first bin that is not empty, and the counts from there to the last."""
    used = np.flatnonzero(counts)
    return [int(used[0]), *counts[used[0] : used[-1] + 1].tolist()]


def _titled(figure: Figure, diagnosis: Diagnosis) -> Figure:
    """A picture under its verdict, with room for as many lines as that has."""
    lines = [html.escape(line) for line in textwrap.wrap(diagnosis.explanation, CHARACTERS)]
    room = LINE * (len(lines) + 3)
    figure.update_layout(margin_t=room, height=PICTURE + room)
    figure.update_layout(title={"y": 1 - LINE / (PICTURE + room), "yref": "container", "yanchor": "top"})
    figure.update_layout(title_text=diagnosis.headline, title_subtitle_text="<br>".join(lines))
    return figure


def _table(record: RunRecord) -> str:
    """For each kernel the size of its gradient at the start and in the end."""
    gradients = record.values("gradient_rms")[[0, -1], 0].T
    ends = "".join(f"<th>{record.unit} {record.epochs[place]}</th>" for place in (0, -1))
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td><td>{number(first)}</td><td>{number(last)}</td></tr>"
        for label, (first, last) in zip(record.model.kernel_labels, gradients, strict=True)
    )
    return f"<table><tr><th>gradient, RMS</th>{ends}</tr>{rows}</table>"
