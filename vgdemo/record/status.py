"""How far a run has come."""

from __future__ import annotations

import enum


class RunStatus(enum.StrEnum):
    """How far a run has come: what somebody else trains may still be running, or have failed."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
