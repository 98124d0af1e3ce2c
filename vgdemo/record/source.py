"""Who made a record: the settings of a run, or a log of somebody's own training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.wording import readable


@dataclass(frozen=True)
class Log:
    """A training of somebody's own, which no `RunConfig` describes.

    Attributes:
        name: What to call it.
        run_key: What identifies its content.

    Example:
        >>> Log("my_model", run_key="0" * 64).sentence
        'my_model'
    """

    name: str
    run_key: str

    @property
    def sentence(self) -> str:
        """The training in one line of words."""
        return readable(self.name)


Source = RunConfig | Log  # Both have a `run_key` and a `sentence`.


def source_to_dict(source: Source) -> dict[str, Any]:
    """The source for a JSON document."""
    if isinstance(source, RunConfig):
        return {"config": source.to_dict()}
    return {"log": {"name": source.name, "run_key": source.run_key}}


def source_from_dict(content: Mapping[str, Any]) -> Source:
    """The source that `source_to_dict` wrote.

    Raises:
        KeyError, TypeError, ValueError: If it is neither a run's settings nor a log.
    """
    if "config" in content:
        return RunConfig.from_dict(content["config"])
    log = Log(**content["log"])
    if not isinstance(log.name, str) or not isinstance(log.run_key, str):
        raise TypeError("a log whose name or key is no text")
    return log
