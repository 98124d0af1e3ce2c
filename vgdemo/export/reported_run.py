"""One run of an export."""

from __future__ import annotations

from dataclasses import dataclass

from vgdemo.record import RunRecord


@dataclass(frozen=True)
class ReportedRun:
    """A record with what a reader is told about it.

    Attributes:
        record: The run, of which at least one epoch was measured.
        title: What to call it; empty for the run in words.
        findings: Sentences about it, the verdict first.
        letter: What sentences about several runs call it; empty for its place among them.

    Example:
        >>> ReportedRun(record, "A · tanh").heading, ReportedRun(record).heading
        ('A · tanh', '2 × 5 tanh · uniform_0_1 · sgd 0.01, 0.9 · circles · 3 epochs · 2 replicates · points 100')
    """

    record: RunRecord
    title: str = ""
    findings: tuple[str, ...] = ()
    letter: str = ""

    @property
    def heading(self) -> str:
        """Its title, or the run in words."""
        return self.title or self.record.sentence
