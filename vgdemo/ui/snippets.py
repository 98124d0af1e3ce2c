"""What a person copies into a training of their own, so that it writes a log."""

from __future__ import annotations

import streamlit as st

from vgdemo.ui.logs import log_folder
from vgdemo.ui.page import plain

KERAS = """\
import vgdemo

monitor = vgdemo.GradientMonitor(x_train[:256], y_train[:256], log_dir="{folder}")
model.fit(x_train, y_train, epochs=20, callbacks=[monitor])"""
PYTORCH = """\
from vgdemo.torch import GradientRecorder  # One file that needs torch alone: it can be copied.

with GradientRecorder(model, optimizer, "{folder}", every=20) as recorder:
    for x, y in loader:
        loss = loss_function(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        recorder.curves(train_loss=loss)
        optimizer.step()"""
OTHERS = """Any program can write a log: `run.json` says what is trained, `records.jsonl` has a line for each
measurement. The file `docs/log.md` of vgdemo describes both. From Python, `vgdemo.log.LogWriter` writes them."""
WATCH = "Whatever is written below {folder} appears on this page while it is trained."
NO_FOLDER = "`vgdemo watch logs` starts a dashboard that follows all logs below a folder; here you can upload one."


def snippets(*, expanded: bool) -> None:
    """The lines for each framework, and where the log then appears."""
    folder = log_folder()
    with st.expander("Record a training of your own", expanded=expanded):
        keras, pytorch, others = st.tabs(["Keras", "PyTorch", "Anything else"])
        mine = "logs/mine" if folder is None else (folder / "mine").as_posix()
        keras.code(KERAS.format(folder=mine), language="python", wrap_lines=True)
        pytorch.code(PYTORCH.format(folder=mine), language="python", wrap_lines=True)
        others.markdown(OTHERS)
        st.markdown(NO_FOLDER if folder is None else WATCH.format(folder=plain(str(folder))))
