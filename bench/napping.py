"""A trainer that only sleeps, so that a machine carries many more workers than it has cores."""

from __future__ import annotations

import time
from typing import Any

from tests.trainers import epochs_of
from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

NAP = 1.0  # Seconds.


def train(config: RunConfig, **_: Any) -> RunRecord:
    """Sleep, and give a record of zeros."""
    time.sleep(NAP)
    return epochs_of(config, 0, config.epochs)
