"""A run as a log folder for TensorBoard."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from vgdemo.export.file_names import run_name
from vgdemo.record import RunRecord

EVENT_FILE = "events.out.tfevents.0.vgdemo"  # TensorBoard reads every file whose name holds tfevents.


def write_tensorboard(record: RunRecord, log_dir: str | Path) -> None:
    """Write a log folder that TensorBoard reads.

    | run | has |
    | --- | --- |
    | `median` | the median of the replicates' curves, and histograms of all of them together |
    | `replicate-1`, `replicate-2`, … | the curves of one; if it is the only one, there is no `median` but this |
    | `layer-1`, `layer-2`, …, `output` | the median over the replicates of every statistic of one layer |
    | `time-step-1`, `time-step-2`, … | the same of one time step of each recurrent layer |

    TensorBoard draws all runs that have a tag in one chart: a chart of a statistic holds all layers. Layers that have
    names are called by them, and the kernels of a layer with several by theirs, as `layer-1-recurrent_kernel`. The
    curves are `epoch_accuracy` and `epoch_loss`, and the same with `epoch_val_` of the validation half.

    Statistics that may be tiny are written as powers of ten and called so, such as `layers/log10 gradient rms`: -8 is
    1e-8. An exact zero has no power of ten and is left out; `layers/gradient zero share` says how many there are. The
    others are as they are, such as `layers/dead share`. Time steps have charts for each recurrent layer, as
    `time steps of layer 1/log10 state gradient rms`.

    Histograms and distributions are of the powers of ten of a kernel's gradient entries, by the layers' numbers, as in
    `gradients/log10 kernel_1_grad`, `gradients/log10 recurrent_kernel_1_grad` and `gradients/log10 kernel_output_grad`,
    or by Keras's own names, as in `gradients/log10 lstm/recurrent_kernel_grad`. TensorBoard's filter `_grad` shows them
    all. (Keras 2 counted layers in front: its `dense_1/kernel_0_grad` is `kernel_1_grad`.) Of kernels and activations a
    record keeps statistics alone, so they have no histogram.

    Args:
        record: The run.
        log_dir: A folder that is empty or does not exist yet.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_tensorboard(record, folder)
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['layer-1', 'layer-2', 'median', 'output', 'replicate-1', 'replicate-2']

    Raises:
        FileExistsError: If the folder is not empty, or a file is in its place; nothing is written then.
    """
    folder = Path(log_dir)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"Expected a log folder that is empty or does not exist yet. Received: {folder}")
    for name, content in _files(record).items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)


def tensorboard_zip(record: RunRecord, name: str = "") -> bytes:
    """The log folder that `write_tensorboard` writes, as a zip archive.

    Args:
        record: The run.
        name: What the folder in the archive is called, so that TensorBoard can show several runs; empty for words that
            identify the run.

    Example:
        >>> archive = zipfile.ZipFile(io.BytesIO(tensorboard_zip(record, "first")))
        >>> archive.namelist()[0]
        'first/median/events.out.tfevents.0.vgdemo'
    """
    folder = run_name(record.source, name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in _files(record).items():
            archive.writestr(f"{folder}/{path}", content)
    return buffer.getvalue()


def _files(record: RunRecord) -> dict[str, bytes]:
    from vgdemo.export.event_file import event_files  # A tenth of a second for which nobody else should wait.

    return {f"{name}/{EVENT_FILE}": content for name, content in event_files(record).items()}
