from __future__ import annotations

import numpy as np
import pytest

from vgdemo.config import RunConfig
from vgdemo.engine.panels import panels
from vgdemo.engine.recipe import Measurement
from vgdemo.record import ACTIVATION_STATISTICS, KERNEL_STATISTICS, STEP_STATISTICS, UPDATE_STATISTICS, Panel

CONFIG = RunConfig(num_hidden_layers=3, units=4)
SHAPES = [(1, 2, 2, 4), (2, 2, 4, 4), (1, 2, 4, 1)]  # Layers of one shape, two replicates, inputs, units.


def measured(*epochs: int) -> Measurement:
    """Numbers that say where they come from: epoch, replicate and layer are their digits."""
    number = np.array(epochs, np.float32)[:, None, None]
    replicate, layer = np.arange(2)[:, None], np.arange(4)
    digits = 1 + 100 * number + 10 * replicate + layer  # (epochs, replicates, layers).
    by_layer, kernels, start = np.swapaxes(digits, 1, 2), [], 0
    for layers, replicates, inputs, units in SHAPES:
        group = by_layer[:, start : start + layers, :, None, None]
        kernels.append(np.broadcast_to(group, (len(epochs), layers, replicates, inputs, units)).astype(np.float32))
        start += layers
    activations = by_layer[:, :3, :, None] * np.array([1, 2, 3, 4])
    return Measurement(np.zeros((len(epochs), 4, 2)), activations, tuple(-k for k in kernels), tuple(kernels))


def of_epochs(*epochs: int, before: int | None = None) -> dict[str, Panel]:
    now = measured(*epochs)
    kernels = [group[:0] for group in now.kernels] if before is None else measured(before).kernels
    return panels(CONFIG, np.array(epochs, np.int32), now, kernels)


def test_each_value_stands_at_its_epoch_replicate_and_layer() -> None:
    kernels = of_epochs(4, 5, before=3)["kernels"]
    for name in ("kernel_mean", "kernel_rms", "gradient_mean_abs", "gradient_max_abs"):
        assert kernels.statistics[name][1, 1].tolist() == [511, 512, 513, 514]
        assert kernels.statistics[name][0, 0].tolist() == [401, 402, 403, 404]
    assert kernels.statistics["kernel_l1"][0, 0].tolist() == [401 * 8, 402 * 16, 403 * 16, 404 * 4]
    assert kernels.labels == ("1", "2", "3", "output")


def test_every_statistic_has_its_panel() -> None:
    made = of_epochs(1, before=0)
    assert tuple(made["kernels"].statistics) == KERNEL_STATISTICS
    assert tuple(made["updates"].statistics) == UPDATE_STATISTICS
    assert tuple(made["activations"].statistics) == ACTIVATION_STATISTICS


@pytest.mark.parametrize(("epochs", "before"), [((0,), None), ((0, 1), None), ((3, 4), 2)])
def test_updates_begin_at_epoch_1(epochs: tuple[int, ...], before: int | None) -> None:
    updates = of_epochs(*epochs, before=before)["updates"]
    expected = [epoch for epoch in epochs if epoch > 0]
    assert updates.epochs.tolist() == expected
    ratio = updates.statistics["update_ratio"]
    assert ratio.shape == (len(expected), 2, 4)
    for row, epoch in enumerate(expected):
        assert ratio[row, 0, 2] == pytest.approx(100 / (1 + 100 * (epoch - 1) + 2))


def test_activations_are_those_of_the_hidden_layers() -> None:
    activations = of_epochs(4, 5, before=3)["activations"]
    assert activations.labels == ("1", "2", "3")
    assert activations.statistics["activation_mean"][1, 0].tolist() == [501, 502, 503]
    assert activations.statistics["dead_share"][0, 1].tolist() == [4 * 411, 4 * 412, 4 * 413]


def test_histograms_count_every_entry_of_each_gradient_once() -> None:
    histograms = of_epochs(0)["kernels"].histograms
    assert (histograms.sum(axis=-1) == [8, 16, 16, 4]).all()


def test_what_is_measured_over_time_stands_at_its_layer_step_and_replicate() -> None:
    config = RunConfig(network="gru", num_hidden_layers=3, units=4, time_steps=5)
    layer, step, replicate = np.arange(3)[:, None, None], np.arange(5)[:, None], np.arange(2)
    number = 1000 * np.arange(2)[:, None, None, None] + 100 * layer + 10 * step + replicate
    steps = [number + digit / 10 for digit in range(4)]
    made = panels(config, np.array([7, 8], np.int32), measured(7, 8)._replace(steps=steps), measured(6).kernels)
    assert [name for name in made if name.startswith("steps/")] == ["steps/1", "steps/2", "steps/3"]
    panel = made["steps/2"]
    assert (panel.labels, panel.epochs.tolist()) == (("1", "2", "3", "4", "5"), [7, 8])
    for digit, name in enumerate(STEP_STATISTICS):
        assert panel.statistics[name].shape == (2, 2, 5)
        assert panel.statistics[name][1, 1, 3] == 1131 + digit / 10
