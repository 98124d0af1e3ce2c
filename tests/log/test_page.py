"""The format's page: its example is a log."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from vgdemo.log import read_log
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, UPDATE_STATISTICS

PAGE = (Path(__file__).resolve().parents[2] / "docs/log.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    for kind, name in (("json", "run.json"), ("jsonl", "records.jsonl")):
        (block,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
        (tmp_path / name).write_text(block, encoding="utf-8")
    record = read_log(tmp_path)
    assert (record.sentence, record.unit, record.epochs.tolist()) == ("digits", "step", [0, 50])
    assert record.model.kernel_labels == ("lstm/kernel", "lstm/recurrent_kernel", "dense")
    np.testing.assert_array_equal(record.values("gradient_rms")[:, 0], [[1e-9, 2e-5, 0.01], [np.inf, 2e-5, np.nan]])
    assert record.panels["steps/lstm"].labels == ("1", "2", "3")
    assert record.panels["kernels"].histograms[0, 0, 1, 38:40].tolist() == [4090, 6]


def test_the_page_names_all_that_is_read() -> None:
    for name in (*CURVES, *KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS):
        assert f"`{name}`" in PAGE
