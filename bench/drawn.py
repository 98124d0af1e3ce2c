"""A page in a browser that notes when it was acted on, and when it drew what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

from vgdemo.config import RunConfig
from vgdemo.export import run_name

LIMIT = 120  # Seconds that nothing here may take.
SCRIPT = Path(__file__).with_name("drawn.js")
CURVES, HEATMAP = "curves", "layers"


class Watched:
    """A page of a dashboard; moments are seconds since 1970, the same in the page and here.

    Attributes:
        page: To be acted on.
    """

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.page.set_default_timeout(LIMIT * 1000)
        self.page.add_init_script(path=SCRIPT)

    @property
    def opened(self) -> float:
        """The moment at which its address was opened."""
        return float(self.page.evaluate("performance.timeOrigin / 1000"))

    @property
    def acted(self) -> float:
        """The moment at which it was last acted on."""
        return float(self.page.evaluate("bench.acted"))

    def forget(self) -> None:
        """Let what was drawn until now not count."""
        self.page.evaluate("bench.forget()")

    def first_curve(self, config: RunConfig) -> float:
        """The moment at which the curve of a run was drawn with an epoch that was trained."""
        return self._reached([config], CURVES, 1)

    def whole(self, configs: Sequence[RunConfig], kind: str = CURVES) -> float:
        """The moment at which the last figure was drawn, these of all runs as far as their last epoch."""
        self._reached(configs, kind, configs[0].epochs)
        return self._moment("bench.rested()")

    def _reached(self, configs: Sequence[RunConfig], kind: str, epoch: int) -> float:
        files = [f"{run_name(config)}-{kind}" for config in configs]
        return self._moment(f"bench.reached({json.dumps(files)}, {epoch})")

    def _moment(self, expression: str) -> float:
        return float(self.page.wait_for_function(expression, polling=50).json_value())
