"""A run as a log folder for TensorBoard."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from vgdemo.record import RunRecord

EVENT_FILE = "events.out.tfevents.0.vgdemo"  # TensorBoard reads every file whose name holds tfevents.


def write_tensorboard(record: RunRecord, log_dir: str | Path) -> None:
    """Write a log folder that TensorBoard reads, with a run `replicate_0`, `replicate_1`, … for each replicate.

    Scalars: `epoch_accuracy` and `epoch_loss` of the training half, the same with `epoch_val_` of the validation half,
    and each statistic, such as `gradient_mean_abs/kernel_0` or `dead_share/activation_0`; layers count from 0 here, as
    in Keras. Where layers have names, these are `gradient_mean_abs/lstm/recurrent_kernel` and `dead_share/lstm`.
    Histograms and distributions: `kernel_0_grad`, `kernel_1_grad`, …, or `lstm/recurrent_kernel_grad`, the sizes |g| of
    a kernel's gradient entries; TensorBoard's filter `kernel_._grad` shows the first together. Of kernels and
    activations a record keeps statistics alone, so they have scalars and no histogram.

    Args:
        record: The run.
        log_dir: A folder that is empty or does not exist yet.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_tensorboard(record, folder)
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['replicate_0', 'replicate_1']

    Raises:
        FileExistsError: If the folder is not empty, or a file is in its place; nothing is written then.
        ModuleNotFoundError: If TensorBoard is not installed.
    """
    folder = Path(log_dir)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"Expected a log folder that is empty or does not exist yet. Received: {folder}")
    for name, content in _files(record).items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)


def tensorboard_zip(record: RunRecord) -> bytes:
    """The log folder that `write_tensorboard` writes, as a zip archive.

    Example:
        >>> archive = zipfile.ZipFile(io.BytesIO(tensorboard_zip(record)))
        >>> archive.namelist()[0]
        'replicate_0/events.out.tfevents.0.vgdemo'

    Raises:
        ModuleNotFoundError: If TensorBoard is not installed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _files(record).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _files(record: RunRecord) -> dict[str, bytes]:
    try:
        from vgdemo.export.event_file import event_file
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"Expected TensorBoard to be installed: pip install tensorboard. Received: {error}", name=error.name
        ) from error
    return {
        f"replicate_{replicate}/{EVENT_FILE}": event_file(record, replicate) for replicate in range(record.replicates)
    }
