"""The dashboard's server, without pages: a stand-in trains a long run from the start. Says how far it is.

The environment variable IMPORTS says how many seconds its imports take longer.
"""

from vgdemo.nursery import open_early

if __name__ != "__main__":
    open_early()

import os
import time
from functools import cache
from threading import Thread

import streamlit as st
from jobs.waiting import TRAINER, config, is_training, until

from vgdemo.jobs import Jobs
from vgdemo.store import RunStore
from vgdemo.ui import server

print("importing", flush=True)
time.sleep(float(os.environ.get("IMPORTS", "0")))


@cache
def open_jobs() -> Jobs:
    jobs = Jobs(RunStore(), trainer=TRAINER)
    print("starting", flush=True)
    Thread(target=tell, args=(jobs,), daemon=True).start()
    return jobs


def tell(jobs: Jobs) -> None:
    job = jobs.submit(config(0))
    until(lambda: is_training(job))
    print("training", flush=True)


server.open_jobs = open_jobs  # type: ignore[assignment]
app = st.App(__file__, routes=server.ROUTES, lifespan=server.lifespan)
