from __future__ import annotations

import numpy as np

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.figures import scatter


def test_the_scatter_shows_the_training_half_by_class() -> None:
    config = RunConfig()
    data = make_dataset(config)
    outer, inner = scatter(config).data
    np.testing.assert_array_equal(np.c_[outer.x, outer.y], data.x_train[data.y_train == 0])
    np.testing.assert_array_equal(np.c_[inner.x, inner.y], data.x_train[data.y_train == 1])
    assert np.hypot(outer.x, outer.y).mean() > np.hypot(inner.x, inner.y).mean()
