"""What `make diagnosis` prints, of three tiny runs and of results that are made up."""

from __future__ import annotations

import pytest

from bench.diagnosis import Examined, Trial, by_program, can_be_cured, examined, show, summary
from bench.labels import HELD_OUT, TUNE, Label, LabelledRun
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict

TINY = RunConfig(
    dataset="moons",
    n_samples=200,
    kernel_initializer="glorot_uniform",
    output_initializer="glorot_uniform",
    num_hidden_layers=1,
    units=8,
    learning_rate=0.1,
    epochs=20,
    replicates=2,
)
TINY_STEPS = TINY.with_changes(learning_rate=1e-6, seed=1)


def labelled(config: RunConfig, verdict: Verdict, half: str = TUNE) -> LabelledRun:
    return LabelledRun(config, Label((verdict,), "made up"), half)


def result(verdict: Verdict, trial: Trial | None, half: str = TUNE) -> Examined:
    return Examined(labelled(TINY, Verdict.STUCK, half), verdict, ("Stuck: it is.", "It is."), 0.5, trial, 1.0)


def test_each_run_is_printed_with_its_verdict_and_its_cure(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        labelled(TINY, Verdict.HEALTHY),
        labelled(TINY_STEPS, Verdict.STUCK, HELD_OUT),
        labelled(TINY, Verdict.EXPLODING),
    ]
    show(map(examined, runs))
    healthy, stuck, wrong, *rest = capsys.readouterr().out.splitlines()
    assert healthy.startswith("  tune     healthy") and "cures" not in healthy and healthy.endswith(TINY.sentence)
    assert stuck.startswith("  held out stuck             stuck") and " cures " in stuck
    assert wrong.startswith("≠ tune     exploding         healthy") and "none of 0 cures" in wrong
    assert "tune: 1 of 2 (50 %) verdicts agree." in "\n".join(rest)
    assert "  label: exploding, made up" in rest
    assert f"Not cured: {TINY.sentence}" in rest


def test_a_half_is_counted_by_itself() -> None:
    trials = [Trial(("A", "B", "C", "D", "E"), rank) for rank in (1, 1, 3, 4, None)]
    results = [result(Verdict.STUCK, trial) for trial in trials] + [
        result(Verdict.DEAD, None),
        result(Verdict.STUCK, trials[0], HELD_OUT),
    ]
    assert summary(TUNE, results) == (
        "tune: 5 of 6 (83 %) verdicts agree. Of the ill runs that can be cured the first remedy cures 2 of 5 (40 %), "
        "one of the first three 3 of 5 (60 %), any 4 of 5 (80 %)."
    )
    assert "held out: 1 of 1 (100 %) verdicts agree" in summary(HELD_OUT, results)


def test_what_no_settings_learn_in_its_epochs_cannot_be_cured() -> None:
    assert can_be_cured(labelled(TINY_STEPS, Verdict.STUCK))
    assert not can_be_cured(labelled(TINY.with_changes(dataset="spirals", epochs=1), Verdict.STUCK))


def test_several_verdicts_agree_where_the_label_leaves_them_open() -> None:
    run = LabelledRun(TINY, Label((Verdict.STUCK, Verdict.DEAD), "made up"), TUNE)
    assert str(run.label) == "stuck or dead" and run.is_ill
    assert result(Verdict.DEAD, None)._replace(run=run).agrees
    assert not result(Verdict.SATURATED, None)._replace(run=run).agrees


def test_runs_of_one_program_follow_one_another() -> None:
    runs = [
        labelled(TINY.with_changes(normalization=name, seed=seed), Verdict.STUCK)
        for seed in (1, 2)
        for name in ("none", "layer")
    ]
    ordered = [run.config.normalization for run in by_program(runs)]
    assert ordered == ["layer", "layer", "none", "none"]
