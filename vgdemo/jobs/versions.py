"""Versions of what runs depend on, here and in processes that somebody else has started."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from vgdemo.wording import listed


def installed() -> dict[str, str]:
    """Name to version of what a run depends on, in the process that calls it; "none" of what is not there.

    Its text alone is sent to a worker, which may have another Python or no vgdemo, so it names nothing from outside.

    Example:
        >>> sorted(installed())
        ['Keras', 'Python', 'TensorFlow', 'distributed', "vgdemo's engine"]
    """
    import contextlib
    import importlib
    import importlib.metadata
    import platform

    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name, packages in (
        ("distributed", ["distributed"]),
        ("Keras", ["keras"]),
        ("TensorFlow", ["tensorflow", "tensorflow-cpu"]),
    ):
        found[name] = "none"
        for package in packages:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[name] = importlib.metadata.version(package)
    found["vgdemo's engine"] = "none"
    with contextlib.suppress(ImportError):
        found["vgdemo's engine"] = str(importlib.import_module("vgdemo.config").ENGINE_VERSION)
    return found


QUESTION = f"(lambda scope: exec({inspect.getsource(installed)!r}, scope) or scope['installed']())({{}})"
"""An expression whose value, in any Python process, is what `installed` finds there."""


def difference(who: str, theirs: Mapping[str, str]) -> str:
    """A sentence for versions that differ from those of this process; empty if none does.

    Args:
        who: Whose they are.
        theirs: As `installed` has found them.

    Example:
        >>> difference("the worker tcp://there", installed() | {"Python": "3.9"}).partition(" instead of ")[0]
        'Expected the worker tcp://there to have the versions of this server. Received: Python 3.9'
    """
    ours = installed()
    others = [
        f"{name} {version} instead of {ours[name]}"
        for name, version in theirs.items()
        if version != ours[name] != "none"
    ]
    if not others:
        return ""
    received = f"Received: {listed(others)}. Install the same there, and start it again."
    return f"Expected {who} to have the versions of this server. {received}"
