"""Exported code: it runs by itself, measures the same, and agrees with the engine within sampling error."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import RECURRENT
from vgdemo.config import DATASETS, KERNEL_INITIALIZERS, NORMALIZATIONS, RECURRENT_INITIALIZERS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine import train
from vgdemo.engine.training import Training
from vgdemo.export import notebook, script
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, UPDATE_STATISTICS, RunRecord
from vgdemo.sequences import TASKS

from .conftest import KEPT, NAME, REMEDIED, SHALLOW, Ran

STATISTICS = (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)
ENGINE_REPLICATES = 24
SHARED = RunConfig(
    dataset="spirals",
    n_samples=200,
    num_hidden_layers=2,
    units=4,
    activation="sigmoid",
    kernel_initializer="glorot_normal",
    output_initializer="he_normal",
    gain=2.0,
    shared_draw=True,
    normalization="layer",
    nesterov=True,
    gradient_clip="value",
    clip_limit=0.01,
    epochs=3,
    replicates=4,
)


NARROW = RunConfig(n_samples=200, num_hidden_layers=2, units=4)  # As `SHARED`: they share a compiled program.


@dataclass(frozen=True)
class Output:
    """What a script left behind, and the engine's record of the same settings."""

    folder: Path
    printed: str
    progress: str
    curves: pd.DataFrame
    layers: pd.DataFrame
    record: RunRecord


@pytest.fixture(scope="module", params=[SHALLOW, REMEDIED], ids=["shallow", "remedied"])
def output(request: pytest.FixtureRequest, ran: Mapping[RunConfig, Ran]) -> Output:
    config: RunConfig = request.param
    folder, printed, progress = ran[config]
    tables = (pd.read_csv(folder / f"{NAME}-2-{table}.csv") for table in ("curves", "layers"))
    return Output(folder, printed, progress, *tables, train(config.with_changes(replicates=ENGINE_REPLICATES)))


def assert_same_mean(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Of two samples of one distribution: five standard errors of the difference apart at most.

    Its variance is that of both together: four values alone may lie close to each other by chance.
    """
    freedom = len(ours) + len(theirs) - 2
    variance = (ours.var() * len(ours) + theirs.var() * len(theirs)) / freedom
    error = np.sqrt(variance * (1 / len(ours) + 1 / len(theirs)))
    assert abs(ours.mean() - theirs.mean()) <= 5 * error + 1e-6 * abs(theirs.mean()), what


def measured(record: RunRecord, name: str, epoch: int, layer: str) -> np.ndarray | None:
    """(R,) what the engine measured; None where it does not measure."""
    panel = record.panel_of(name)
    if epoch not in panel.epochs or layer not in panel.labels:
        return None
    return panel.statistics[name][panel.epochs.tolist().index(epoch), :, panel.labels.index(layer)]


def test_the_script_leaves_the_curves_of_every_replicate(output: Output) -> None:
    config = output.record.config
    replicates = output.curves.replicate.nunique()
    assert list(output.curves.columns) == ["epoch", "replicate", *CURVES]
    assert len(output.curves) == replicates * (config.epochs + 1)
    assert output.curves.replicate.unique().tolist() == [*range(1, replicates + 1)]
    assert len(output.printed.splitlines()) == replicates
    final = output.curves[output.curves.epoch == config.epochs]
    assert final.val_accuracy.nunique() > 1  # Replicates are independent.


def test_the_script_leaves_the_statistics_of_every_layer(output: Output) -> None:
    record = output.record
    assert list(output.layers.columns) == list(record.layers.columns) == ["epoch", "replicate", "layer", *STATISTICS]
    assert len(output.layers) == len(output.curves) * record.config.num_layers
    assert tuple(output.layers.layer.unique()) == record.model.kernel_labels
    assert output.layers[output.layers.layer != "output"].activation_mean.notna().all()


def test_the_scripts_figures_are_there(output: Output) -> None:
    for name in ("accuracy", "gradients", "statistics"):
        assert "Plotly.newPlot" in (output.folder / f"{NAME}-2-{name}.html").read_text(encoding="utf-8")


def test_the_script_writes_over_nothing(output: Output) -> None:
    assert (output.folder / f"{NAME}-curves.csv").read_text() == KEPT
    files = {path.name for path in output.folder.iterdir()} - {"run.py", f"{NAME}-curves.csv"}
    kinds = ("curves.csv", "layers.csv", "accuracy.html", "gradients.html", "statistics.html")
    assert files == {f"{NAME}-2-{kind}" for kind in kinds}


def test_the_script_says_how_far_it_is(output: Output) -> None:
    epochs, replicates = output.record.config.epochs, output.curves.replicate.nunique()
    for replicate in (1, replicates):
        for epoch in (1, epochs):
            assert f"replicate {replicate} of {replicates}: epoch {epoch} of {epochs}" in output.progress.splitlines()


def test_the_script_calls_a_unit_saturated_where_the_engine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "(np.abs(slopes.numpy()) < 0.05).mean()" in script(RunConfig(activation="tanh"))
    monkeypatch.setattr("vgdemo.export.keras_code.SATURATED_SLOPE", 0.0625)
    code = script(RunConfig(activation="sigmoid"))
    assert "below 0.0625 of the steepest" in code
    assert "(np.abs(slopes.numpy()) < 0.0625 * 0.25).mean()" in code


def test_the_scripts_accuracies_agree_with_the_engines(output: Output) -> None:
    for epoch in (0, output.record.config.epochs):
        ours = output.curves[output.curves.epoch == epoch]
        for name in CURVES:
            assert_same_mean(ours[name].to_numpy(), output.record.curve_arrays[name][epoch], f"{name}, epoch {epoch}")


def test_the_scripts_statistics_agree_with_the_engines(output: Output) -> None:
    for epoch in (0, output.record.config.epochs):
        for layer in output.record.model.kernel_labels:
            ours = output.layers[(output.layers.epoch == epoch) & (output.layers.layer == layer)]
            for name in STATISTICS:
                theirs = measured(output.record, name, epoch, layer)
                assert ours[name].isna().all() == (theirs is None)
                if theirs is not None:
                    assert_same_mean(ours[name].to_numpy(), theirs, f"{name}, epoch {epoch}, layer {layer}")


CHOICES = [
    *({"dataset": name} for name in DATASETS),
    *({"activation": name} for name in ACTIVATIONS),
    *({"kernel_initializer": name} for name in KERNEL_INITIALIZERS),
    *({"normalization": name} for name in NORMALIZATIONS),
    *({"gradient_clip": name} for name in GRADIENT_CLIPS),
    *({"optimizer": name, "nesterov": True, "weight_decay": 0.123456} for name in OPTIMIZERS),
    {"residual": True, "shared_draw": True, "gain": 0.001, "learning_rate": 1e-6, "noise": 0.123456789},
    *({"network": network, "dataset": name, "noise": 0.123456789} for network in RECURRENT for name in TASKS),
    *({"network": "gru", "recurrent_initializer": name, "recurrent_gain": 0.001} for name in RECURRENT_INITIALIZERS),
    {"network": "lstm", "unit_forget_bias": False, "activation": "sigmoid"},
    {"network": "simple_rnn", "activation": "relu", "gradient_clip": "value"},
]


@pytest.mark.parametrize("command", [["check", "--select", "E,F,I,B,UP"], ["format", "--diff"]], ids=["lint", "format"])
def test_every_setting_gives_code_that_a_linter_and_a_formatter_accept(command: list[str], tmp_path: Path) -> None:
    for number, settings in enumerate(CHOICES):
        (tmp_path / f"run_{number}.py").write_text(script(RunConfig(**settings)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_depends_on_nothing_of_this_project() -> None:
    tree = ast.parse(script(RunConfig()) + script(RunConfig(network="gru")))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {"keras", "numpy", "pandas", "plotly.express", "sklearn.datasets", "sklearn.preprocessing", "tensorflow"}
    assert imported == allowed | {"sys", "pathlib"}


def test_a_name_cannot_end_its_text() -> None:
    code = script(RunConfig(), '"; import os  # \n\\')
    assert 'NAME = "import-os"' in code and "import os" not in code


def test_without_a_name_the_files_are_called_by_the_run() -> None:
    for code in (script(RunConfig(units=7)), json.loads(notebook(RunConfig(units=7)))["cells"][1]["source"]):
        assert 'NAME = "tanh-5x7-uniform_0_1"' in code


def test_only_the_lines_that_the_run_needs_are_written() -> None:
    unneeded = {
        "dense": (
            "Normalization",
            "Add()",
            "scale_kernels",
            "clip",
            "weight_decay",
            "nesterov",
            "averages",
            "time_step",
        ),
        "gru": ("sklearn", "scikit-learn", "scale_kernels", "unit_forget_bias", "remapping"),
    }
    for network, words in unneeded.items():
        code = script(RunConfig(network=network))
        assert not [word for word in words if word in code]


def opened(config: RunConfig, folder: Path) -> Any:
    """The script as a module that does not train: what stands before its training."""
    path = folder / "opening.py"
    path.write_text(script(config).partition("# %% Training")[0], encoding="utf-8")
    spec = spec_from_file_location("opening", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def started(config: RunConfig, folder: Path) -> Any:
    """The script's measurements of a network that starts from the kernels of the engine's first replicate."""
    module = opened(config, folder)
    model = module.make_model(range(config.num_layers))
    for layer, kernel in zip(module.dense_layers(model), Training(config).kernels, strict=True):
        layer.kernel.assign(kernel[0])
    measurements = module.Measurements(replicate=0)
    measurements.set_model(model)
    measurements.on_train_begin()
    return measurements


@pytest.mark.parametrize("name", DATASETS)
def test_the_script_draws_the_points_of_the_run(name: str, tmp_path: Path) -> None:
    config = RunConfig(dataset=name, n_samples=200, noise=0.2, data_seed=7)
    module, data = opened(config, tmp_path), make_dataset(config)
    np.testing.assert_array_equal(module.x_train, data.x_train)
    np.testing.assert_array_equal(module.y_val[:, 0], data.y_val)


@pytest.mark.parametrize(
    "config",
    [
        REMEDIED,
        SHARED,
        SHARED.with_changes(normalization="none", gain=10),
        NARROW.with_changes(activation="gelu"),
        NARROW.with_changes(activation="mish"),
    ],
    ids=["remedied", "shared", "saturated", "gelu", "mish"],
)
def test_from_the_same_kernels_the_script_measures_what_the_engine_measures(config: RunConfig, tmp_path: Path) -> None:
    measurements = started(config, tmp_path)
    record = train(config.with_changes(epochs=1, replicates=ENGINE_REPLICATES))
    for name in CURVES:
        assert measurements.curves[0][name] == pytest.approx(record.curve_arrays[name][0, 0], rel=1e-4)
    for layer, row in zip(record.model.kernel_labels, measurements.layers, strict=True):
        assert row["layer"] == layer
        for name in STATISTICS:
            theirs = measured(record, name, 0, layer)
            expected = np.nan if theirs is None else theirs[0]
            assert row.get(name, np.nan) == pytest.approx(expected, rel=1e-4, nan_ok=True), f"{name}, layer {layer}"


def test_of_activations_that_are_no_numbers_nothing_is_known(tmp_path: Path) -> None:
    measurements = started(RunConfig(activation="relu", num_hidden_layers=1), tmp_path)
    measurements.dense[0].kernel.assign(np.full((2, 5), np.nan))
    measurements.on_epoch_end(0)
    assert np.isnan([measurements.layers[-2][name] for name in ACTIVATION_STATISTICS]).all()


def test_measuring_changes_nothing_and_the_update_ratio_is_that_of_the_norms(tmp_path: Path) -> None:
    measurements = started(REMEDIED, tmp_path)
    measurements.on_epoch_end(0)
    assert {**measurements.curves[0], "epoch": 1} == measurements.curves[1]
    for layer in measurements.dense:
        layer.kernel.assign(1.5 * layer.kernel)
    measurements.on_epoch_end(1)
    ratios = [row["update_ratio"] for row in measurements.layers]
    assert ratios == pytest.approx([np.nan] * 3 + [0] * 3 + [0.5] * 3, nan_ok=True, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "call"),
    [
        ({"momentum": 0.5}, "SGD(learning_rate=0.01, momentum=0.5)"),
        ({"nesterov": True}, "SGD(learning_rate=0.01, momentum=0.9, nesterov=True)"),
        ({"optimizer": "adam", "nesterov": True}, "Adam(learning_rate=0.01)"),
        ({"optimizer": "rmsprop", "weight_decay": 0.5}, "RMSprop(learning_rate=0.01, weight_decay=0.5)"),
        (
            {"optimizer": "adagrad", "gradient_clip": "value", "clip_limit": 0.1},
            "Adagrad(learning_rate=0.01, clipvalue=0.1)",
        ),
        (
            {"optimizer": "adam", "gradient_clip": "global_norm", "learning_rate": 1e-6},
            "Adam(learning_rate=1e-06, global_clipnorm=1.0)",
        ),
    ],
)
def test_the_optimiser_is_keras_own_with_the_settings_that_it_uses(settings: dict[str, Any], call: str) -> None:
    calls = [ast.unparse(node) for node in ast.walk(ast.parse(script(RunConfig(**settings)))) if is_optimizer(node)]
    assert calls == [f"keras.optimizers.{call}"]


def is_optimizer(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("keras.optimizers.")


@pytest.mark.parametrize(("network", "figures"), [("dense", 3), ("lstm", 4)])
def test_the_notebook_is_valid_and_holds_the_scripts_code(network: str, figures: int) -> None:
    config = RunConfig(network=network, epochs=3)
    text = notebook(config)
    nbformat.validate(nbformat.reads(text, as_version=4))
    cells = json.loads(text)["cells"]
    code = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    lines = [line for line in script(config).split('"""\n', 1)[1].splitlines() if line and not line.startswith("# %%")]
    in_script = [line for line in lines if "write_html" not in line]
    assert [line for line in code.splitlines() if line and line != "figure"] == in_script
    assert code.count("\nfigure\n") + code.endswith("\nfigure") == figures
    titles = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    assert titles[1:3] == ["## Data", "## Network"]
