"""How well the points of a run can be told apart: by a good classical model, which no depth troubles, or in theory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from sklearn.base import ClassifierMixin
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from vgdemo.config import POINTS, SETTINGS_OF, RunConfig
from vgdemo.data import make_dataset
from vgdemo.sequences import TASKS, reachable_accuracy

# The models, and what cross-validation chooses among: more choices come no nearer the best possible.
MODELS: tuple[tuple[ClassifierMixin, Mapping[str, Any]], ...] = (
    (SVC(kernel="rbf"), {"C": [1, 10], "gamma": [1, 3, 10]}),
    (KNeighborsClassifier(), {"n_neighbors": [1, 5, 15, 39]}),
)
FOLDS = 5
CHANCE = 0.01  # With which always answering the larger class does as well as a model that is believed.
MOST_POINTS = 500  # A half of more is told by its first ones: the time grows with the square of their number.


def ceiling(config: RunConfig) -> float:
    """Validation accuracy that can be reached on the points of a run, never below the larger class's share.

    Of points in the plane it is that of nearest neighbours or of a support-vector machine, whichever is the better one
    in cross-validation on the training half: with noise within about 0.02 of the best possible. Where that does no
    better than always answering the larger class does by chance, it is the larger class's share. Of sequences it is
    what the best answer can expect.

    The first time that a process asks about some points takes a quarter of a second.

    Example:
        >>> round(ceiling(RunConfig()), 2), round(ceiling(RunConfig(dataset="xor", noise=0.3)), 2)
        (0.84, 0.76)
        >>> round(ceiling(RunConfig(network="lstm", dataset="marked_sum", noise=0.1)), 3)
        0.946
    """
    names = [name for name in POINTS if name in SETTINGS_OF[config.network]]
    return _ceiling(RunConfig(network=config.network, **{name: getattr(config, name) for name in names}))


@lru_cache(maxsize=256)
def _ceiling(config: RunConfig) -> float:
    """That of a run of which only the points are as wanted."""
    points = make_dataset(config)
    if config.dataset in TASKS:
        return max(points.majority_share, reachable_accuracy(config.dataset, config.time_steps, config.noise))
    x, y = points.x_train[:MOST_POINTS], points.y_train[:MOST_POINTS]
    searches = [GridSearchCV(model, choices, cv=FOLDS).fit(x, y) for model, choices in MODELS]
    best = max(searches, key=lambda search: search.best_score_)
    if not _beats_guessing(best.best_score_, y):
        return points.majority_share
    return max(points.majority_share, float(best.score(points.x_val, points.y_val)))


def _beats_guessing(score: float, classes: NDArray[np.float32]) -> bool:
    """Whether an accuracy in cross-validation is more than always answering the larger class reaches by chance."""
    count, share = len(classes), float(classes.mean())
    return bool(binom.sf(round(score * count) - 1, count, max(share, 1 - share)) < CHANCE)
