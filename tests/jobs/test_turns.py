from __future__ import annotations

import threading

from jobs.waiting import until

from vgdemo.jobs.turns import Turns


def waiter(turns: Turns) -> threading.Thread:
    thread = threading.Thread(target=turns.wait, daemon=True)
    thread.start()
    return thread


def test_who_waits_goes_on_when_the_last_person_is_through() -> None:
    turns = Turns()
    with turns.taken():
        with turns.taken():
            study = waiter(turns)
        study.join(0.1)
        assert study.is_alive()
    until(lambda: not study.is_alive(), 5)


def test_a_persons_run_that_fails_holds_nobody_up() -> None:
    turns = Turns()
    try:
        with turns.taken():
            raise ValueError
    except ValueError:
        pass
    until(lambda: not waiter(turns).is_alive(), 5)
