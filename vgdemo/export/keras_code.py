"""A run as code: a Python script, or a notebook, in plain Keras that has never heard of this project."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vgdemo.activations import ACTIVATIONS, SATURATED_SLOPE
from vgdemo.config import RunConfig
from vgdemo.export.file_names import run_name
from vgdemo.initializers import INITIALIZERS
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS
from vgdemo.sequences import PERIOD, TASKS

CELL = re.compile(r"^# %% (.+)\n", re.MULTILINE)

MAKERS = {
    "circles": ("make_circles", "noise={noise}"),
    "moons": ("make_moons", "noise={noise}"),
    "gaussians": ("make_blobs", "centers=[(-0.5, -0.5), (0.5, 0.5)], cluster_std={noise}"),
}
DRAWN = {
    "xor": """\
generator = np.random.default_rng({seed})
points = generator.uniform(-1, 1, ({count}, 2))
classes = points[:, 0] * points[:, 1] < 0
points += {noise} * generator.standard_normal(points.shape)""",
    "spirals": """\
generator = np.random.default_rng({seed})
classes = generator.permutation({count}) % 2
radius = np.sqrt(generator.uniform(0, 1, {count}))
angle = 3 * np.pi * radius + np.pi * classes
points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
points += {noise} * generator.standard_normal(points.shape)""",
}
MARKS = """\
marked = (np.arange(TIME_STEPS) == first) | (np.arange(TIME_STEPS) == second)
"""
IN_NOISE = """
x = np.stack([values, marked], axis=-1).astype("float32")
x[..., 0] += np.float32({noise}) * generator.standard_normal(values.shape, "float32")"""
SEQUENCES = {
    "first_symbol": """\
x = np.float32({noise}) * generator.standard_normal(({count}, TIME_STEPS, 2), "float32")
x[:, 0] = np.eye(2)[classes]""",
    "marked_sum": f"""\
first = generator.integers(0, TIME_STEPS // 2, ({{count}}, 1))
second = generator.integers(TIME_STEPS // 2, TIME_STEPS, ({{count}}, 1))
{MARKS}values = generator.uniform(-1, 1, marked.shape)
is_above = (values * marked).sum(axis=1) > 0
values[is_above != classes] *= -1{IN_NOISE}""",
    "temporal_order": f"""\
early, late = TIME_STEPS // 10, TIME_STEPS // 2
first = generator.integers(early, max(early + 1, TIME_STEPS // 5), ({{count}}, 1))
second = generator.integers(late, max(late + 1, TIME_STEPS * 6 // 10), ({{count}}, 1))
{MARKS}values = generator.choice([-1.0, 1.0], marked.shape)
values[marked] = np.stack([2 * classes - 1, 1 - 2 * classes], axis=1).ravel(){IN_NOISE}""",
    "waves": f"""\
phases = generator.integers({PERIOD}, size=({{count}}, 1, 1))
steps = phases + np.arange(TIME_STEPS)[:, None] + [0, {PERIOD // 4}] + 0.5
sines = np.sin(2 * np.pi / {PERIOD} * steps)
x = np.where(classes[:, None, None] == 0, sines, np.sign(sines)).astype("float32")
x += np.float32({{noise}}) * generator.standard_normal(x.shape, "float32")""",
}

_environment = Environment(
    loader=PackageLoader("vgdemo.export"),
    autoescape=False,  # Code, not HTML; what goes in are numbers and words from the tables above.
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def script(config: RunConfig, name: str = "") -> str:
    """A Python script that trains the run's network with plain Keras, measures the same statistics and plots them.

    It draws with Keras's own initialisers, so its replicates are others of the same distribution. It says on standard
    error how far it is, and writes its tables and figures beside it, over no file that is there already.

    Args:
        config: The settings of the run.
        name: How the names of its files begin; empty for words that identify the run.

    Example:
        >>> code = script(RunConfig(activation="relu", kernel_initializer="he_uniform"))
        >>> "keras.initializers.HeUniform(seed=seed)" in code
        True
    """
    return _code(config, name, notebook=False)


def notebook(config: RunConfig, name: str = "") -> str:
    """The code that `script` gives, as a Jupyter notebook: JSON of format 4.5.

    Args:
        config: The settings of the run.
        name: How the names of its files begin; empty for words that identify the run.

    Example:
        >>> json.loads(notebook(RunConfig()))["nbformat"]
        4
    """
    code = _code(config, name, notebook=True)
    documentation, rest = code.removeprefix('"""').split('"""', 1)
    opening, *sections = CELL.split(rest)
    cells = [_cell("markdown", documentation), _cell("code", opening)]
    for title, source in zip(sections[::2], sections[1::2], strict=True):
        cells += [_cell("markdown", f"## {title}"), _cell("code", source)]
    content = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _code(config: RunConfig, name: str, *, notebook: bool) -> str:
    template, own = _of_recurrent(config) if config.architecture.is_recurrent else _of_dense(config)
    return _environment.get_template(template).render(
        config=config,
        name=run_name(config, name),
        notebook=notebook,
        recurrent=config.architecture.is_recurrent,
        replicates_in_words="once" if config.replicates == 1 else f"{config.replicates} times",
        wrapped_sentence=textwrap.fill(config.sentence, 116),
        optimizer=OPTIMIZERS[config.optimizer].keras_class,
        optimizer_arguments=_optimizer_arguments(config),
        saturated_slope=SATURATED_SLOPE,
        steepest_slope=ACTIVATIONS[config.activation].steepest_slope,
        **own,
    )


def _of_dense(config: RunConfig) -> tuple[str, dict[str, Any]]:
    """The template of a dense network, and what it alone is told."""
    hidden, output = INITIALIZERS[config.kernel_initializer], INITIALIZERS[config.output_initializer]
    return "dense.py.jinja", {
        "maker": MAKERS.get(config.dataset, ("",))[0],
        "data": _points(config),
        "hidden_initializer": hidden.keras_code(seed="seed"),
        "output_initializer": output.keras_code(seed="output_seed"),
        "lsuv": hidden.looks_at_data,
        "scales_kernels": hidden.looks_at_data or config.gain != 1,
    }


def _of_recurrent(config: RunConfig) -> tuple[str, dict[str, Any]]:
    """The same of a recurrent one."""
    names = ("kernel_initializer", "recurrent_initializer", "output_initializer")
    drawn = {name: INITIALIZERS[getattr(config, name)].keras_code(seed="next(seeds)") for name in names}
    return "recurrent.py.jinja", drawn | {
        "maker": "",
        "data": SEQUENCES[config.dataset].format(count=config.n_samples, noise=config.noise),
        "task": textwrap.fill(TASKS[config.dataset].reading, 118).splitlines(),
        "scales_kernels": config.recurrent_gain != 1,
    }


def _points(config: RunConfig) -> str:
    values = {"count": config.n_samples, "noise": config.noise, "seed": config.data_seed}
    if config.dataset in DRAWN:
        return DRAWN[config.dataset].format(**values)
    maker, arguments = MAKERS[config.dataset]
    call = f"{maker}({{count}}, {arguments}, random_state={{seed}})"
    return f"points, classes = {call.format(**values)}"


def _optimizer_arguments(config: RunConfig) -> dict[str, float | bool]:
    """What differs from Keras's defaults, and what a reader looks for first."""
    arguments: dict[str, float | bool] = {"learning_rate": config.learning_rate}
    if config.optimizer == "sgd":
        arguments["momentum"] = config.momentum
        if config.nesterov:
            arguments["nesterov"] = True
    if config.weight_decay:
        arguments["weight_decay"] = config.weight_decay
    if config.gradient_clip in GRADIENT_CLIPS:
        arguments[GRADIENT_CLIPS[config.gradient_clip]] = config.clip_limit
    return arguments


def _cell(kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.strip()}
    return cell | {"outputs": [], "execution_count": None} if kind == "code" else cell
