from __future__ import annotations

import threading

import pytest
from jobs.waiting import until

from vgdemo.jobs.turns import Rank, Turns


def waiter(turns: Turns, rank: Rank) -> threading.Thread:
    thread = threading.Thread(target=turns.wait, args=(rank,), daemon=True)
    thread.start()
    return thread


def test_who_waits_goes_on_when_the_last_person_is_through() -> None:
    turns = Turns()
    with turns.taken(Rank.PERSON):
        with turns.taken(Rank.PERSON):
            study = waiter(turns, Rank.STUDY)
        study.join(0.1)
        assert study.is_alive()
    until(lambda: not study.is_alive(), 5)


def test_a_persons_run_that_fails_holds_nobody_up() -> None:
    turns = Turns()
    try:
        with turns.taken(Rank.PERSON):
            raise ValueError
    except ValueError:
        pass
    until(lambda: not waiter(turns, Rank.STUDY).is_alive(), 5)


@pytest.mark.parametrize("waits", Rank)
@pytest.mark.parametrize("works", Rank)
def test_a_run_waits_for_those_of_a_higher_rank_alone(waits: Rank, works: Rank) -> None:
    turns = Turns()
    with turns.taken(works):
        thread = waiter(turns, waits)
        thread.join(0.1)
        assert thread.is_alive() == (works > waits)
    until(lambda: not thread.is_alive(), 5)


def test_people_go_before_studies_and_studies_before_trials() -> None:
    assert sorted(Rank) == [Rank.TRIAL, Rank.STUDY, Rank.PERSON]


def test_no_more_runs_of_a_rank_are_at_work_than_there_are_places() -> None:
    turns = Turns()
    entered = threading.Event()

    def second() -> None:
        with turns.taken(Rank.STUDY, places=1):
            entered.set()

    thread = threading.Thread(target=second, daemon=True)
    with turns.taken(Rank.STUDY, places=1):
        thread.start()
        assert not entered.wait(0.1)
        with turns.taken(Rank.PERSON, places=1):  # The others have places of their own.
            pass
    assert entered.wait(5)
