from __future__ import annotations

from collections.abc import Callable

from conftest import foreign_record

from vgdemo.export import ReportedRun
from vgdemo.record import RunRecord


def test_a_run_is_called_by_its_title_and_without_one_by_its_own_words(make_record: Callable[..., RunRecord]) -> None:
    assert ReportedRun(foreign_record(), "B · mine", letter="B").heading == "B · mine"
    assert ReportedRun(foreign_record(), letter="B").heading == "my_model"
    assert ReportedRun(make_record(units=7)).heading.startswith("2 layers of 7 tanh units · ")
