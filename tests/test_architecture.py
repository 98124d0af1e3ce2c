"""Holds the code to the table of floors in CONTRIBUTING.md, and TensorFlow out of the web process."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
FREE_LIBRARIES = {"numpy", "pandas"}
TRAINERS = {"tensorflow", "torch"}
STANDARD_LIBRARY_FLOORS = (0, 1)


class Row(NamedTuple):
    floor: int
    paths: tuple[str, ...]
    libraries: frozenset[str]


def table() -> Iterator[Row]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for floor, paths, _, libraries in re.findall(r"^\| (\d) \| (.+?) \| (.+?) \| (.*?) ?\|$", text, re.MULTILINE):
        yield Row(int(floor), tuple(re.findall(r"`(.+?)`", paths)), frozenset(re.findall(r"\w+", libraries)))


ROWS = tuple(table())
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app.py", "pages/*.py", "vgdemo/**/*.py")
    for path in ROOT.glob(pattern)
)


def row_of(file: str) -> Row:
    """The row that names the file or its folder."""
    for row in ROWS:
        if any(file == path or (path.endswith("/") and file.startswith(path)) for path in row.paths):
            return row
    raise AssertionError(f"{file} stands on no floor: give it a row in CONTRIBUTING.md")


def imports(source: str) -> Iterator[str]:
    """Dotted names of what a module imports, inside functions too; `from a import b` gives a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(name: str) -> str:
    """The file of the project that a dotted name such as vgdemo.config.RunConfig comes from."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for file in (f"{stem}.py", f"{stem}/__init__.py"):
            if file in FILES:
                return file
    raise AssertionError(f"{name} is no module of the project")


def violations(file: str, source: str) -> Iterator[str]:
    row = row_of(file)
    allowed = row.libraries | (set() if row.floor in STANDARD_LIBRARY_FLOORS else FREE_LIBRARIES)
    for name in imports(source):
        top = name.partition(".")[0]
        if top == "vgdemo":
            target = row_of(file_of(name))
            if target.floor >= row.floor and target != row:
                yield f"{file} (floor {row.floor}) imports {name} (floor {target.floor})"
        elif top not in sys.stdlib_module_names | allowed:
            yield f"{file} imports {top}, which it does not own"


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_lower_floors_and_its_own_libraries_only(file: str) -> None:
    assert list(violations(file, (ROOT / file).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("vgdemo/config.py", "import numpy"),
        ("vgdemo/config.py", "from vgdemo.record import RunRecord"),
        ("vgdemo/record/record.py", "def f():\n    from vgdemo import store"),
        ("vgdemo/record/record.py", "import streamlit as st"),
        ("vgdemo/store/store.py", "from vgdemo import RunConfig"),
    ],
)
def test_an_import_from_above_or_of_another_owners_library_is_seen(file: str, source: str) -> None:
    assert len(list(violations(file, source))) == 1


def test_every_row_of_the_table_was_read() -> None:
    assert {row.floor for row in ROWS} == set(range(10))


@pytest.mark.parametrize("package", [file for file in FILES if file.endswith("__init__.py")])
def test_a_package_has_all_that_it_offers(package: str) -> None:
    module = importlib.import_module(package.removesuffix("/__init__.py").replace("/", "."))
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []


def web_modules() -> list[str]:
    """What the web process may hold: all modules but those that own TensorFlow or PyTorch."""
    files = [file for file in FILES if file.startswith("vgdemo/") and not TRAINERS & row_of(file).libraries]
    return [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files]


def test_the_web_process_does_not_import_tensorflow() -> None:
    code = f"import sys, {', '.join(web_modules())}; print(*{{'tensorflow', 'keras'}} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert result.stdout.strip() == ""
