"""Sequences against rules written by hand and classical models that are shown the steps that answer, or the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from vgdemo.sequences import TASKS, make_sequences, reachable_accuracy

MANY = 20_000  # Sequences, of which a share is known to 0.0035.
each_task = pytest.mark.parametrize("task", TASKS)
each_length = pytest.mark.parametrize("time_steps", [2, 3, 5, 20, 51, 400])


def marked(x: np.ndarray) -> np.ndarray:
    """(points, 2) the values of the two marked steps, in their order."""
    assert set(np.unique(x[..., 1])) <= {0, 1}
    return x[..., 0][x[..., 1] == 1].reshape(len(x), 2)


def unmarked(x: np.ndarray) -> np.ndarray:
    """(points, time_steps - 2) the values of the others."""
    return x[..., 0][x[..., 1] == 0].reshape(len(x), -1)


def wave(kind: int, phase: int, time_steps: int) -> np.ndarray:
    """(time_steps, 2) sine or square wave of period 20, a quarter of a period ahead in the second feature."""
    angle = 2 * np.pi * (phase + 0.5 + np.arange(time_steps)) / 20
    sine = np.column_stack([np.sin(angle), np.cos(angle)])
    return np.where(sine > 0, 1.0, -1.0) if kind else sine


def likelier_wave(x: np.ndarray, noise: float) -> np.ndarray:
    """The kind of wave that makes what was seen likelier, all phases together."""
    waves = [wave(kind, phase, x.shape[1]) for kind in (0, 1) for phase in range(20)]
    distances = np.stack([np.square(x - one).sum(axis=(1, 2)) for one in waves])
    fits = np.exp((distances.min(axis=0) - distances) / 2 / max(noise, 0.01) ** 2).reshape(2, 20, -1)
    return fits[1].sum(axis=0) > fits[0].sum(axis=0)


RULES = {
    "first_symbol": lambda x, noise: x[:, 0, 1] > x[:, 0, 0],
    "marked_sum": lambda x, noise: marked(x).sum(axis=1) > 0,
    "temporal_order": lambda x, noise: marked(x)[:, 0] > marked(x)[:, 1],
    "waves": likelier_wave,
}
ANSWERING = {"first_symbol": lambda x: x[:, 0], "marked_sum": marked, "temporal_order": marked}
OTHERS = {"first_symbol": lambda x: x[:, 1:].reshape(len(x), -1), "marked_sum": unmarked, "temporal_order": unmarked}


def score(model: ClassifierMixin, features: np.ndarray, y: np.ndarray) -> float:
    """Accuracy on the second half of a model that has learned from the first."""
    half = len(y) // 2
    return float(model.fit(features[:half], y[:half]).score(features[half:], y[half:]))


def test_every_row_stands_under_its_own_name() -> None:
    assert [task.name for task in TASKS.values()] == list(TASKS) == list(RULES)


@each_length
@each_task
def test_sequences_have_two_features_a_step_and_classes_in_balance(task: str, time_steps: int) -> None:
    x, y = make_sequences(task, 101, time_steps, 0.1, seed=3)
    assert (x.shape, x.dtype, y.shape) == ((101, time_steps, 2), np.float32, (101,))
    assert sorted(y) == [0] * 51 + [1] * 50
    assert np.isfinite(x).all()


@each_task
def test_each_half_has_about_as_many_sequences_of_either_class(task: str) -> None:
    _, y = make_sequences(task, 1000, 10, 0.1, seed=1)
    assert 0.4 < y[:500].mean() < 0.6


@each_task
def test_a_seed_fixes_the_sequences_and_another_gives_others(task: str) -> None:
    (first, classes), (again, same), (other, _) = (make_sequences(task, 50, 10, 0.1, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(classes, same)
    assert not np.array_equal(first, other)


@each_length
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3, 1.0])
@each_task
def test_a_rule_written_by_hand_reaches_the_ceiling(task: str, noise: float, time_steps: int) -> None:
    count = MANY // time_steps + 1000
    x, y = make_sequences(task, count, time_steps, noise, seed=5)
    accuracy = (RULES[task](x, noise) == y).mean()
    assert accuracy == pytest.approx(reachable_accuracy(task, time_steps, noise), abs=0.01 + 1.5 / count**0.5)


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("task", ANSWERING)
def test_a_line_through_the_steps_that_answer_reaches_the_ceiling(task: str, noise: float) -> None:
    x, y = make_sequences(task, MANY, 12, noise, seed=6)
    accuracy = score(LogisticRegression(), ANSWERING[task](x), y)
    assert accuracy == pytest.approx(reachable_accuracy(task, 12, noise), abs=0.012)


@pytest.mark.parametrize("model", [LogisticRegression(), SVC()], ids=["line", "curve"])
@pytest.mark.parametrize("task", OTHERS)
def test_the_other_steps_tell_nothing(task: str, model: ClassifierMixin) -> None:
    x, y = make_sequences(task, 4000, 12, 0.3, seed=7)
    assert score(model, OTHERS[task](x), y) == pytest.approx(0.5, abs=0.04)


def test_one_step_of_a_wave_tells_its_class() -> None:
    x, y = make_sequences("waves", 1000, 40, 0.05, seed=8)
    assert [score(SVC(), x[:, step], y) for step in (0, -1)] == pytest.approx([1, 1], abs=0.01)
    lengths = np.hypot(*make_sequences("waves", 1000, 40, 0, seed=8)[0].transpose(2, 0, 1))
    np.testing.assert_allclose(lengths, np.where(y, 2**0.5, 1)[:, None].repeat(40, axis=1), rtol=1e-6)


@pytest.mark.parametrize("task", ["marked_sum", "temporal_order"])
@each_length
def test_one_step_is_marked_in_each_half(task: str, time_steps: int) -> None:
    x, _ = make_sequences(task, 2000, time_steps, 0.1, seed=9)
    places = np.nonzero(x[..., 1])[1].reshape(-1, 2)
    assert (places[:, 0] < time_steps // 2).all() and (places[:, 1] >= time_steps // 2).all()


def test_the_marks_of_a_sum_may_be_anywhere_in_their_half_and_those_of_an_order_are_the_experiments() -> None:
    places = {task: np.nonzero(make_sequences(task, 5000, 100, 0, 1)[0][..., 1])[1].reshape(-1, 2) for task in TASKS}
    assert [set(column) for column in places["marked_sum"].T] == [set(range(50)), set(range(50, 100))]
    assert [set(column) for column in places["temporal_order"].T] == [set(range(10, 20)), set(range(50, 60))]


def test_values_are_uniform_and_symbols_of_either_kind() -> None:
    values = make_sequences("marked_sum", 5000, 10, 0, 1)[0][..., 0]
    assert (values.min(), values.mean(), values.var(), values.max()) == pytest.approx((-1, 0, 1 / 3, 1), abs=0.01)
    symbols = make_sequences("temporal_order", 5000, 10, 0, 1)[0][..., 0]
    assert set(np.unique(symbols)) == {-1, 1} and symbols.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("task", "features"), [("first_symbol", 2), ("marked_sum", 1), ("temporal_order", 1), ("waves", 2)]
)
def test_noise_is_a_standard_deviation(task: str, features: int) -> None:
    clean, noisy = (make_sequences(task, 4000, 10, noise, seed=1)[0] for noise in (0.0, 0.4))
    assert (noisy - clean)[:, 1:, :features].std() == pytest.approx(0.4, rel=0.02)
    assert task != "first_symbol" or np.array_equal(noisy[:, 0], clean[:, 0])


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.5, 1.0])
def test_the_ceiling_of_a_sum_is_the_integral_over_its_density(noise: float) -> None:
    right, _ = quad(lambda s: (2 - s) / 2 * norm.cdf(s / (2**0.5 * noise)), 0, 2, points=[noise])
    assert reachable_accuracy("marked_sum", 30, noise) == pytest.approx(right, abs=1e-7)


@each_task
def test_more_noise_never_helps(task: str) -> None:
    ceilings = [reachable_accuracy(task, 4, noise) for noise in np.linspace(0, 1, 11)]
    assert ceilings[0] == 1 and (np.diff(ceilings) <= 0.005).all() and ceilings[-1] > 0.5


def test_a_wave_starts_anywhere_in_its_period() -> None:
    x, y = make_sequences("waves", 4000, 5, 0, seed=1)
    assert [len(np.unique(x[y == kind], axis=0)) for kind in (0, 1)] == [20, 20]


@each_task
def test_the_last_steps_tell_the_answer_of_a_task_that_needs_no_memory_and_of_no_other(task: str) -> None:
    x, y = make_sequences(task, n_samples=1000, time_steps=50, noise=0.1, seed=1)
    accuracy = score(SVC(), x[:, -5:].reshape(len(x), -1), y)
    assert accuracy < 0.7 if TASKS[task].needs_memory else accuracy > 0.9
