"""The set of labelled Keras models; `make diagnosis` trains all of them, and here two."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.labelled_models import MODELS, NOTHING_WRONG, judged
from bench.labels import HALVES
from vgdemo.diagnosis import Verdict

BY_NAME = {model.name: model for model in MODELS}


def test_half_of_the_set_is_healthy() -> None:
    assert len(BY_NAME) == len(MODELS) >= 24
    assert 2 * sum(model.is_healthy for model in MODELS) == len(MODELS)


def test_every_label_says_how_it_is_known() -> None:
    assert all(model.label.source and model.label.verdicts for model in MODELS)
    named = {verdict for model in MODELS for verdict in model.label.verdicts}
    assert named == set(Verdict) - {Verdict.NOISE, Verdict.UNKNOWN, Verdict.EXPLODING, Verdict.LEARNING}


def test_both_halves_have_healthy_and_ill_models() -> None:
    counts = Counter((model.half, model.is_healthy) for model in MODELS)
    assert all(counts[half, is_healthy] >= 4 for half in HALVES for is_healthy in (True, False))


def test_a_healthy_model_is_not_called_ill_at_any_time() -> None:
    result = judged(BY_NAME["mlp"])
    assert result.agrees and result.start == NOTHING_WRONG
    assert not result._replace(start="the one replicate is dead").agrees


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")  # Keras says so as well.
def test_an_ill_model_is_told_with_its_reason_and_its_layers() -> None:
    result = judged(BY_NAME["everything frozen"])
    assert result.agrees and "model.trainable = True" in result.diagnosis.remedies[0].as_keras()
    assert "  tune" in str(result)
    assert not result._replace(labelled=result.labelled._replace(word="abels")).agrees
