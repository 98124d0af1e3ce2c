"""How a run ended."""

from __future__ import annotations

import enum


class RunStatus(enum.StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
