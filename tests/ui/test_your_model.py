"""The page of somebody's own trainings, from logs in a folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import LSTM
from streamlit.testing.v1 import AppTest

from vgdemo.log import LogReader, LogWriter
from vgdemo.ui.logs import _folder
from vgdemo.ui.page import plain
from vgdemo.ui.session import SESSION

from .conftest import button, query

Open = Callable[..., AppTest]


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the dashboard was started with."""
    monkeypatch.setenv("VGDEMO_LOGS", str(tmp_path))
    return tmp_path


def begun(folder: Path, records: int = 3, **header: Any) -> LogWriter:
    """A log of an LSTM whose gradient vanishes on its way back."""
    writer = LogWriter(folder, {"name": "mine", "model": LSTM.to_dict(), "time_steps": {"lstm": [1, 2]}} | header)
    for epoch in range(records):
        append(writer, epoch)
    return writer


def append(writer: LogWriter, epoch: int) -> None:
    sizes = [1e-12, 1e-10, 1e-6, 0.1]
    writer.append(
        {
            "epoch": epoch,
            "seconds": float(epoch),
            "curves": {"train_loss": 1.386, "train_accuracy": 0.25},
            "kernels": {"gradient_rms": sizes, "gradient_mean_abs": sizes, "kernel_rms": [0.1] * 4},
            "activations": {"saturated_share": [0, 0.1], "output_gradient_rms": [1e-7, 1e-3]},
            "steps": {"lstm": {"state_gradient_mean_abs": [1e-9, 1e-3]}},
        }
    )


def texts(page: AppTest) -> str:
    return " ".join(text.value for text in (*page.markdown, *page.caption))


def drawn(page: AppTest) -> dict[str, Any]:
    return page.session_state[SESSION].drawn["Your model"].pictures  # type: ignore[no-any-return]


def progress(page: AppTest) -> str:
    return str(page.get("progress")[0].proto.text).replace("\\", "")


def test_without_a_folder_the_page_says_how_a_training_is_recorded(
    your_model: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VGDEMO_LOGS", raising=False)
    page = your_model()
    assert not page.exception
    assert [tab.label for tab in page.tabs] == ["Keras", "PyTorch", "Anything else"]
    assert "GradientMonitor" in page.code[0].value and "GradientRecorder" in page.code[1].value
    assert "vgdemo watch" in texts(page)


def test_the_snippet_writes_below_the_folder_that_is_watched(your_model: Open, logs: Path) -> None:
    assert f'log_dir="{logs}/mine"' in your_model().code[0].value


def test_a_log_that_is_over_has_its_verdict_evidence_and_remedies_as_code(your_model: Open, logs: Path) -> None:
    begun(logs / "one", records=30).end("complete")
    page = your_model()
    assert not page.exception
    assert query(page) == {"a": "one"}
    assert progress(page).startswith("Complete after epoch 29.")
    assert "**Vanishing gradient:**" in texts(page)
    code = " ".join(one.value for one in page.code)
    assert "optimizer = keras.optimizers" in code or "initializer = " in code
    assert "lstm" in code


def test_figures_show_kernels_signals_and_time_steps(your_model: Open, logs: Path) -> None:
    begun(logs / "one").end("complete")
    page = your_model(a="one", view="statistic-output_gradient_rms")
    assert [*drawn(page)] == [
        "curves",
        "layers",
        "profile",
        "layers state_gradient_mean_abs",
        "profile state_gradient_mean_abs",
    ]
    title = json.loads(drawn(page)["layers"].json)["layout"]["title"]["text"]
    assert title == "Signal, RMS of ∂L/∂output, layer by layer"
    (choice,) = [box for box in page.selectbox if box.key == "statistic"]
    assert "update ratio ‖ΔW‖/‖W‖" not in choice.options  # It was not measured.


def test_the_slider_counts_what_the_log_counts(your_model: Open, logs: Path) -> None:
    writer = LogWriter(logs / "one", {"model": LSTM.to_dict(), "unit": "step"})
    writer.append({"step": 50, "curves": {"train_loss": 1.4}, "kernels": {"gradient_rms": [0.1] * 4}})
    page = your_model()
    assert page.session_state[SESSION].drawn["Your model"].unit == "step"
    assert progress(page).startswith("Training: step 50.")


def test_a_log_that_is_written_is_followed_from_where_it_was(your_model: Open, logs: Path) -> None:
    writer = begun(logs / "one", records=2, planned=9)
    page = your_model()
    assert progress(page).startswith("Training: epoch 1 of 9.")
    assert "**Vanishing gradient:**" in texts(page) and "So it is until now" in texts(page)
    append(writer, 2)
    assert progress(page.run()).startswith("Training: epoch 2 of 9.")
    writer.end("stopped")
    assert progress(page.run()).startswith("Stopped after epoch 2")


def test_what_is_not_written_anew_is_not_read_anew(
    your_model: Open, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begun(logs / "one")
    page = your_model()
    with monkeypatch.context() as patch:
        patch.setattr(LogReader, "record", property(lambda reader: pytest.fail("it was read")))
        page.run()
    assert not page.exception
    writer.end("failed")
    assert progress(page.run()).startswith("Failed after epoch 2")


def test_a_log_that_is_deleted_gets_a_sentence(your_model: Open, logs: Path) -> None:
    writer = begun(logs / "one")
    page = your_model()
    for path in writer.folder.iterdir():
        path.unlink()
    page.run()
    assert not page.exception
    assert page.error[0].value.startswith("one\\: Expected") or not page.get("progress")


def test_a_training_that_was_killed_is_called_ended_until_it_is_heard_again(your_model: Open, logs: Path) -> None:
    writer = begun(logs / "one")
    long_ago = time.time() - 3600
    for path in writer.folder.iterdir():
        os.utime(path, (long_ago, long_ago))
    page = your_model()
    assert "has most likely ended" in progress(page)
    assert "The verdict follows" not in texts(page)
    append(writer, 3)
    assert progress(page.run()).startswith("Training: epoch 3")


def test_a_training_that_begins_again_is_offered_and_shown(your_model: Open, logs: Path) -> None:
    begun(logs / "one")
    page = your_model()
    assert not [one for one in page.button if one.label.startswith("New")]
    begun(logs / "one", records=2)
    time.sleep(2.1)  # A list of logs is kept so long.
    page.run()
    button(page, plain("New: one/2").replace(r"New\: ", "New: ")).click().run()
    assert query(page) == {"a": "one/2"}
    assert progress(page).startswith("Training: epoch 1")


def test_a_page_looks_again_as_long_as_something_new_may_come(
    your_model: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float | None] = []
    monkeypatch.setattr("vgdemo.ui.your_model.redraw", lambda state, draw, every: pauses.append(every))
    your_model()
    monkeypatch.setenv("VGDEMO_LOGS", str(tmp_path))
    page = your_model()
    writer = begun(tmp_path / "one")
    time.sleep(2.1)  # A list of logs is kept so long.
    page = your_model()
    writer.end("complete")
    page.run()
    assert pauses == [None, 1, 1, 5], "another training may begin after one that has ended"


@pytest.mark.parametrize("asked", ["../one", "<b>", "/etc"])
def test_a_link_to_no_log_of_this_dashboard_is_said_and_leads_to_the_latest(
    asked: str, your_model: Open, logs: Path
) -> None:
    begun(logs / "inside" / "one")
    begun(logs.parent / "one")
    page = your_model(a=asked)
    assert not page.exception
    assert page.warning[0].value.startswith("Expected `a` to be a log of this dashboard")
    assert query(page) == {"a": "inside/one"}


def test_a_log_that_breaks_gets_a_sentence_and_the_others_stay(your_model: Open, logs: Path) -> None:
    begun(logs / "good").end("complete")
    broken = begun(logs / "bad")
    (broken.folder / "records.jsonl").write_text("{]\n")
    page = your_model(a="bad", b="good")
    assert not page.exception
    assert page.error[0].value.startswith("bad\\: Expected")
    assert "layers" in drawn(page)


def test_logs_stand_side_by_side_with_shared_axes(your_model: Open, logs: Path) -> None:
    begun(logs / "one").end("complete")
    begun(logs / "two").end("complete")
    page = your_model(a="two", b="one")
    assert not page.exception
    assert {"overlay", "overlay loss", "layers A", "layers B", "profile"} <= set(drawn(page))
    assert "**A · two**" in texts(page) and "**B · one**" in texts(page)
    assert query(page) == {"a": "two", "b": "one"}
    (rows,) = page.button_group
    assert "decision surface" not in rows.options


def test_two_logs_of_one_model_that_began_in_the_same_second_are_not_mixed_up(your_model: Open, logs: Path) -> None:
    for name, loss in {"one": 1.0, "two": 2.0}.items():
        writer = begun(logs / name, records=0, started="2026-11-29T06:00:00+00:00")
        writer.append({"epoch": 0, "curves": {"train_loss": loss}, "kernels": {"gradient_rms": [loss] * 4}})
        writer.end("complete")
    shown = {name: drawn(your_model(a=name))["curves"].json for name in ("one", "two")}
    assert shown["one"] != shown["two"]


HIDDEN = {"\u202egpj.exe": " gpj.exe", os.fsdecode(b"\xff\xfebad"): " bad", "a\nb": "a b"}


def test_whatever_the_name_of_a_log_has_it_is_chosen_and_shown_in_signs_that_are_seen(
    your_model: Open, logs: Path
) -> None:
    for name in ("good", *HIDDEN):
        begun(logs / name).end("complete")
    page = your_model()
    assert not page.exception
    assert sorted(page.multiselect[0].options) == sorted(["good", *HIDDEN.values()])
    page.multiselect[0].set_value([*HIDDEN.values()]).run()
    assert not page.exception and not page.error
    assert query(page) == dict(zip("abc", HIDDEN.values(), strict=True))
    assert all(
        f"**{letter} · {plain(shown)}**" in texts(page) for letter, shown in zip("ABC", HIDDEN.values(), strict=True)
    )
    overlay = json.loads(drawn(page)["overlay"].json)
    assert not any(sign in json.dumps(overlay, ensure_ascii=False) for sign in ("\u202e", "\udcff"))
    assert any("gpj.exe" in str(trace.get("name")) for trace in overlay["data"])
    again = your_model(a=" bad")
    assert not again.exception and not again.warning and "layers" in drawn(again)


def test_of_logs_whose_names_look_alike_one_can_be_chosen_and_it_is_always_the_same(
    your_model: Open, logs: Path
) -> None:
    for name, last in (("one\x01", 3), ("one\x02", 7)):
        begun(logs / name, records=last).end("complete")
    page = your_model()
    assert page.multiselect[0].options == ["one "] and progress(page).startswith("Complete after epoch 2")


@pytest.mark.parametrize("said", ["~nobodyhere/x", "a file", os.fsdecode(b"\xff\xfe")])
def test_what_can_be_no_folder_of_logs_is_said_once_and_the_page_goes_on_without(
    said: str, your_model: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VGDEMO_LOGS", said)
    _folder.cache_clear()
    page = your_model()
    assert not page.exception and not page.multiselect[0].options and "vgdemo watch" in texts(page)
    assert [record.getMessage() for record in caplog.records if record.name == "vgdemo.ui.logs"] == [
        f"Expected VGDEMO_LOGS to be a folder. Received: {said!r}. No log is followed."
    ]


def test_what_more_epochs_may_change_is_no_verdict_before_the_training_ends(your_model: Open, logs: Path) -> None:
    writer = LogWriter(logs / "one", {"model": LSTM.to_dict()})
    for epoch in range(3):
        writer.append({"epoch": epoch, "curves": {"train_loss": 1.4}, "kernels": {"gradient_rms": [0.1] * 4}})
    page = your_model()
    assert "The verdict follows when the training ends." in texts(page)
    writer.end("complete")
    assert "The verdict follows" not in texts(page.run())


def test_the_smallest_come_first_on_wish(your_model: Open, logs: Path) -> None:
    writer = LogWriter(logs / "one", {"model": LSTM.to_dict()})
    writer.append({"epoch": 0, "curves": {"train_loss": 1.4}, "kernels": {"gradient_rms": [0.1, 1e-3, 1.0, 1e-5]}})
    page = your_model(a="one", view="smallest-1")
    axis = json.loads(drawn(page)["layers"].json)["layout"]["yaxis"]
    assert axis["categoryarray"] == ["answer", "lstm/recurrent_kernel", "lstm/kernel", "dense"]
    next(one for one in page.toggle if one.key == "smallest").set_value(False).run()
    axis = json.loads(drawn(page)["layers"].json)["layout"]["yaxis"]
    assert axis["categoryarray"] == ["lstm/kernel", "lstm/recurrent_kernel", "dense", "answer"]
    assert query(page) == {"a": "one"}
