"""Who trains what, and when: runs as jobs on Dask, followed live, each run trained once however many ask."""

from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.estimates import Estimate, Estimates
from vgdemo.jobs.fairness import QueueFullError
from vgdemo.jobs.job import Job
from vgdemo.jobs.queue import Jobs
from vgdemo.jobs.run_study import followed, run_study, studies_of
from vgdemo.jobs.shared_runs import SharedRuns
from vgdemo.jobs.studies import Studies
from vgdemo.jobs.tracked_run import JobState, Progress
from vgdemo.jobs.tracked_study import StudyProgress, StudyState
from vgdemo.jobs.trials import Trial, Trials, TrialState

__all__ = [
    "Estimate",
    "Estimates",
    "Job",
    "JobState",
    "Jobs",
    "Progress",
    "QueueFullError",
    "SchedulerError",
    "SharedRuns",
    "Studies",
    "StudyProgress",
    "StudyState",
    "Trial",
    "TrialState",
    "Trials",
    "followed",
    "run_study",
    "studies_of",
]
