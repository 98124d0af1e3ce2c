"""Modules of JavaScript in one piece, as a page without a server of its own takes them."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{.+\} from "(\..+)"\n', re.MULTILINE)


def bundled(entry: Path) -> str:
    """A module and all that it imports, as the text of one module: each stands once, after those that it imports.

    An import takes one line and names what it takes: `import { a, b } from "./other.js"`. As all modules share one
    scope then, no two of them may give one name to two things.

    Args:
        entry: The file of the module.

    Raises:
        FileNotFoundError: If a module that is imported does not exist.
    """
    texts: dict[Path, str] = {}
    _collect(entry.resolve(), texts)
    return "".join(texts.values())


def _collect(module: Path, texts: dict[Path, str]) -> None:
    text = module.read_text(encoding="utf-8")
    for other in _IMPORT.findall(text):
        _collect((module.parent / other).resolve(), texts)
    texts[module] = _IMPORT.sub("", text)
