"""Who trains what, and when: runs as jobs on Dask, followed live, each run trained once however many ask."""

from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.queue import Job, Jobs
from vgdemo.jobs.tracked_run import JobState, Progress

__all__ = ["Job", "JobState", "Jobs", "Progress", "SchedulerError"]
