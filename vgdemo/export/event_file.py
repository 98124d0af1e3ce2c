"""Event files in TensorBoard's own messages, written without TensorFlow.

The only module that imports TensorBoard, an optional dependency.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE
from tensorboard.plugins.histogram.metadata import create_summary_metadata

from vgdemo.export.tfrecord import tfrecord
from vgdemo.model import Model
from vgdemo.record import HISTOGRAM_EDGES, Panel, RunRecord

CURVE_TAGS = {
    "train_accuracy": "epoch_accuracy",
    "train_loss": "epoch_loss",
    "val_accuracy": "epoch_val_accuracy",
    "val_loss": "epoch_val_loss",
}
NUMBERED = {"kernel": "kernel", "layer": "activation"}  # What a panel is of to what numbers follow in its tags.
EDGES = [0.0, *(10.0**HISTOGRAM_EDGES).tolist(), float(np.finfo(np.float32).max)]
DESCRIPTION = (
    "Size |g| of each entry of the gradient of this kernel, that of {phrase}{data} at the end of "
    "the epoch. Signs are not kept. Buckets are half a decade wide; the first, from 0 to 1e-24, holds exact "
    "zeros too. Entries that are not finite are left out."
)


class Scalars(NamedTuple):
    """The numbers of one tag, at each of some epochs."""

    tag: str
    epochs: NDArray[np.int32]
    values: NDArray[np.float64]


class Histograms(NamedTuple):
    """The gradient of one kernel: (E, B) counts by size, and (E,) the largest size, at each of some epochs."""

    tag: str
    description: str
    epochs: NDArray[np.int32]
    counts: NDArray[np.uint32]
    largest: NDArray[np.float64]


def event_file(record: RunRecord, replicate: int) -> bytes:
    """The events of one replicate, one for each epoch."""
    now = time.time()
    events = {epoch: Event(wall_time=now, step=epoch) for epoch in record.epochs.tolist()}
    for scalars in _scalars(record, replicate):
        for epoch, value in zip(scalars.epochs.tolist(), scalars.values.tolist(), strict=True):
            events[epoch].summary.value.add(tag=scalars.tag, simple_value=value)
    for histograms in _histograms(record, replicate):
        _add_histograms(events, histograms)
    version = Event(wall_time=now, file_version="brain.Event:2")
    return tfrecord(event.SerializeToString() for event in (version, *events.values()))


def _scalars(record: RunRecord, replicate: int) -> Iterator[Scalars]:
    for name, tag in CURVE_TAGS.items():
        if name in record.curve_arrays:
            yield Scalars(tag, record.epochs, record.curve_arrays[name][:, replicate])
    for panel in record.panels.values():
        places = _places(record.model, panel)
        for statistic, values in panel.statistics.items():
            for place, column in zip(places, values[:, replicate].T, strict=True):
                yield Scalars(f"{statistic}/{place}", panel.epochs, column)


def _histograms(record: RunRecord, replicate: int) -> Iterator[Histograms]:
    data = ", on the whole training half" if record.config else ""
    for panel in record.panels.values():
        counts = panel.histograms
        if counts is None:
            continue
        largest = panel.statistics.get("gradient_max_abs", np.full(counts.shape[:-1], np.inf))
        for place, tag in enumerate(_places(record.model, panel)):
            description = DESCRIPTION.format(phrase=panel.phrases[place], data=data)
            of_place = counts[:, replicate, place], largest[:, replicate, place]
            yield Histograms(f"{tag}_grad", description, panel.epochs, *of_place)


def _places(model: Model, panel: Panel) -> tuple[str, ...]:
    """What tags call the places of a panel: numbers from 0 where the layers are numbered, else Keras's own names."""
    if panel.of in NUMBERED and _are_numbered(model):
        return tuple(f"{NUMBERED[panel.of]}_{place}" for place in range(len(panel.labels)))
    if panel.of == "kernel":
        return tuple(f"{kernel.layer}/{kernel.name}" for kernel in model.kernels)
    axis = "" if panel.axis == "layer" else f"{panel.axis.replace(' ', '_')}_"
    return tuple(f"{axis}{label}" for label in panel.labels)


def _are_numbered(model: Model) -> bool:
    """Whether the hidden layers are called by their numbers, from 1 on, as those of settings are."""
    names = [kernel.layer for kernel in model.hidden_kernels]
    return bool(names) and names == [str(number) for number in range(1, len(names) + 1)]


def _add_histograms(events: dict[int, Event], histograms: Histograms) -> None:
    epochs, counts, sizes = (part.tolist() for part in (histograms.epochs, histograms.counts, histograms.largest))
    for epoch, (zeros, tiny, *others, _), largest in zip(epochs, counts, sizes, strict=True):
        value = events[epoch].summary.value.add(tag=histograms.tag, tensor=_buckets([zeros + tiny, *others], largest))
        if epoch == epochs[0]:  # TensorBoard takes what it needs to know of a tag from the tag's first event.
            metadata = create_summary_metadata(display_name=None, description=histograms.description)
            value.metadata.CopyFrom(metadata)


def _buckets(counts: list[int], largest: float) -> TensorProto:
    """Rows left, right, count between `EDGES`, from the first that holds something to the last; none if none does.

    The last one ends at the largest entry, so that a picture with even steps is not wider than it need be.
    """
    used = [index for index, count in enumerate(counts) if count] or [0]
    first, stop = used[0], used[-1] + (counts[used[-1]] > 0)
    edges = EDGES[first : stop + 1]
    if stop and edges[-2] < largest < edges[-1]:
        edges[-1] = largest
    rows = np.array([edges[:-1], edges[1:], counts[first:stop]]).T
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in rows.shape])
    return TensorProto(dtype=DT_DOUBLE, tensor_shape=shape, tensor_content=rows.tobytes())
