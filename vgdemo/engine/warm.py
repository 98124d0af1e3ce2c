"""Compiles programs before anybody needs them: `python -m vgdemo.engine.warm`.

It reads the settings of a run as a line of JSON, compiles its program into the folder of programs, answers with an
empty line, and reads on. Others who want the processor go before it.
"""

from __future__ import annotations

import os
import sys

LOWEST = 19  # Of the priorities.


def main() -> None:
    """Compile until there is nothing more to read."""
    os.nice(LOWEST)
    from vgdemo.config import RunConfig
    from vgdemo.engine import warm_up

    for line in sys.stdin:
        warm_up(RunConfig.from_json(line))
        print(flush=True)


if __name__ == "__main__":
    main()
