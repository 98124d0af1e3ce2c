"""A PyTorch loop with and without the recorder; needs PyTorch, which the project does not install."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; `pip install torch` runs these tests.")

from vgdemo.log import LogReader  # noqa: E402
from vgdemo.record import HISTOGRAM_EDGES, RunStatus  # noqa: E402
from vgdemo.statistics import gradient_histograms  # noqa: E402
from vgdemo.torch import EDGES, GradientRecorder, _histogram  # noqa: E402

nn = torch.nn
ROOT = Path(__file__).resolve().parents[1]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.answer = nn.LSTM(4, 5, batch_first=True, dropout=0.0), nn.Linear(5, 3)
        self.spare = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        return self.answer(self.lstm(x.reshape(len(x), 4, 4))[0][:, -1])


def mlp() -> Any:
    return nn.Sequential(nn.Linear(16, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(8, 3))


def cnn() -> Any:
    layers = nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 6, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(96, 3)
    return nn.Sequential(*layers)


def trained(make: Callable[[], Any], folder: Path | None, every: int = 1, steps: int = 7) -> list[Any]:
    """All state after some steps: weights, averages, the optimiser's, the generator's."""
    torch.manual_seed(3)
    model = make()
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    recorder = GradientRecorder(model, optimizer, folder, every=every, planned=steps) if folder else None
    for _ in range(steps):
        x, y = torch.randn(12, 16), torch.randint(0, 3, (12,))
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        if recorder:
            recorder.curves(train_loss=loss)
        optimizer.step()
        with torch.no_grad():
            model.eval()(x)
            model.train()
    if recorder:
        recorder.close()
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    moments = [value for state in optimizer.state.values() for value in state.values()]
    return [*model.state_dict().values(), *moments, torch.get_rng_state()]


@pytest.mark.parametrize("make", [mlp, cnn, Recurrent])
@pytest.mark.parametrize("every", [1, 3])
def test_a_training_that_is_recorded_is_the_same_to_the_bit(
    make: Callable[[], Any], every: int, tmp_path: Path
) -> None:
    plain, recorded = trained(make, None), trained(make, tmp_path, every)
    assert len(plain) == len(recorded) and all(map(torch.equal, plain, recorded))
    record = LogReader(tmp_path).record
    assert (record.unit, record.status) == ("step", RunStatus.COMPLETE)
    assert record.epochs.tolist() == [*range(0, 7, every)]
    assert np.isfinite(record.curve_arrays["train_loss"]).all()


def test_layers_and_kernels_stand_in_the_order_of_data_flow_under_names_that_are_known(tmp_path: Path) -> None:
    trained(Recurrent, tmp_path)
    model = LogReader(tmp_path).record.model
    assert model.kernel_labels == ("lstm/weight_ih_l0", "lstm/weight_hh_l0", "answer", "spare")
    assert [kernel.kind for kernel in model.kernels] == ["LSTM", "LSTM", "Dense", "Dense"]
    assert [kernel.shape for kernel in model.kernels] == [(4, 20), (5, 20), (5, 3), (2, 2)]
    assert [kernel.is_output for kernel in model.kernels] == [False, False, True, False]
    assert [kernel.is_reached for kernel in model.kernels] == [True, True, True, False]
    assert model.layer_labels == ("lstm", "answer")
    assert (model.optimizer, model.learning_rate) == ("adam", 0.01)
    trained(cnn, tmp_path)
    record = LogReader(tmp_path / "2").record
    assert record.model.kernels[0].shape == (3, 3, 1, 6)
    (tanh,) = (layer for layer in record.model.layers if layer.kind == "Tanh")
    assert (tanh.activation, tanh.shape) == ("tanh", (None, 6, 4, 4))


def test_the_numbers_are_those_of_a_loop_that_keeps_all(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second = nn.Linear(16, 8), nn.Linear(8, 3)
    first.bias.data[:3] = -100  # Three units that are dead.
    model = nn.Sequential(first, nn.ReLU(), second)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x, y = torch.randn(12, 16), torch.randint(0, 3, (12,))
    z = first(x)
    hidden = z.relu()
    z.retain_grad(), hidden.retain_grad()
    nn.functional.cross_entropy(second(hidden), y).backward()
    weights, gradient = first.weight.detach().double().numpy(), first.weight.grad.double().numpy()
    optimizer.zero_grad()
    with GradientRecorder(model, optimizer, tmp_path):
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    record = LogReader(tmp_path).record

    def value(statistic: str, place: int = 0) -> float:
        return float(record.values(statistic)[0, 0, place])

    assert value("gradient_rms") == pytest.approx(np.sqrt(np.mean(gradient**2)))
    assert value("gradient_mean_abs") == pytest.approx(np.abs(gradient).mean())
    assert value("gradient_max_abs") == pytest.approx(np.abs(gradient).max())
    assert value("gradient_zero_share") == pytest.approx((gradient == 0).mean()) and (gradient == 0).mean() >= 3 / 8
    assert value("kernel_rms") == pytest.approx(np.sqrt(np.mean(weights**2)))
    assert value("update_ratio") == pytest.approx(0.1 * np.linalg.norm(gradient) / np.linalg.norm(weights), rel=1e-5)
    assert value("output_gradient_rms") == pytest.approx(float(z.grad.double().square().mean().sqrt()))
    assert value("output_gradient_rms", 1) == pytest.approx(float(hidden.grad.double().square().mean().sqrt()))
    assert value("activation_mean", 1) == pytest.approx(hidden.double().mean().item())
    assert value("dead_share", 1) == (hidden == 0).all(dim=0).double().mean() >= 3 / 8
    assert np.isnan(value("dead_share", 0)) and not record.has("saturated_share")
    np.testing.assert_array_equal(record.panels["kernels"].histograms[0, 0, 0], gradient_histograms(gradient.ravel()))


def test_the_bins_are_those_of_every_record() -> None:
    np.testing.assert_array_equal(EDGES, HISTOGRAM_EDGES)
    random = np.random.default_rng(0)
    values = np.concatenate([10 ** random.uniform(-26, 8, 5000), [0, np.inf, np.nan, 5e-324], 10.0**HISTOGRAM_EDGES])
    first, *counts = _histogram(torch.from_numpy(values))
    np.testing.assert_array_equal(gradient_histograms(values)[first : first + len(counts)], counts)
    assert sum(counts) == len(values)


def test_a_training_that_fails_says_so(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(ZeroDivisionError), GradientRecorder(model, optimizer, tmp_path):
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        raise ZeroDivisionError
    assert LogReader(tmp_path).record.status is RunStatus.FAILED


def test_the_readmes_loop_is_recorded_and_its_verdict_is_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    _, _, part = (ROOT / "README.md").read_text(encoding="utf-8").partition("## From PyTorch")
    recording, reading = re.findall(r"```python\n(.*?)```", part, re.DOTALL)[:2]
    exec(compile(recording, "README.md", "exec"), {})
    exec(compile(reading, "README.md", "exec"), {})
    (promised,) = re.findall(r"print\(.*\)  # (.*)", reading)
    assert capsys.readouterr().out.startswith(promised.removesuffix(" …"))


def test_keras_on_pytorch_gets_one_sentence_from_the_monitor() -> None:
    program = "import numpy, vgdemo; vgdemo.GradientMonitor(numpy.ones((4, 2)), numpy.ones(4))"
    environment = os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=environment
    )
    assert ended.stderr.splitlines()[-1] == "ValueError: Expected Keras to run on TensorFlow. Received: torch"
