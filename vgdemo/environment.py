"""Variables of the environment: what somebody tells the dashboard with, and what processes get."""

import os
from pathlib import Path

SCHEDULER = "VGDEMO_SCHEDULER"  # The address of a Dask scheduler; without it, this machine trains.
STORE_GB = "VGDEMO_STORE_GB"  # How many gigabytes of runs are kept.
TRUST_VISITORS = "VGDEMO_TRUST_VISITORS"  # "on": whoever visits may delete, unpin and stop what others have trained.
LOGS = "VGDEMO_LOGS"  # A folder of logs of somebody's own training; who watches logs may never train a run.

# What a process gets as its PYTHONPATH: whoever starts it may stand in any folder.
PYTHON_PATH = os.pathsep.join(filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH"))))
