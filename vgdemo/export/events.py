"""Event files in TensorBoard's own messages, written without TensorFlow.

The only module that imports TensorBoard, an optional dependency.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE
from tensorboard.plugins.histogram.metadata import create_summary_metadata

from vgdemo.export.framing import framed
from vgdemo.record import HISTOGRAM_EDGES, LAYER_STATISTICS, RunRecord

CURVE_TAGS = {
    "train_accuracy": "epoch_accuracy",
    "train_loss": "epoch_loss",
    "val_accuracy": "epoch_val_accuracy",
    "val_loss": "epoch_val_loss",
}
OF_ACTIVATIONS = ("activation_mean", "activation_std", "saturated_share", "dead_share")
EDGES = [0.0, *(10.0**HISTOGRAM_EDGES).tolist(), float(np.finfo(np.float32).max)]
DESCRIPTION = (
    "Size |g| of each entry of the gradient of this kernel, that of layer {layer}, on the whole training half at the "
    "end of the epoch. Signs are not kept. Buckets are half a decade wide; the first, from 0 to 1e-24, holds exact "
    "zeros too. Entries that are not finite are left out."
)


def event_file(record: RunRecord, replicate: int) -> bytes:
    """The events of one replicate, one for each epoch."""
    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    for index, epoch in enumerate(record.epochs.tolist()):
        summary = Summary(value=_values(record, index, replicate))
        events.append(Event(wall_time=now, step=epoch, summary=summary))
    return framed([event.SerializeToString() for event in events])


def _values(record: RunRecord, index: int, replicate: int) -> Iterator[Summary.Value]:
    yield from _curves(record, index, replicate)
    yield from _layers(record, index, replicate)
    yield from _histograms(record, index, replicate)


def _curves(record: RunRecord, index: int, replicate: int) -> Iterator[Summary.Value]:
    for name, tag in CURVE_TAGS.items():
        yield Summary.Value(tag=tag, simple_value=record.curve_arrays[name][index, replicate])


def _layers(record: RunRecord, index: int, replicate: int) -> Iterator[Summary.Value]:
    for name in LAYER_STATISTICS:
        if name == "update_ratio" and record.epochs[index] == 0:
            continue  # Nothing was updated yet.
        part = "activation" if name in OF_ACTIVATIONS else "kernel"
        count = record.config.num_layers - (name in OF_ACTIVATIONS)  # Those of the output have no statistics.
        for layer, value in enumerate(record.layer_arrays[name][index, replicate, :count].tolist()):
            yield Summary.Value(tag=f"{name}/{part}_{layer}", simple_value=value)


def _histograms(record: RunRecord, index: int, replicate: int) -> Iterator[Summary.Value]:
    counts = record.histograms[index, replicate].tolist()
    largest = record.layer_arrays["gradient_max_abs"][index, replicate].tolist()
    for layer, (zeros, tiny, *others, _) in enumerate(counts):
        value = Summary.Value(tag=f"kernel_{layer}_grad", tensor=_buckets([zeros + tiny, *others], largest[layer]))
        if index == 0:  # TensorBoard takes what it needs to know of a tag from the tag's first event.
            description = DESCRIPTION.format(layer=layer + 1)
            value.metadata.CopyFrom(create_summary_metadata(display_name=None, description=description))
        yield value


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
