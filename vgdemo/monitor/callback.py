"""A Keras callback that records the gradients of any training, and changes nothing in it."""

from __future__ import annotations

import html
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from vgdemo.diagnosis import Diagnosis, diagnose
from vgdemo.figures import Figure, ViewOptions, layer_heatmap, views_of
from vgdemo.model import Model
from vgdemo.monitor.events import EventFile
from vgdemo.monitor.history import History
from vgdemo.monitor.lines import record_of
from vgdemo.monitor.notebook import after_the_cell, bundle, table, titled
from vgdemo.probe import Measured, OwnSteps, Probe, batch_of, callbacks_of_fit
from vgdemo.record import RunRecord

NOT_YET = "Nothing is recorded yet: a record begins with `fit(…, callbacks=[monitor])`."


class GradientMonitor(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the gradients of a training before its first step and after its epochs, and changes nothing in it.

    For every kernel it records statistics and a histogram of its gradient, its size and its update; for every layer
    the mean, deviation, saturated and dead share of its output, and the size of the loss's derivative by it. They are
    taken on a probe, some examples that stay the same. The curves are those that `fit` reports, in which class weights
    count; at epoch 0 the loss of the probe. That loss is a curve of its own as well, by which the verdict goes.

    Args:
        x: Inputs of the probe, in the shapes that `fit` gets; 256 examples are enough. Arrays in any structure, a
            `tf.data.Dataset` or a `keras.utils.PyDataset`, of which the first batch is taken. Without a probe the
            gradients of single batches are recorded, as the optimiser gets them, and no layer's output.
        y: Targets of the probe.
        sample_weight: What each example counts.
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
        _refuse_places(log_dir, tensorboard)
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
        self._history: History | None = None
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
            self._refuse_another_model(self._history.record.model)
            self._history.say("running", planned=self._last)
            self._watch_its_end(self._history)
        elif self._batch is not None:
            self._begin({})

    def _refuse_another_model(self, recorded: Model) -> None:
        """Layers may be frozen between trainings, but they must be the same ones."""
        if _outline(self._probed.described.model) != _outline(recorded):
            raise ValueError(
                "Expected the model that this monitor has recorded; another one needs a monitor of its own. "
                f"Received: {self.model.name}"
            )

    def _begin(self, logs: Mapping[str, Any]) -> None:
        """Record the model as it was before its first step."""
        measured = self._probed.measure()
        self._history = History(self._header(self._last), self._log_dir)
        self._watch_its_end(self._history)
        self._events = EventFile(self._history.folder) if self._tensorboard and self._history.folder else None
        self._append({"loss": measured.loss, **logs}, measured._replace(updates=[]))

    def _watch_its_end(self, history: History) -> None:
        """Without `on_train_end`, which Keras leaves out after an exception."""
        history.ends_with(callbacks_of_fit() or self)
        after_the_cell(history.stop)

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
    def _recorded(self) -> History:
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
            "model": replace(described.model, epoch_updates=self._epoch_updates).to_dict(),
            "time_steps": self._probed.time_steps,
            "notices": self._probed.notices,
            "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        }

    @property
    def _epoch_updates(self) -> int | None:
        """Updates of the weights in an epoch; None if it is not known how many steps it has."""
        steps, optimizer = self.params["steps"], self.model.optimizer
        every = getattr(optimizer, "gradient_accumulation_steps", None) or 1
        return None if steps is None else int(steps) // every

    def _take(self, logs: Mapping[str, Any] | None) -> None:
        self._append(logs or {}, self._probed.measure())

    def _append(self, logs: Mapping[str, Any], measured: Measured) -> None:
        record = record_of(time.monotonic() - self._began, logs, measured)
        self._recorded.append({self._unit: self._count} | record)
        if self._events is not None:
            self._events.append(self._count, record["curves"], self._probed.described.model, measured)

    def __repr__(self) -> str:
        """The verdict in a line."""
        return f"GradientMonitor({NOT_YET if self._history is None else self.diagnosis.sentence!r})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """What a notebook shows: the verdict with a table and a picture, or a picture with the verdict in its title."""
        if self._history is None:
            return {"text/plain": repr(self)}
        if not self.record.has("gradient_rms"):
            return {"text/plain": repr(self), "text/html": self._repr_html_()}
        alone, below = bundle(titled(self.figure(), self.diagnosis)), bundle(self.figure())
        return alone | {"text/plain": repr(self), "text/html": self._repr_html_() + below.get("text/html", "")}

    def _repr_html_(self) -> str:
        """The verdict and, for each kernel, the size of its gradient at the start and in the end."""
        if self._history is None:
            return f"<p>{html.escape(NOT_YET)}</p>"
        diagnosis = self.diagnosis
        said = f"<p><strong>{html.escape(diagnosis.headline)}</strong>: {html.escape(diagnosis.explanation)}</p>"
        return said + (table(self.record) if self.record.has("gradient_rms") else "")


def _outline(model: Model) -> list[tuple[Any, ...]]:
    kernels = [(kernel.layer, kernel.name, kernel.shape) for kernel in model.kernels]
    return [*kernels, *((layer.name, layer.activation) for layer in model.layers)]


def _refuse_places(log_dir: object, tensorboard: bool) -> None:
    if log_dir is not None and (not isinstance(log_dir, str | Path) or Path(log_dir).is_file()):
        raise ValueError(f"Expected log_dir to be a folder. Received: {str(log_dir)!r:.80}")
    if tensorboard and log_dir is None:
        raise ValueError("Expected log_dir, where tensorboard=True writes its events. Received: None")


def _refuse_below_one(value: object, name: str, unit: str) -> None:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"Expected {name} to be at least 1 {unit}. Received: {value!r:.80}")
