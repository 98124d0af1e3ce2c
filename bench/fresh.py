"""A run in a process that has only just started; prints the seconds of its stages as JSON."""

from __future__ import annotations

import json
import time

from vgdemo.presets import DEEP_RELU


def main() -> None:
    """Import, compile, train."""
    moments = [time.perf_counter()]
    from vgdemo.engine import train

    moments.append(time.perf_counter())
    train(DEEP_RELU, on_chunk=lambda _: moments.append(time.perf_counter()))
    started, imported, first, *_, last = moments
    print(json.dumps({"import": imported - started, "first": first - imported, "whole": last - imported}))


if __name__ == "__main__":
    main()
