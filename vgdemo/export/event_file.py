"""Event files in TensorBoard's own messages, written without TensorFlow.

The only module that imports TensorBoard.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata
from tensorboard.plugins.scalar.metadata import create_summary_metadata as scalar_metadata

from vgdemo.export.file_names import file_name
from vgdemo.export.tfrecord import tfrecord
from vgdemo.figures.scales import statistic_of
from vgdemo.model import Model
from vgdemo.record import HISTOGRAM_EDGES, Panel, RunRecord, quantile

CURVE_TAGS = {
    "train_accuracy": "epoch_accuracy",
    "train_loss": "epoch_loss",
    "val_accuracy": "epoch_val_accuracy",
    "val_loss": "epoch_val_loss",
    "probe_loss": "epoch_probe_loss",
}
SIGNED = ("kernel_mean", "activation_mean")  # They have no logarithm, even in a run in which none is negative.
LOG10 = "As a power of ten: -8 is 1e-8. An exact zero has none and is left out."
MEDIAN = "The median over the replicates; one that is not a number counts as the largest."
HALF_A_DECADE = 0.5
EDGES = np.array([HISTOGRAM_EDGES[0] - HALF_A_DECADE, *HISTOGRAM_EDGES, HISTOGRAM_EDGES[-1] + HALF_A_DECADE])
SIZES = (
    "Power of ten of the size |g| of each entry of the gradient of this kernel, that of {phrase}{data} at the end of "
    "the epoch, all replicates together: -8 is 1e-8. Signs are not kept. Exact zeros and entries that are not finite "
    "are left out. The bucket that ends at -24 holds all smaller ones, the one that begins at 6 all larger ones."
)


class Scalars(NamedTuple):
    """The numbers of one tag, at each of some epochs."""

    tag: str
    description: str
    epochs: NDArray[np.int32]
    values: NDArray[np.float64]


class Histograms(NamedTuple):
    """The gradient of one kernel: (E, B) counts by size, between `EDGES`, at each of some epochs."""

    tag: str
    description: str
    epochs: NDArray[np.int32]
    counts: NDArray[np.uint64]


def event_files(record: RunRecord) -> dict[str, bytes]:
    """Name of a run of TensorBoard's to its events, one for each epoch.

    TensorBoard draws the same tag of several runs in one chart, so each replicate is a run, and each layer.
    """
    contents = [*_of_replicates(record), *_of_places(record)]
    names = _distinct(name for name, _ in contents)
    return {name: _event_file(record, content) for name, (_, content) in zip(names, contents, strict=True)}


def growing_event(
    epoch: int, curves: Mapping[str, float], gradients: Mapping[str, NDArray[np.integer]], model: Model
) -> bytes:
    """What a file of events grows by at one epoch, or step, of a training that goes on.

    Args:
        epoch: Its number.
        curves: Name of a record's curve to value.
        gradients: Label of each kernel that has a gradient to its (`HISTOGRAM_BINS`,) counts.
        model: The network.
    """
    events, at = {epoch: Event(wall_time=time.time(), step=epoch)}, np.array([epoch], np.int32)
    for name, value in curves.items():
        _add_scalars(events, Scalars(_tag(name), "", at, np.array([value])))
    for kernel, label, phrase in zip(model.kernels, model.kernel_labels, model.kernel_phrases, strict=True):
        if label in gradients:
            counts = gradients[label][None, 1:-1].astype(np.uint64)
            description = SIZES.format(phrase=phrase, data=", on the probe")
            _add_histograms(events, Histograms(f"{kernel.layer}/{kernel.name}_0_grad", description, at, counts))
    return tfrecord([events[epoch].SerializeToString()])


def file_beginning() -> bytes:
    """What a file of events begins with."""
    return tfrecord([Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()])


def _of_replicates(record: RunRecord) -> Iterator[tuple[str, list[Scalars | Histograms]]]:
    """The median if there are several, then each; the first of them has the histograms."""
    histograms = _histograms(record)
    if record.replicates > 1:
        curves = {name: quantile(values, 0.5) for name, values in record.curve_arrays.items()}
        yield "median", [*_curves(record, curves, MEDIAN), *histograms]
    for replicate in range(record.replicates):
        curves = {name: values[:, replicate] for name, values in record.curve_arrays.items()}
        yield f"replicate-{replicate + 1}", [*_curves(record, curves), *(histograms if record.replicates == 1 else ())]


def _curves(
    record: RunRecord, curves: dict[str, NDArray[np.float64]], description: str = ""
) -> Iterator[Scalars | Histograms]:
    for name, values in curves.items():
        if name.partition("/")[0] in CURVE_TAGS:  # A file from elsewhere may have others.
            measured = record.is_measured(name)
            yield Scalars(_tag(name), description, record.epochs[measured], values[measured])


def _tag(curve: str) -> str:
    """Of one of several outputs, with its name behind a slash."""
    measure, slash, output = curve.partition("/")
    return f"{CURVE_TAGS[measure]}{slash}{output}"


def _of_places(record: RunRecord) -> Iterator[tuple[str, list[Scalars | Histograms]]]:
    """Each layer, and each place along another axis, with the median of every statistic."""
    places: dict[tuple[str, str], list[Scalars | Histograms]] = {}
    for name, panel in record.panels.items():
        of = name.partition("/")[2]
        group = f"{panel.axis}s of layer {of}" if of else f"{panel.axis}s"
        for statistic in panel.statistics:
            for label, scalars in zip(panel.labels, _scalars(record, panel, statistic, group), strict=True):
                places.setdefault((panel.axis, label), []).append(scalars)
    for (axis, label), content in places.items():
        is_number = label.partition("/")[0].isdigit()
        yield file_name(f"{axis} {label}" if is_number else label) or file_name(axis), content


def _scalars(record: RunRecord, panel: Panel, statistic: str, group: str) -> Iterator[Scalars]:
    """The statistic at each place of the panel, in a group of charts."""
    shown = statistic_of(record, statistic)
    is_logarithmic = shown.logarithmic and statistic not in SIGNED
    words = f"{'log10 ' if is_logarithmic else ''}{statistic.replace('_', ' ')}"
    description = f"{MEDIAN} {LOG10 if is_logarithmic else ''}".strip()
    for values in quantile(panel.statistics[statistic], 0.5).T:
        drawn = shown.scaled(values) if is_logarithmic else values
        there = np.logical_or(values != 0, not is_logarithmic)
        yield Scalars(f"{group}/{words}", description, panel.epochs[there], drawn[there])


def _histograms(record: RunRecord) -> list[Histograms]:
    data = ", on the whole training half" if record.config else ""
    found = []
    for panel in record.panels.values():
        if panel.histograms is None:
            continue
        _, *sizes, _ = range(panel.histograms.shape[-1])  # Without exact zeros and what is not finite.
        counts = panel.histograms[..., sizes].sum(axis=1)
        for place, tag in enumerate(_kernel_tags(record.model, panel)):
            description = SIZES.format(phrase=panel.phrases[place], data=data)
            found.append(Histograms(f"gradients/log10 {tag}_grad", description, panel.epochs, counts[:, place]))
    return found


def _kernel_tags(model: Model, panel: Panel) -> tuple[str, ...]:
    """What tags call the kernels of a panel: by their layers' numbers, from 1, else by Keras's own names."""
    if panel.of != "kernel":
        return panel.labels
    if _are_numbered(model):
        return tuple(f"{kernel.name}_{kernel.layer}" for kernel in model.kernels)
    return tuple(f"{kernel.layer}/{kernel.name}" for kernel in model.kernels)


def _are_numbered(model: Model) -> bool:
    """Whether the hidden layers are called by their numbers, from 1 on, as those of settings are."""
    names = list(dict.fromkeys(kernel.layer for kernel in model.hidden_kernels))
    return bool(names) and names == [str(number) for number in range(1, len(names) + 1)]


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, with a number behind each that a file system may take for one before it."""
    found: dict[str, str] = {}
    for name in names:
        numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(found) + 2))
        free = next(one for one in numbered if one.casefold() not in found)
        found[free.casefold()] = free
    return [*found.values()]


def _event_file(record: RunRecord, contents: Iterable[Scalars | Histograms]) -> bytes:
    now = time.time()
    events = {epoch: Event(wall_time=now, step=epoch) for epoch in record.epochs.tolist()}
    for content in contents:
        if isinstance(content, Scalars):
            _add_scalars(events, content)
        else:
            _add_histograms(events, content)
    return file_beginning() + tfrecord(event.SerializeToString() for event in events.values())


def _add_scalars(events: dict[int, Event], scalars: Scalars) -> None:
    for epoch, number in zip(scalars.epochs.tolist(), scalars.values.tolist(), strict=True):
        value = events[epoch].summary.value.add(tag=scalars.tag, simple_value=number)
        if epoch == scalars.epochs[0]:
            value.metadata.CopyFrom(scalar_metadata(display_name=None, description=scalars.description))


def _add_histograms(events: dict[int, Event], histograms: Histograms) -> None:
    for epoch, counts in zip(histograms.epochs.tolist(), histograms.counts, strict=True):
        value = events[epoch].summary.value.add(tag=histograms.tag, tensor=_buckets(counts))
        if epoch == histograms.epochs[0]:  # TensorBoard takes what it needs to know of a tag from its first event.
            value.metadata.CopyFrom(histogram_metadata(display_name=None, description=histograms.description))


def _buckets(counts: NDArray[np.uint64]) -> TensorProto:
    """Rows left, right, count, from the first bucket that holds something to the last; none if none does."""
    used = np.flatnonzero(counts)
    kept = slice(used[0], used[-1] + 1) if used.size else slice(0)
    rows = np.stack([EDGES[:-1], EDGES[1:], counts], axis=1)[kept]
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in rows.shape])
    return TensorProto(dtype=DT_DOUBLE, tensor_shape=shape, tensor_content=rows.tobytes())
