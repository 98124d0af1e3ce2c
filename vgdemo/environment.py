"""Names of the variables with which somebody tells the dashboard where to train and what to watch."""

SCHEDULER = "VGDEMO_SCHEDULER"  # The address of a Dask scheduler; without it, this machine trains.
STORE_GB = "VGDEMO_STORE_GB"  # How many gigabytes of runs are kept.
TRUST_VISITORS = "VGDEMO_TRUST_VISITORS"  # "on": whoever visits may delete, unpin and stop what others have trained.
LOGS = "VGDEMO_LOGS"  # A folder of logs of somebody's own training; who watches logs may never train a run.
