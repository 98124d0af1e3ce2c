"""Event files in TensorBoard's own messages, written without TensorFlow.

The only module that imports TensorBoard, an optional dependency.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary

from vgdemo.export.framing import framed
from vgdemo.record import HISTOGRAM_EDGES, LAYER_STATISTICS, RunRecord

CURVE_TAGS = {
    "train_accuracy": "epoch_accuracy",
    "train_loss": "epoch_loss",
    "val_accuracy": "epoch_val_accuracy",
    "val_loss": "epoch_val_loss",
}
SIZES = ("gradient_mean_abs", "gradient_rms", "gradient_max_abs")
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
    sizes = zip(*(record.layer_arrays[name][index, replicate].tolist() for name in SIZES), strict=True)
    counts = record.histograms[index, replicate].tolist()
    for layer, ((zeros, tiny, *others, _), size) in enumerate(zip(counts, sizes, strict=True)):
        finite = [zeros + tiny, *others]
        if any(finite):
            value = Summary.Value(tag=f"kernel_{layer}_grad", histo=_histogram(finite, *size))
            if index == 0:  # TensorBoard takes the description from a tag's first event.
                value.metadata.summary_description = DESCRIPTION.format(layer=layer + 1)
            yield value


def _histogram(counts: list[int], mean: float, root_mean_square: float, largest: float) -> HistogramProto:
    """Buckets between `EDGES`, from the first that holds something to the last, which ends at the largest entry."""
    used = [index for index, count in enumerate(counts) if count]
    first, last = used[0], used[-1]
    left, right = EDGES[last], EDGES[last + 1]
    total = sum(counts)
    return HistogramProto(
        min=EDGES[first],
        max=largest if left < largest < right else right,
        num=total,
        sum=total * mean,
        sum_squares=total * root_mean_square**2,
        bucket_limit=EDGES[first + 1 : last + 2],
        bucket=counts[first : last + 1],
    )
