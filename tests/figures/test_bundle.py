from __future__ import annotations

from pathlib import Path

import pytest

import vgdemo
from vgdemo.figures.bundle import bundled


def write(folder: Path, **modules: str) -> Path:
    """The file of the module `main` among others."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_each_module_stands_once_after_those_that_it_imports(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main='import { a, b } from "./a.js"\nimport { c } from "./c.js"\nmain()\n',
        a='import { c } from "./c.js"\na()\n',
        c="c()\n",
    )
    assert bundled(main) == "c()\na()\nmain()\n"


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.js"):
        bundled(write(tmp_path, main='import { a } from "./absent.js"\n'))


@pytest.mark.parametrize("entry", ["ui/board.js", "ui/share.js", "export/templates/report.js"])
def test_no_import_is_left_in_what_a_page_is_given(entry: str) -> None:
    text = bundled(Path(vgdemo.__file__).parent / entry)
    assert not [line for line in text.splitlines() if line.startswith("import")]
    assert "</" not in text, "it would end the script of a page"
