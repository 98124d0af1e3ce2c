"""One run in an export."""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.record import RunRecord


@dataclass(frozen=True)
class Exhibit:
    """A record with what a reader is told about it.

    Attributes:
        record: The run.
        title: What to call it; empty for the run in words.
        findings: Sentences about it, the verdict first.
    """

    record: RunRecord
    title: str = ""
    findings: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Its title, or the run in words."""
        return self.title or self.record.config.sentence
