"""Records the gradients of a PyTorch training as a log that vgdemo reads: one file that needs torch alone.

The format is that of vgdemo's docs/log.md.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import torch

EDGES = [-24 + place / 2 for place in range(61)]  # Of the histograms: log10|g|, half a decade each.
KINDS = {
    "Linear": "Dense",
    "RNN": "SimpleRNN",
    "MultiheadAttention": "MultiHeadAttention",
    "BatchNorm1d": "BatchNormalization",
    "BatchNorm2d": "BatchNormalization",
    "BatchNorm3d": "BatchNormalization",
    "LayerNorm": "LayerNormalization",
    "Conv1d": "Conv1D",
    "Conv2d": "Conv2D",
    "Conv3d": "Conv3D",
}  # Keras's names of PyTorch's modules.
ACTIVATIONS = {"ReLU": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "ELU": "elu", "SELU": "selu", "GELU": "gelu"}
SLOPES = {  # Of activations that saturate, by their output; each is 1 times its maximum at the steepest place.
    "tanh": lambda output: 1 - output.square(),
    "sigmoid": lambda output: 4 * output * (1 - output),
}
SATURATED = 0.05  # Share of the largest slope below which a unit is called saturated.


class GradientRecorder:
    """Records a training every so many steps and changes nothing in it.

    The gradients are those that the optimiser gets: after a clipping, and scaled under a gradient scaler that is not
    yet unscaled. A record tells of the weights before its step, and of the update that the step makes.

        with GradientRecorder(model, optimizer, "logs/mine", every=50) as recorder:
            for x, y in batches:
                loss = loss_of(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                recorder.curves(train_loss=loss)
                optimizer.step()

    Args:
        model: The network.
        optimizer: That trains it.
        log_dir: Folder of the log. Where one is already, it goes into the next free subfolder.
        every: Steps from one record to the next.
        name: What to call the training.
        planned: The last step, if it is known.
        loss: Keras's name of the loss, such as "sparse_categorical_crossentropy".
        num_classes: How many answers there are to choose from; None for a network that does not classify.

    Attributes:
        folder: Where the log is.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        log_dir: str | Path,
        *,
        every: int = 50,
        name: str | None = None,
        planned: int | None = None,
        loss: str = "loss",
        num_classes: int | None = None,
    ) -> None:
        if every < 1:
            raise ValueError(f"Expected every to be at least 1 step. Received: {every}")
        self._model, self._optimizer, self._every = model, optimizer, every
        self._kernels = [kernel for module in _modules(model) for kernel in _kernels(*module)]
        self._said = {"name": name or type(model).__name__, "planned": planned}
        self._trains = {"loss": loss, "num_classes": num_classes} | _described_optimizer(optimizer)
        self._step, self._began = 0, time.monotonic()
        self._signals: dict[str, dict[str, Any]] = {}
        self._curves: dict[str, Any] = {}
        self._header: dict[str, Any] = {}
        self._layers: list[str] = []
        self.folder = _claimed(Path(log_dir))
        self._hooks = [
            model.register_forward_pre_hook(lambda *_: self._signals.clear()),
            *(module.register_forward_hook(self._tap(name)) for name, module in _modules(model)),
            optimizer.register_step_pre_hook(self._before),
            optimizer.register_step_post_hook(self._after),
        ]

    def __enter__(self) -> GradientRecorder:
        """The recorder, which is closed in the end."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close it; a training that ended by an exception has failed."""
        failed = kind is not None and issubclass(kind, Exception)
        self.close("failed" if failed else "complete" if kind is None else "stopped")

    def curves(self, **values: Any) -> None:
        """Say train_loss, train_accuracy, val_loss or val_accuracy, as numbers or tensors, for the next record."""
        for name, value in values.items():
            self._curves[name] = value.detach() if isinstance(value, torch.Tensor) else value

    def close(self, status: str = "complete") -> None:
        """Take all hooks away, and say how the training ended: "complete", "stopped" or "failed"."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        if self._header:
            self._describe(status)

    @property
    def _records(self) -> bool:
        return self._step % self._every == 0

    def _tap(self, name: str) -> Any:
        def hook(module: torch.nn.Module, _: Any, output: Any) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            if self._records and torch.is_grad_enabled() and isinstance(tensor, torch.Tensor) and tensor.requires_grad:
                calls = sum(signal["module"] == name for signal in self._signals.values())
                signal = _signal(name, module, tensor.detach())
                self._signals[name if not calls else f"{name}:{calls + 1}"] = signal
                tensor.register_hook(lambda gradient: signal["statistics"].update(output_gradient_rms=_rms(gradient)))

        return hook

    def _before(self, *_: Any) -> None:
        if not self._records:
            return
        if not self._header:
            self._begin()
        measured = [_measured(kernel["parameter"]) for kernel in self._kernels]
        signals = [self._signals.get(name, {"statistics": {}})["statistics"] for name in self._layers]
        self._record = {
            "step": self._step,
            "seconds": time.monotonic() - self._began,
            "curves": {name: float(value) for name, value in self._curves.items()},
            "kernels": _columns([statistics for statistics, _ in measured]),
            "activations": _columns(signals),
            "histograms": [counts for _, counts in measured],
        }
        self._weights = [kernel["parameter"].detach().clone() for kernel in self._kernels]
        self._signals.clear()

    def _after(self, *_: Any) -> None:
        if self._records:
            pairs = zip(self._kernels, self._weights, strict=True)
            self._record["updates"] = _columns([_moved(kernel["parameter"].detach(), then) for kernel, then in pairs])
            with (self.folder / "records.jsonl").open("ab", buffering=0) as file:
                file.write(_line(self._record))
            self._weights, self._curves = [], {}
        self._step += 1

    def _begin(self) -> None:
        """Describe the network, whose data flow is known once it has been called."""
        self._layers = list(self._signals)
        order = {signal["module"]: place for place, signal in enumerate(self._signals.values())}
        self._kernels.sort(key=lambda kernel: order.get(kernel["module"], len(order)))
        answering = next((one["module"] for one in reversed(self._kernels) if one["module"] in order), None)
        self._header = {
            "format": 1,
            "framework": f"torch {torch.__version__}",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "unit": "step",
            **self._said,
            "model": {
                "kernels": [_described_kernel(kernel, answering) for kernel in self._kernels],
                "layers": [{"name": name, **self._signals[name]["layer"]} for name in self._layers],
                **self._trains,
            },
            "versions": {"torch": str(torch.__version__)},
        }
        self._describe("running")

    def _describe(self, status: str) -> None:
        temporary = self.folder / f"run.json.{os.getpid()}.tmp"
        temporary.write_bytes(_line(self._header | {"status": status}))
        os.replace(temporary, self.folder / "run.json")


def _modules(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """The modules that compute something themselves, by name: those without parts, or with weights of their own."""
    for name, module in model.named_modules():
        if not [*module.children()] or [*module.parameters(recurse=False)]:
            yield name or type(module).__name__, module


def _kernels(name: str, module: torch.nn.Module) -> Iterator[dict[str, Any]]:
    for weight, parameter in module.named_parameters(recurse=False):
        if parameter.ndim >= 2:
            kind = KINDS.get(type(module).__name__, type(module).__name__)
            yield {"module": name, "name": weight, "kind": kind, "parameter": parameter}


def _described_kernel(kernel: dict[str, Any], answering: str | None) -> dict[str, Any]:
    parameter = kernel["parameter"]
    return {
        "layer": kernel["module"],
        "name": kernel["name"],
        "kind": kernel["kind"],
        "shape": _inputs_first(tuple(parameter.shape), kernel["kind"]),
        "is_output": kernel["module"] == answering,
        "trainable": parameter.requires_grad,
        "is_reached": parameter.grad is not None or not parameter.requires_grad,
    }


def _inputs_first(shape: tuple[int, ...], kind: str) -> list[int]:
    """PyTorch has outputs before inputs, and the receptive field last."""
    if kind == "Embedding":
        return list(shape)
    first, second, *field = shape
    return [*field, first, second] if "Transpose" in kind else [*field, second, first]


def _described_optimizer(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    group = optimizer.param_groups[0]
    return {
        "optimizer": type(optimizer).__name__.lower(),
        "learning_rate": float(group["lr"]) if "lr" in group else None,
        "momentum": float(group["momentum"]) if "momentum" in group else None,
        "weight_decay": float(group.get("weight_decay", 0)),
    }


def _signal(name: str, module: torch.nn.Module, output: torch.Tensor) -> dict[str, Any]:
    """What is known of a layer's output, measured at once: a later layer may change it in place."""
    kind = type(module).__name__
    activation = ACTIVATIONS.get(kind)
    layer = {"kind": KINDS.get(kind, kind), "activation": activation, "shape": [None, *output.shape[1:]]}
    values = output.double()
    mean = values.mean()
    statistics = {"activation_mean": mean.item(), "activation_std": (values - mean).square().mean().sqrt().item()}
    if activation in SLOPES:
        statistics["saturated_share"] = (SLOPES[activation](values) < SATURATED).double().mean().item()
    if activation == "relu":
        statistics["dead_share"] = _dead_share(values)
    return {"module": name, "layer": layer, "statistics": statistics}


def _dead_share(values: torch.Tensor) -> float:
    """Share of units, or channels of images, that are 0 for every example."""
    channels = values.movedim(1 if values.ndim == 4 else -1, 0)
    return float((channels.reshape(len(channels), -1) == 0).all(dim=1).double().mean())


def _measured(parameter: torch.nn.Parameter) -> tuple[dict[str, float], list[int] | None]:
    """Statistics of a kernel and, if it has a gradient, of that with its histogram."""
    weights = parameter.detach().double()
    kernel = {
        "kernel_l1": weights.abs().sum().item(),
        "kernel_rms": _rms(weights),
        "kernel_mean": weights.mean().item(),
    }
    if parameter.grad is None:
        return kernel, None
    gradient = parameter.grad.detach()
    size = (gradient.to_dense() if gradient.is_sparse else gradient).double().abs().flatten()
    statistics = {
        "gradient_mean_abs": size.mean().item(),
        "gradient_rms": _rms(size),
        "gradient_max_abs": size.max().item(),
        "gradient_zero_share": (size == 0).double().mean().item(),
    }
    return statistics | kernel, _histogram(size)


def _histogram(size: torch.Tensor) -> list[int]:
    """The first bin that is not empty, and the counts from there to the last."""
    edges = torch.tensor(EDGES, dtype=torch.float64, device=size.device)
    bins = torch.bucketize(torch.where(size > 0, size, 1.0).log10(), edges, right=True) + 1
    bins = torch.where(size == 0, 0, torch.where(size.isfinite(), bins, len(EDGES) + 2))
    counts = torch.bincount(bins).tolist()
    first = next(place for place, entries in enumerate(counts) if entries)
    return [first, *counts[first:]]


def _moved(now: torch.Tensor, then: torch.Tensor) -> dict[str, float]:
    change, before = (now.double() - then.double()).norm(), then.double().norm()
    return {"update_ratio": (change / before).item()}


def _rms(values: torch.Tensor) -> float:
    return float(values.detach().double().square().mean().sqrt())


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float | None]]:
    """Name of a statistic to its number for each row; None where a row has none."""
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(_strict(content), separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _strict(value: Any) -> Any:
    """JSON has no numbers that are not finite: words stand for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    return [_strict(one) for one in value] if isinstance(value, list) else value


def _claimed(folder: Path) -> Path:
    """The folder, or the first of its numbered subfolders, in which no log is; from now on one is there."""
    for number in count(1):
        place = folder if number == 1 else folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        try:
            (place / "records.jsonl").open("xb").close()
            return place
        except FileExistsError:
            continue
    raise AssertionError("unreachable")
