"""One run of an export."""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.export.file_names import run_name
from vgdemo.record import RunRecord


@dataclass(frozen=True)
class ReportedRun:
    """A record with what a reader is told about it.

    Attributes:
        record: The run, of which at least one epoch was measured.
        title: What to call it; empty for its name, or the run in words.
        findings: Sentences about it, the verdict first.
        letter: What sentences about several runs call it; empty for its place among them.
        name: The person's own name for it; empty if it has none.

    Example:
        >>> ReportedRun(record, "A · tanh").heading, ReportedRun(record).heading[:40]
        ('A · tanh', '2 layers of 5 tanh units · uniform(0, 1)')
        >>> ReportedRun(record, name="My first run!").file_name
        'My-first-run'
    """

    record: RunRecord
    title: str = ""
    findings: tuple[str, ...] = ()
    letter: str = ""
    name: str = ""

    @property
    def heading(self) -> str:
        """Its title, its name, or the run in words."""
        return self.title or self.name or self.record.sentence

    @property
    def file_name(self) -> str:
        """How the names of its files begin: its name, or words that identify it."""
        return run_name(self.record.source, self.name)
