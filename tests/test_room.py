"""Which runs share a program, and how they fit into it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.room import COMPILED_IN, SIZES, Room, cropped, neighbours, program_key, with_copies

DEFAULT = RunConfig()
LSTM = RunConfig(network="lstm")
CHEAP = RunConfig(epochs=1, replicates=1, batch_size=1)  # So that every other size is allowed.


def test_the_length_of_a_sequence_needs_one_of_three_programs() -> None:
    lengths = [Room.of(LSTM.with_changes(epochs=1, time_steps=steps)).time_steps for steps in range(2, 401)]
    assert lengths == [100] * 99 + [200] * 100 + [400] * 200


@pytest.mark.parametrize("name", [name for name in SIZES if name != "time_steps"])
def test_every_size_of_a_setting_fits_and_the_room_is_not_much_larger(name: str) -> None:
    field = {"n_samples": "points"}.get(name, name)
    for size in range(int(SETTINGS[name].minimum), int(SETTINGS[name].maximum) + 1):
        needed = -(-size // 2) if name == "n_samples" else size
        room = getattr(Room.of(_sized(name, size)), field)
        assert needed <= room <= 2.5 * needed


def _sized(name: str, size: int) -> RunConfig:
    changes: dict[str, Any] = {name: size}
    if name == "batch_size":
        changes["n_samples"] = max(DEFAULT.n_samples, 2 * size)
    return CHEAP.with_changes(**changes)


def test_the_default_run_fills_its_room() -> None:
    """So what people see first costs nothing more than it must."""
    assert Room.of(DEFAULT) == Room(num_hidden_layers=5, units=5, batch_size=32, points=500, replicates=10)


@pytest.mark.parametrize("name", set(SETTINGS) - set(SIZES) - set(COMPILED_IN))
def test_all_other_settings_are_data(name: str) -> None:
    run = DEFAULT if name in SETTINGS_OF["dense"] else LSTM
    setting = SETTINGS_OF[run.network][name]
    values = setting.choices or (
        (False, True)
        if isinstance(setting.default, bool)
        else (type(setting.default)(setting.minimum), setting.default)
    )
    assert len({program_key(run.with_changes(**{name: value})) for value in values}) == 1


@pytest.mark.parametrize(
    "config, shapes",
    [
        (DEFAULT.with_changes(num_hidden_layers=7, units=9, replicates=3), [(3, 2, 10)] + [(3, 10, 10)] * 7),
        (DEFAULT.with_changes(num_hidden_layers=1, units=9, replicates=3), [(3, 2, 10)]),
        (LSTM.with_changes(num_hidden_layers=3, units=9, replicates=3), [(3, 2, 40)] + [(3, 10, 40)] * 5),
        (LSTM.with_changes(num_hidden_layers=4, units=9, replicates=3), [(3, 2, 40)] + [(3, 10, 40)] * 7),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, list) else value.network,
)
def test_a_run_comes_out_of_its_room_as_it_went_in(config: RunConfig, shapes: list[tuple[int, ...]]) -> None:
    random = np.random.default_rng(0)
    kernels = [random.normal(size=(3, *shape)).astype(np.float32) for shape in config.kernel_shapes]
    first, *others, output = Room.of(config).padded(kernels)
    assert [kernel.shape for kernel in (first, *others, output)] == [*shapes, (3, 10, 1)]
    groups = (first[None], np.array(others).reshape(-1, 3, 10, first.shape[2]), output[None])
    found = [kernel for group in cropped(groups, config) for kernel in group]
    for kernel, expected in zip(found, kernels, strict=True):
        np.testing.assert_array_equal(kernel, expected)
    assert sum(np.count_nonzero(group) for group in groups) == sum(kernel.size for kernel in kernels)


def test_each_gate_is_filled_up_by_itself() -> None:
    config = LSTM.with_changes(units=9, replicates=1)
    kernels = [np.ones((1, *shape), np.float32) for shape in config.kernel_shapes]
    recurrent = Room.of(config).padded(kernels)[1]
    np.testing.assert_array_equal(recurrent[0, 0], ([1] * 9 + [0]) * 4)


def test_replicates_that_fill_up_are_like_the_first() -> None:
    np.testing.assert_array_equal(with_copies(np.array([[1, 2], [3, 4]]), 4), [[1, 2], [3, 4], [1, 2], [1, 2]])


def test_neighbours_differ_in_one_setting_and_each_needs_a_program_of_its_own() -> None:
    for run in (DEFAULT, LSTM):
        found = neighbours(run)
        changed = [name for other in found if (name := _changed(run, other)) is not None]
        has = {name for name in (*SIZES, *COMPILED_IN) if name in SETTINGS_OF[run.network]}
        assert set(changed) == has - {"network"}
        assert len(found) - len(changed) == 3, "One of each other network."
        keys = {program_key(other) for other in found}
        assert len(keys) == len(found)
        assert program_key(run) not in keys


def _changed(run: RunConfig, other: RunConfig) -> str | None:
    """The one setting that another run of the same network has changed."""
    if run.network != other.network:
        assert other == run.with_changes(network=other.network)
        return None
    (name,) = (name for name in SETTINGS if getattr(run, name) != getattr(other, name))
    return name


@pytest.mark.parametrize("name", [name for name in (*SIZES, *COMPILED_IN) if name != "time_steps"])
def test_a_neighbour_has_the_program_of_every_change_that_needs_another(name: str) -> None:
    """From a run whose sizes are between those that there is room for, too."""
    run = CHEAP.with_changes(units=9, num_hidden_layers=7)
    programs = {program_key(one) for one in [run, *neighbours(run)]}
    setting = SETTINGS[name]
    some = (
        [int(value) for value in np.linspace(setting.minimum, min(setting.maximum, 500), 10)] if name in SIZES else ()
    )
    for value in some or setting.choices or (False, True):
        assert program_key(run.with_changes(**{name: value})) in programs


def test_what_would_cost_too_much_is_no_neighbour() -> None:
    wide = RunConfig(units=256, num_hidden_layers=10, epochs=120)
    assert max(run.num_hidden_layers for run in neighbours(wide)) < 50
