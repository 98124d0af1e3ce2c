"""Who made a record."""

from __future__ import annotations

import json

import pytest

from vgdemo.config import RunConfig
from vgdemo.record import Log, Source, source_from_dict, source_to_dict

LOG = Log("my_model", "a" * 64)


@pytest.mark.parametrize("source", [RunConfig(activation="relu", nesterov=True, gain=0.1), LOG])
def test_a_source_survives_a_json_document(source: Source) -> None:
    assert source_from_dict(json.loads(json.dumps(source_to_dict(source)))) == source


def test_a_log_is_told_by_its_name() -> None:
    assert LOG.sentence == "my_model"


def test_a_log_is_told_in_signs_that_are_seen() -> None:
    assert Log("\u202egpj.exe\n", "a" * 64).sentence == " gpj.exe "


@pytest.mark.parametrize(
    "content", [{}, {"log": {}}, {"log": {"name": "a", "key": "b"}}, {"config": {"epochs": 0}}, {"config": {"lr": 1}}]
)
def test_what_is_no_source_is_refused(content: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        source_from_dict(content)


def test_settings_that_are_left_out_take_their_default() -> None:
    assert source_from_dict({"config": {"epochs": 7}}) == RunConfig(epochs=7)
