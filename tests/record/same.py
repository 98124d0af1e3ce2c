"""Whether two records are one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from vgdemo.config import RunConfig
from vgdemo.record import Log, RunRecord


def assert_same(one: RunRecord, other: RunRecord) -> None:
    """Equal in every field, bit for bit and in type; NaN equals NaN."""
    left, right = leaves(one), leaves(other)
    assert [*left] == [*right]
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], name, strict=isinstance(left[name], np.ndarray))
        assert type(left[name]) is type(right[name]), name


def leaves(value: Any, name: str = "record") -> dict[str, Any]:
    """Every array and every plain value of a record by its path, in order."""
    if is_dataclass(value) and not isinstance(value, (RunConfig, Log)):
        parts = [(field.name, getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, dict):
        parts = list(value.items())
    else:
        return {name: value}
    return {leaf: found for part, one in parts for leaf, found in leaves(one, f"{name}.{part}").items()}
