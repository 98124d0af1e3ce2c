"""The monitor changes nothing in a training of any kind, and tells the truth of it."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import plotly
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state
from probe.kinds import KINDS, Kind, classes, numbers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vgdemo import GradientMonitor, RunRecord
from vgdemo.diagnosis import Verdict
from vgdemo.log import LogReader


def digest(kind: Kind, monitor: GradientMonitor | None) -> list[np.ndarray]:
    """All that a training leaves, after two epochs and one more without the monitor."""
    callbacks = [] if monitor is None else [monitor]
    logs = [kind.fitted(2, callbacks), kind.fitted(1, [])]
    curves = [np.array(values) for history in logs for values in history.values()]
    shared = global_state.get_global_attribute("global_seed_generator")
    seeds = [] if shared is None else [shared.state.numpy()]
    state = [variable.numpy() for variable in (*kind.model.variables, *kind.model.optimizer.variables)]
    drawn = [random.random(), np.random.random(), float(tf.random.uniform([]))]
    return [*curves, *state, *seeds, np.array(drawn)]


def made(name: str) -> Kind:
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    return KINDS[name]()


@cache
def plain(name: str) -> list[np.ndarray]:
    """The same without a monitor."""
    return digest(made(name), None)


@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")  # Keras's, of a layer that is never called.
@pytest.mark.parametrize("name", KINDS)
def test_a_training_is_the_same_to_the_bit_with_the_monitor(name: str) -> None:
    expected, kind = plain(name), made(name)
    monitor, call = GradientMonitor(*kind.probe, loss=kind.loss), keras.Operation.__call__
    monitored = digest(kind, monitor)
    assert len(expected) == len(monitored) and all(map(np.array_equal, expected, monitored))
    assert keras.Operation.__call__ is call
    record = monitor.record
    assert (record.epochs.tolist(), record.status) == ([0, 1, 2], "complete")
    assert np.isfinite(record.curve_arrays["train_loss"]).all()
    is_measured = [[[kernel.trainable and kernel.is_reached for kernel in record.model.kernels]]] * 3
    np.testing.assert_array_equal(np.isfinite(record.values("gradient_rms")), is_measured)
    assert np.isfinite(record.values("activation_mean")).all()
    assert any(kernel.is_output for kernel in record.model.kernels)
    assert monitor.diagnosis.sentence and monitor.figure().data


class Ending(keras.callbacks.Callback):
    """Ends the training after its first epoch."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        raise self.error


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyboardInterrupt()])
def test_an_end_by_an_exception_leaves_nothing_behind(error: BaseException, tmp_path: Path) -> None:
    kind, call, files = made("data_set_with_weights"), keras.Operation.__call__, open_files()
    monitor = GradientMonitor(*kind.probe, log_dir=tmp_path)
    with contextlib.suppress(type(error)):
        kind.fitted(2, [monitor, Ending(error)])
    assert keras.Operation.__call__ is call and open_files() == files
    assert monitor.record.epochs.tolist() == [0, 1]
    error.__traceback__ = None  # Its frames hold all that was at work.
    gc.collect()
    assert monitor.record.status == LogReader(tmp_path).record.status == "stopped"
    kind.fitted(2, [monitor])
    assert monitor.record.status == LogReader(tmp_path).record.status == "complete"


def test_a_training_is_stopped_when_its_traceback_is_let_go_unless_another_goes_on(tmp_path: Path) -> None:
    kind, error = made("data_set_with_weights"), ZeroDivisionError()
    monitor, seen = GradientMonitor(*kind.probe, log_dir=tmp_path), []
    with contextlib.suppress(ZeroDivisionError):
        kind.fitted(2, [monitor, Ending(error)])
    held = error.__traceback__  # As a notebook does, and a debugger.
    assert LogReader(tmp_path).record.status == "running"

    def let_go(epoch: int, logs: Any) -> None:
        nonlocal held
        held = error.__traceback__ = None
        gc.collect()
        seen.append(LogReader(tmp_path).record.status)

    kind.fitted(1, [monitor, keras.callbacks.LambdaCallback(on_epoch_end=let_go)])
    assert seen == ["running"] and LogReader(tmp_path).record.status == "complete" and held is None


def test_in_a_notebook_a_training_is_stopped_when_its_cell_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython's events, as its documentation has them; it keeps the traceback."""
    waiting: list[Any] = []
    events = SimpleNamespace(
        register=lambda event, act: waiting.append(act), unregister=lambda event, act: waiting.remove(act)
    )
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(events=events))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    kind, error = made("data_set_with_weights"), KeyboardInterrupt()
    monitor = GradientMonitor(*kind.probe, log_dir=tmp_path)
    with contextlib.suppress(KeyboardInterrupt):
        kind.fitted(2, [monitor, Ending(error)])
    assert error.__traceback__ is not None and LogReader(tmp_path).record.status == "running"
    waiting[0]("result")
    assert monitor.record.status == LogReader(tmp_path).record.status == "stopped" and not waiting
    kind.fitted(2, [monitor])
    waiting[0]("result")
    assert monitor.record.status == "complete" and not waiting


def test_a_program_that_ends_by_an_exception_leaves_a_log_that_says_so(tmp_path: Path) -> None:
    program = f"""
import keras, numpy
from vgdemo import GradientMonitor
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mean_squared_error")
monitor = GradientMonitor(numpy.ones((4, 2)), numpy.ones(4), log_dir={str(tmp_path)!r})
end = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0)
model.fit(numpy.ones((4, 2)), numpy.ones(4), callbacks=[monitor, end], verbose=0)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert "ZeroDivisionError" in ended.stderr and ended.returncode == 1
    assert LogReader(tmp_path).record.status == "stopped"


def open_files() -> set[str]:
    return {os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists()}


def test_a_model_that_cannot_be_traced_leaves_nothing_patched() -> None:
    kind, call = made("eager_alone"), keras.Operation.__call__
    kind.model.run_eagerly = False
    with pytest.raises(Exception, match="float"):
        kind.fitted(1, [GradientMonitor(*kind.probe)])
    assert keras.Operation.__call__ is call


def test_a_further_fit_continues_record_and_log(tmp_path: Path) -> None:
    kind = made("data_set_with_weights")
    monitor = GradientMonitor(*kind.probe, every=2, log_dir=tmp_path)
    kind.fitted(3, [monitor])
    assert monitor.record.epochs.tolist() == [0, 2, 3]
    kind.fitted(3, [monitor])
    assert monitor.record.epochs.tolist() == [0, 2, 3, 4, 6]
    assert monitor.record.panels["updates"].epochs.tolist() == [2, 3, 4, 6]
    assert (monitor.record.values("update_ratio") > 0).all()
    written = LogReader(tmp_path).record
    assert (written.status, written.epochs.tolist()) == ("complete", [0, 2, 3, 4, 6])
    np.testing.assert_array_equal(written.values("gradient_rms"), monitor.record.values("gradient_rms"))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's, when it saves.
@pytest.mark.parametrize(("steps_per_execution", "recorded"), [(1, [0, 3, 4, 6, 8]), (2, [0, 4, 6, 8])])
def test_every_so_many_batches_are_recorded_beside_other_callbacks(
    steps_per_execution: int, recorded: list[int], tmp_path: Path
) -> None:
    def trained(*callbacks: Any) -> list[np.ndarray]:
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.layers.Dense(5, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
        model.compile("adam", "mse", steps_per_execution=steps_per_execution)
        kind = Kind(model, numbers(6), numbers(1), fit={"batch_size": 4})
        others = [
            keras.callbacks.EarlyStopping("loss"),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="loss"),
        ]
        curves = kind.fitted(2, [*others, *callbacks])
        return [*(variable.numpy() for variable in model.variables), np.array(curves["loss"])]

    monitor = GradientMonitor(numbers(6), numbers(1), every_batches=3)
    assert all(map(np.array_equal, trained(), trained(monitor)))
    record = monitor.record
    assert (record.unit, record.epochs.tolist()) == ("step", recorded)
    assert record.guess == pytest.approx(np.var(numbers(1)))


def test_the_record_is_kept_and_pictured_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = made("dense_with_dropout_and_batch_normalization")
    monitor = GradientMonitor(*kind.probe)
    assert "Nothing is recorded yet" in repr(monitor) and monitor._repr_mimebundle_()
    history = kind.fitted(2, [monitor])
    record = monitor.record
    np.testing.assert_allclose(record.curve_arrays["train_loss"][1:, 0], history["loss"])
    np.testing.assert_allclose(record.curve_arrays["val_accuracy"][1:, 0], history["val_accuracy"])
    monitor.save(tmp_path / "mine.zip")
    np.testing.assert_array_equal(RunRecord.load(tmp_path / "mine.zip").values("kernel_l1"), record.values("kernel_l1"))
    for name in ("curves", "profile", "distribution", "output_gradient_rms"):
        assert monitor.figure(name).data
    with pytest.raises(ValueError, match="Expected a figure among curves, .* Received: 'nothing'"):
        monitor.figure("nothing")
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype+colab")  # As in a notebook.
    shown, headline = monitor._repr_mimebundle_(), monitor.diagnosis.headline
    assert headline in shown["application/vnd.plotly.v1+json"]["layout"]["title"]["text"]
    assert shown["text/html"].count(headline) == 1 and "Gradient, RMS, layer by layer" in shown["text/html"]
    assert "<td>answer</td>" in shown["text/html"]


def test_tensorboard_shows_gradients_live_under_the_names_of_write_grads(tmp_path: Path) -> None:
    seen = []

    class Looking(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            events = EventAccumulator(str(tmp_path))
            events.Reload()
            seen.append([event.step for event in events.Tensors("inside/kernel_0_grad")])

    kind = made("data_set_with_weights")
    kind.model.layers[0].name = "inside"
    monitor = GradientMonitor(*kind.probe, log_dir=tmp_path, tensorboard=True)
    history = kind.fitted(2, [monitor, Looking()])
    assert seen == [[0, 1], [0, 1, 2]]
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["tensors"]) == {"inside/kernel_0_grad", "answer/kernel_0_grad"}
    assert [event.value for event in events.Scalars("epoch_loss")][1:] == pytest.approx(history["loss"])
    left, right, counts = tf.make_ndarray(events.Tensors("inside/kernel_0_grad")[-1].tensor_proto).T
    rms = monitor.record.values("gradient_rms")[-1, 0, 0]
    assert counts.sum() == 30 - monitor.record.values("gradient_zero_share")[-1, 0, 0] * 30
    assert left[0] < np.log10(rms) < right[-1] + 0.5
    with pytest.raises(ValueError, match="Expected log_dir, where tensorboard=True writes its events. Received: None"):
        GradientMonitor(*kind.probe, tensorboard=True)


WITHOUT_A_PROBE = (
    "sequential_that_is_not_built",
    "run_eagerly",
    "compiled_with_xla",
    "mixed_float16",
    "train_step_of_its_own",
)


@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")  # As above.
@pytest.mark.parametrize("name", WITHOUT_A_PROBE)
def test_without_a_probe_a_training_is_the_same_to_the_bit_as_well(name: str) -> None:
    expected, kind, monitor = plain(name), made(name), GradientMonitor()
    assert all(map(np.array_equal, expected, digest(kind, monitor)))
    assert "apply" not in vars(kind.model.optimizer) and "train_step" not in vars(kind.model)
    record = monitor.record
    assert record.epochs.tolist() == [0, 1, 2] and not record.has("activation_mean")
    is_measured = [kernel.is_reached for kernel in record.model.kernels]
    assert (record.values("gradient_max_abs")[..., is_measured] > 0).all()
    assert monitor.diagnosis.sentence and monitor.figure().data


def test_without_a_probe_the_gradients_are_those_that_the_optimiser_gets() -> None:
    kind = made("train_step_of_its_own")
    keras.utils.set_random_seed(3)
    monitor, step = GradientMonitor(every_batches=1), 0.5
    kind.model.compile(keras.optimizers.SGD(step))
    weights: list[Any] = []  # Before each step, and in the end; before the first there are none yet.
    look = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: weights.append(kind.model.first.kernel.numpy() if weights else None),
        on_train_end=lambda logs: weights.append(kind.model.first.kernel.numpy()),
    )
    kind.fitted(2, [monitor, look])
    gradients = [(before - after) / step for before, after in zip(weights[1:], weights[2:], strict=False)]
    rms = [np.sqrt(np.mean(gradient.astype(np.float64) ** 2)) for gradient in gradients]
    record = monitor.record
    assert (record.unit, record.epochs.tolist()) == ("step", [0, 1, 2, 3, 4])
    np.testing.assert_allclose(record.values("gradient_rms")[2:, 0, 0], rms, rtol=1e-4)  # Differences of weights.


def test_a_model_that_does_not_say_its_loss_is_recorded_without_gradients() -> None:
    kind = made("train_step_of_its_own")
    monitor = GradientMonitor(*kind.probe)
    kind.fitted(1, [monitor])
    record = monitor.record
    assert not record.has("gradient_rms") and record.has("update_ratio") and record.has("activation_mean")
    assert "give the monitor loss=" in record.notices[0]
    assert monitor.diagnosis.headline in monitor._repr_mimebundle_()["text/html"]


def test_another_backend_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match=r"Expected Keras to run on TensorFlow\. Received: jax"):
        GradientMonitor()


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected every to be at least 1 epoch. Received: 0"):
        GradientMonitor(np.zeros((2, 2)), np.zeros(2), every=0)
    with pytest.raises(ValueError, match="Expected every_batches to be at least 1 step. Received: 0.5"):
        GradientMonitor(np.zeros((2, 2)), np.zeros(2), every_batches=0.5)


@pytest.mark.parametrize("weights", [[0.1], 0.1])
def test_guessing_costs_what_the_loss_counts_for(weights: object) -> None:
    """The entropy of two classes, ln 2, a tenth of it."""
    model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", loss_weights=weights)
    x, y = np.ones((8, 2), "float32"), np.arange(8) % 2
    monitor = GradientMonitor(x, y)
    model.fit(x, y, callbacks=[monitor], verbose=0)
    assert monitor.record.guessing_loss == pytest.approx(0.1 * np.log(2))
    assert monitor.record.model.compute_dtype == "float32"


@pytest.mark.parametrize(
    ("x", "y", "received"),
    [
        (np.zeros((0, 2)), np.zeros(0), "0"),
        (np.zeros((3, 2)), np.zeros(2), "2 and 3"),
        (np.array([[0.0, np.nan]]), np.zeros(1), "one that holds NaN or infinity"),
        (
            tf.data.Dataset.from_tensor_slices((np.zeros((1, 2)), np.zeros(1))).batch(1).take(0),
            None,
            "an empty data set",
        ),
    ],
)
def test_a_probe_on_which_nothing_can_be_measured_is_refused(x: Any, y: Any, received: str) -> None:
    with pytest.raises(ValueError, match=f"Expected a probe of .*Received: {received}"):
        GradientMonitor(x, y)


def test_a_probe_of_one_class_says_nothing_of_guessing() -> None:
    kind = made("dense_with_dropout_and_batch_normalization")
    monitor = GradientMonitor(kind.x, np.zeros_like(kind.y))
    kind.fitted(1, [monitor])
    assert monitor.record.guess is None


def test_a_monitor_goes_on_with_its_model_and_refuses_another() -> None:
    first, other = (keras.Sequential([keras.layers.Dense(2, name), keras.layers.Dense(1)]) for name in ("relu", "tanh"))
    x, y = np.ones((4, 2)), np.ones(4)
    monitor = GradientMonitor(x, y)
    for model in (first, first, other):
        model.compile("sgd", "mean_squared_error")
        if model is other:
            with pytest.raises(ValueError, match="Expected the model that this monitor has recorded"):
                model.fit(x, y, callbacks=[monitor], verbose=0)
        else:
            model.fit(x, y, callbacks=[monitor], verbose=0)
            first.layers[0].trainable = False
    assert monitor.record.epochs.tolist() == [0, 1, 2]


def test_a_log_goes_into_a_folder_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", 3):
        with pytest.raises(ValueError, match="Expected log_dir to be a folder"):
            GradientMonitor(np.ones((4, 2)), np.ones(4), log_dir=place)  # type: ignore[arg-type]


def test_before_a_training_a_notebook_says_that_nothing_is_recorded() -> None:
    monitor = GradientMonitor(np.ones((4, 2)), np.ones(4))
    assert "Nothing is recorded yet" in monitor._repr_html_()
    assert "Nothing is recorded yet" in monitor._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("has_names", [True, False])
def test_the_accuracy_of_each_of_several_outputs_is_recorded(tmp_path: Path, has_names: bool) -> None:
    outputs = [keras.layers.Dense(3, "softmax", name=name) for name in ("a", "b")]
    shared = keras.Input((4,))

    class Unnamed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.heads = outputs

        def call(self, x: Any) -> Any:
            return [output(x) for output in self.heads]

    model = keras.Model(shared, [output(shared) for output in outputs]) if has_names else Unnamed()
    model.compile("sgd", ["sparse_categorical_crossentropy"] * 2, metrics=[["accuracy"], ["accuracy"]])
    x, y = numbers(4), [classes(), classes()]
    monitor = GradientMonitor(x, y, log_dir=tmp_path, tensorboard=True)
    history = model.fit(x, y, validation_split=0.5, epochs=2, verbose=0, callbacks=[monitor]).history
    called = {"a": "a_accuracy", "b": "b_accuracy"} if has_names else {"1": "accuracy", "2": "accuracy_1"}
    curves = LogReader(tmp_path).record.curve_arrays
    for output, name in called.items():
        np.testing.assert_allclose(curves[f"train_accuracy/{output}"][1:, 0], history[name])
        np.testing.assert_allclose(curves[f"val_accuracy/{output}"][1:, 0], history[f"val_{name}"])
    assert "train_accuracy" not in curves
    tags = EventAccumulator(str(tmp_path)).Reload().Tags()["scalars"]
    assert {f"epoch_accuracy/{output}" for output in called} <= {*tags}


def test_what_weighs_classes_is_not_taken_for_a_loss_that_grows() -> None:
    """A weight of 10 makes the loss of fit ten times the probe's, whose curve is of one kind."""
    keras.utils.set_random_seed(1)
    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    model = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(1e-3), "binary_crossentropy")
    monitor, losses = GradientMonitor(x, y), []
    look = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: losses.append(float(model.compute_loss(y=y[:, None], y_pred=model(x))))
    )
    model.fit(x, y, epochs=4, class_weight={0: 10, 1: 10}, callbacks=[monitor, look], verbose=0)
    record = monitor.record
    assert record.curve_arrays["train_loss"][1:].min() > 2 * np.log(2)
    np.testing.assert_allclose(record.curve_arrays["probe_loss"][:4, 0], losses, rtol=1e-6)
    assert monitor.diagnosis.verdict is Verdict.UNKNOWN
    assert record.model.epoch_updates == 8


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mean_squared_error"])
def test_guessing_costs_what_examples_weigh(loss: str) -> None:
    """The best answer that is the same for all, found by trying, costs as much by Keras's own loss."""
    model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", loss)
    x, y = np.ones((8, 2), "float32"), np.array([0, 1, 1, 1, 0, 1, 1, 1], "float32")
    weights = np.linspace(0, 3, 8)
    monitor = GradientMonitor(x, y, weights)
    model.fit(x, y, sample_weight=weights, callbacks=[monitor], verbose=0)
    answers = np.linspace(0.01, 0.99, 999)
    costs = [keras.losses.get(loss)(y[:, None], np.full((8, 1), answer, "float32")) for answer in answers]
    assert monitor.record.guess == pytest.approx(min(float(np.mean(cost * weights)) for cost in costs), rel=1e-3)


def test_a_validation_now_and_then_leaves_gaps_and_no_nan() -> None:
    kind = made("dense_with_dropout_and_batch_normalization")
    monitor = GradientMonitor(*kind.probe)
    history = kind._replace(fit=kind.fit | {"validation_freq": 2}).fitted(5, [monitor])
    epochs, values = monitor.record.curve("val_loss") or pytest.fail("not measured")
    assert epochs.tolist() == [2, 4]
    np.testing.assert_allclose(values[:, 0], history["val_loss"])
    assert not any(trace.name == "loss NaN" for trace in monitor.figure("curves").data)


def test_a_probe_of_another_width_is_refused_and_the_model_is_left_unbuilt() -> None:
    model = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("sgd", "mean_squared_error")
    x, y = numbers(6), numbers(1)
    for probe in (x[:, :5], [x, x]):
        with pytest.raises(ValueError, match=r"Expected a probe of examples as fit trains on, \(6,\) each. Received: "):
            model.fit(x, y, callbacks=[GradientMonitor(probe, y)], verbose=0)
        assert not model.built and not model.optimizer.built
    model.fit(x, y, callbacks=[GradientMonitor(x, y)], verbose=0)
    assert model.layers[0].kernel.shape == (6, 2)


def test_a_probe_may_be_of_another_length_where_the_model_or_fit_allows_any() -> None:
    data = tf.data.Dataset.from_generator(
        lambda: ((np.ones((4, length, 2)), np.ones((4, 1))) for length in (3, 5)),
        output_signature=(tf.TensorSpec((4, None, 2)), tf.TensorSpec((4, 1))),
    )
    layers = [keras.layers.SimpleRNN(2), keras.layers.Dense(1)]
    fits = [
        (
            [keras.Input((None, 2)), *layers],
            {"x": np.ones((4, 5, 2)), "y": np.ones((4, 1))},
        ),  # Built, whatever fit gets.
        (layers, {"x": data.repeat(), "steps_per_epoch": 2, "shuffle": False}),
    ]
    for parts, fit in fits:
        model = keras.models.clone_model(keras.Sequential(parts))
        model.compile("sgd", "mean_squared_error")
        monitor = GradientMonitor(np.ones((4, 7, 2)), np.ones((4, 1)))
        model.fit(**fit, callbacks=[monitor], verbose=0)
        assert monitor.record.epochs.tolist() == [0, 1]
