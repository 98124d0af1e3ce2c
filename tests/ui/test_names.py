"""The field for a name of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.ui.session import COLUMN_NAME, RUN_NAME

from .conftest import query

Open = Callable[..., AppTest]


@pytest.mark.parametrize(("where", "key", "parameter"), [("lab", RUN_NAME, "name"), ("compare", COLUMN_NAME, "name_a")])
def test_a_pasted_name_that_is_too_long_is_cut_and_the_page_says_so(
    where: str, key: str, parameter: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(where)()
    field = page.text_input(key=key).set_value("\tx" + 49 * "y").run().text_input(key=key)
    assert not page.exception
    assert field.value == query(page)[parameter] == "x" + 39 * "y"
    assert "at most 40 signs. Received: 50." in page.warning[0].value.replace("\\", "")
    field.set_value("short").run()
    assert query(page)[parameter] == "short" and not page.warning
