"""Modules of JavaScript in one piece, as a page without a server of its own takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_IMPORT = re.compile(r'^import \{ [\w$]+(?:, [\w$]+)* \} from "(\..+)"\n', re.MULTILINE)
_OTHER_IMPORT = re.compile(r"^\s*(?:import\b|export [{*].* from ).*", re.MULTILINE)  # Also one that exports at once.
_DECLARATION = re.compile(
    r"^(?:export )?(?:default )?(?:async )?(?:function\*?|class|const|let|var) ([\w$]+|[\[{].+?[\]}](?= =))",
    re.MULTILINE,
)


def bundled(entry: Path) -> str:
    """A module and all that it imports, as the text of one module: each stands once, after those that it imports.

    An import takes one line and names what it takes: `import { a, b } from "./other.js"`. As all modules share one
    scope then, no two of them may give one name to two things.

    Args:
        entry: The file of the module.

    Raises:
        FileNotFoundError: If a module that is imported does not exist.
        ValueError: If an import is of another form, or two modules have a name in common.
    """
    texts: dict[Path, str] = {}
    _collect(entry.resolve(), texts)
    _check_names(texts)
    return "".join(texts.values())


def _collect(module: Path, texts: dict[Path, str]) -> None:
    text = module.read_text(encoding="utf-8")
    for other in _IMPORT.findall(text):
        _collect((module.parent / other).resolve(), texts)
    texts[module] = _IMPORT.sub("", text)
    if left := _OTHER_IMPORT.search(texts[module]):
        form = 'import { a, b } from "./other.js"'
        raise ValueError(f"Expected an import of the form {form}. Received: {left[0].strip()} in {module.name}")


def _check_names(texts: Mapping[Path, str]) -> None:
    owners: dict[str, Path] = {}
    for module, text in texts.items():
        for name in _names(text):
            if owners.setdefault(name, module) != module:
                received = f"{name} in {owners[name].name} and in {module.name}"
                raise ValueError(f"Expected each name at the top of one module alone. Received: {received}")


def _names(text: str) -> list[str]:
    """What a module declares outside functions, where lines are not indented."""
    return [name for declared in _DECLARATION.findall(text) for name in re.findall(r"[\w$]+", declared)]
