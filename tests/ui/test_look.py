"""How a visit looks at runs, in one parameter of the address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.ui.look import Look
from vgdemo.ui.session import SESSION

from .conftest import control, query

Open = Callable[..., AppTest]
ALL_PARTS = (
    "statistic-gradient_mean_abs replicates-dead fit-1 singles-1 rows-curves.layers epoch-37 present-1 smallest-1"
)


def test_every_part_of_a_look_makes_the_round_trip() -> None:
    found, notices = Look.from_text(ALL_PARTS)
    assert found == Look("gradient_mean_abs", "dead", True, True, ("curves", "layers"), 37, True, True)
    assert notices == ()
    assert found.to_query() == {"view": ALL_PARTS}
    assert Look().to_query() == {} and Look.from_text("") == (Look(), ())


def test_no_row_is_a_look_as_well() -> None:
    assert Look.from_text("rows-") == (Look(rows=()), ())
    assert Look(rows=()).to_query() == {"view": "rows-"}


@pytest.mark.parametrize(
    "part",
    [
        "statistic-sorcery",
        "replicates-0",
        "replicates-33",
        "replicates-¹",
        "fit-0",
        "rows-layers.x",
        "epoch-2001",
        "x",
        "-",
    ],
)
def test_what_is_no_look_is_ignored_with_a_sentence(part: str) -> None:
    found, (notice,) = Look.from_text(f"{part} singles-1")
    assert found == Look(singles=True)
    assert notice.startswith("Expected") and notice.endswith("It is ignored.")


def test_a_link_opens_the_lab_with_its_look_and_name_and_the_address_keeps_them(lab: Open) -> None:
    asked = {"units": "9", "name": " our <b>net</b> ", "view": "statistic-gradient_mean_abs fit-1 epoch-37"}
    page = lab(**asked)
    assert not page.exception and not page.warning
    assert (control(page, "statistic").value, control(page, "fit").value) == ("gradient_mean_abs", True)
    assert page.session_state[SESSION].epochs == {"Lab": 37}
    assert query(page) == asked | {"name": "our <b>net</b>"}
    assert any(r"**our \<b\>net\<\/b\>**" in markdown.value for markdown in page.markdown)


def test_what_a_person_chooses_stands_in_the_address(lab: Open) -> None:
    page = lab(epochs="20")
    control(page, "statistic").set_value("kernel_l1").run()
    control(page, "singles").set_value(True).run()
    assert query(page) == {"epochs": "20", "view": "statistic-kernel_l1 singles-1"}
    page.text_input[0].set_value("mine").run()
    assert query(page)["name"] == "mine"
    control(page, "statistic").set_value("gradient_rms").run()
    control(page, "singles").set_value(False).run()
    assert query(page) == {"epochs": "20", "name": "mine"}


def test_back_restores_the_look_and_the_name(lab: Open) -> None:
    page = lab(epochs="20", name="mine", view="fit-1 epoch-3")
    page.session_state[SESSION].moved = {"epochs": "20", "view": "singles-1"}
    page.run()
    assert (control(page, "fit").value, control(page, "singles").value) == (False, True)
    assert page.session_state[SESSION].epochs == {} and page.text_input[0].value == ""


def test_what_is_wrong_in_a_look_is_said_and_the_rest_opens(lab: Open) -> None:
    page = lab(epochs="20", view="statistic-<b> fit-1", name="x" * 41)
    said = [warning.value.replace("\\", "") for warning in page.warning]
    assert said[0] == "Expected `name` to have at most 40 signs. Received: 41. The rest is left out."
    assert said[1].startswith("Expected the view's `statistic` to be one of ") and len(said) == 2
    assert query(page) == {"epochs": "20", "view": "fit-1", "name": "x" * 40}


def test_a_link_without_a_look_leaves_it_as_it_is(lab: Open) -> None:
    page = lab(epochs="20", view="statistic-kernel_l1 epoch-3")
    page.switch_page("pages/1_Compare.py")
    page.query_params.clear()
    page.run()
    assert control(page, "statistic").value == "kernel_l1"
    assert query(page)["view"] == "statistic-kernel_l1"


def test_columns_take_names_that_stay_theirs(compare: Open) -> None:
    asked = {"a": "epochs-20", "b": "units-6 epochs-20", "c": "units-7 epochs-20", "name_a": "deep", "name_c": "wide"}
    page = compare(**asked)
    assert query(page) == asked
    assert {"**A · deep**", "**B · 6 units**", "**C · wide**"} <= {one.value for one in page.markdown}
    page.session_state["column"] = "B"
    page.run()
    field = page.text_input[0]
    assert field.value == ""
    field.set_value("six").run()
    assert query(page)["name_b"] == "six"
    next(one for one in page.button if one.label == "Remove").click().run()
    assert query(page) == {"a": asked["a"], "b": asked["c"], "name_a": "deep", "name_b": "wide"}
    next(one for one in page.button if one.label == "Add").click().run()
    assert "name_c" not in query(page)


def test_the_labs_name_goes_along_to_compare(lab: Open) -> None:
    page = lab(name="deep tanh")
    (link,) = [one for one in page.get("page_link") if one.proto.label == "Compare with…"]
    assert "name_a=deep+tanh" in link.proto.query_string
