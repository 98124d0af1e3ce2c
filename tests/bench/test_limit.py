from __future__ import annotations

import numpy as np
import pytest

from bench import limit
from bench.oracle import Network
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels
from vgdemo.presets import DEEP_RELU

FEW = DEEP_RELU.with_changes(epochs=20, replicates=1)


def in_numpy(config: RunConfig) -> Network:
    """The same weights on the same batches, in float64."""
    network, data = Network(config, 1, seed=0), make_dataset(config)
    for layer, kernel in zip(network.layers, initial_kernels(config), strict=True):
        layer["kernel"] = kernel.astype(np.float64)
    order = generator(config, 0, BATCH_ORDER_STREAM)
    for _ in range(config.epochs):
        points = order.permutation(config.n_train)
        for start in range(0, config.n_train, config.batch_size):
            batch = points[start : start + config.batch_size]
            network.step(data.x_train[None, batch], data.y_train[None, batch])
    return network


@pytest.mark.skipif(not limit.COMPILER, reason=limit.NO_COMPILER)
def test_the_c_program_ends_with_the_weights_that_numpy_ends_with() -> None:
    weights, network = limit.trained(FEW), in_numpy(FEW)
    for ours, layer in zip(weights, network.layers, strict=True):
        inputs, units = layer["kernel"].shape[1:]
        np.testing.assert_allclose(ours[:inputs, :units], layer["kernel"][0], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours[inputs, :units], layer["bias"][0, 0], rtol=1e-4, atol=1e-4)
