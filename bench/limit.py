"""The C program of `limit.c`, built with the machine's compiler: what training alone takes on this machine."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.result import repeated
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels
from vgdemo.presets import DEEP_RELU

SOURCE = Path(__file__).with_name("limit.c")
FLAGS = ("-O3", "-march=native", "-Wno-psabi", "-shared", "-fPIC")
COMPILER = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
NO_COMPILER = "No C compiler was found, so nothing is measured against C."

ROW = 8  # Units that the program has room for.

Weights = NDArray[np.float32]  # (layers, inputs and bias, `ROW`), as `Layer` has them; what a layer lacks is 0.


def seconds_of_c() -> float:
    """Of one replicate of the article's deep ReLU network, trained to its end; least of some repeats."""
    train, arguments = _program(), _arguments(DEEP_RELU)
    return min(repeated(lambda: train(*arguments)))


def trained(config: RunConfig) -> Weights:
    """The weights of the first replicate of a run that differs from the deep ReLU network in its epochs at most."""
    weights, *others = _arguments(config)
    _program()(weights, *others)
    return weights


@cache
def _program() -> ctypes._CFuncPtr:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "limit.so"
        subprocess.run([str(COMPILER), *FLAGS, str(SOURCE), "-o", str(library)], check=True)
        train = ctypes.CDLL(str(library)).train
    floats, whole = np.ctypeslib.ndpointer(np.float32, flags="C"), np.ctypeslib.ndpointer(np.int32, flags="C")
    train.argtypes = [floats, floats, floats, whole, ctypes.c_int, ctypes.c_int, ctypes.c_float, ctypes.c_float]
    train.restype = None
    return train


def _arguments(config: RunConfig) -> tuple[Weights, NDArray[np.float32], NDArray[np.float32], *tuple[object, ...]]:
    data, order = make_dataset(config), generator(config, 0, BATCH_ORDER_STREAM)
    points = np.concatenate([order.permutation(config.n_train) for _ in range(config.epochs)]).astype(np.int32)
    rates = config.learning_rate, config.momentum
    return _first_weights(config), data.x_train, data.y_train, points, config.n_train, config.epochs, *rates


def _first_weights(config: RunConfig) -> Weights:
    """Biases begin at 0, in the row after the kernel's."""
    weights = np.zeros((config.num_layers, config.units + 1, ROW), np.float32)
    for layer, kernels in zip(weights, initial_kernels(config), strict=True):
        inputs, units = kernels.shape[1:]
        layer[:inputs, :units] = kernels[0]
    return weights
