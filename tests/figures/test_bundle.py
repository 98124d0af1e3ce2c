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


@pytest.mark.parametrize(
    "line",
    [
        'import {\n  a,\n} from "./a.js"\n',
        'import { a as b } from "./a.js"\n',
        'import a from "./a.js"\n',
        'import "./a.js"\n',
        'export { a } from "./a.js"\n',
        'export * from "./a.js"\n',
    ],
)
def test_an_import_of_another_form_is_refused_rather_than_left_for_the_page(tmp_path: Path, line: str) -> None:
    main = write(tmp_path, main=f"{line}main()\n", a="export const a = 1\n")
    with pytest.raises(ValueError, match=r"Expected an import of the form .*\. Received: .+ in main\.js$") as caught:
        bundled(main)
    assert f"Received: {line.splitlines()[0]} in" in str(caught.value)


@pytest.mark.parametrize(
    "declaration",
    [
        "const size = 1",
        "export let size",
        "export function size() {}",
        "async function size() {}",
        "export default class size {}",
        "const { width, size } = page",
        "const [size, width] = sizes",
    ],
)
def test_a_name_that_two_modules_give_is_refused(tmp_path: Path, declaration: str) -> None:
    main = write(tmp_path, main='import { a } from "./a.js"\nconst size = a()\n', a=f"{declaration}\n")
    with pytest.raises(ValueError, match=r"Received: size in a\.js and in main\.js$"):
        bundled(main)


def test_a_name_inside_a_function_is_its_own(tmp_path: Path) -> None:
    main = write(
        tmp_path, main='import { a } from "./a.js"\nconst size = 1\n', a="function a() {\n  const size = 2\n}\n"
    )
    assert bundled(main).count("size") == 2
