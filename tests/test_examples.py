"""The examples in docstrings do what they say. In them, `record` is a small run."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from importlib import import_module
from inspect import isclass, isfunction
from pathlib import Path
from types import ModuleType

import pytest
from conftest import TINY, random_record

import vgdemo
from vgdemo.config import RunConfig

ROOT = Path(__file__).resolve().parents[1]
PROMPT = ">>> "
# Modules by their files: to import all of them, TensorFlow's among them, takes long and is for the test that needs it.
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): text.count(PROMPT)
    for path in sorted((ROOT / "vgdemo").rglob("*.py"))
    if PROMPT in (text := path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_do_what_they_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGDEMO_STORE", str(tmp_path))
    monkeypatch.delenv("VGDEMO_SCHEDULER", raising=False)
    record = random_record(RunConfig(**TINY))
    failed, tried = doctest.testmod(import_module(name), extraglobs={"record": record})
    assert (failed, tried) == (0, MODULES[name])


def given() -> Iterator[tuple[str, object]]:
    """Name and value of all that `import vgdemo` gives; of a module in it, its functions and its own classes."""
    for name in vgdemo.__all__:
        value = getattr(vgdemo, name)
        if isinstance(value, ModuleType):
            parts = ((part, getattr(value, part)) for part in value.__all__)
            yield from ((f"{name}.{part}", one) for part, one in parts if isfunction(one) or is_own_class(one))
        else:
            yield name, value


def is_own_class(value: object) -> bool:
    """Whether it is a class of this project, as Plotly's `Figure` is not."""
    return isclass(value) and value.__module__.startswith("vgdemo.")


def test_what_the_package_gives_has_an_example() -> None:
    assert [name for name, value in given() if PROMPT not in (value.__doc__ or "")] == []
