"""The container's image: who it runs as, what it may write, and when it says that it is healthy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser.dashboard import free_port

ROOT = Path(__file__).resolve().parents[1]
INSTRUCTIONS = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
LAST_STAGE = INSTRUCTIONS[max(place for place, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")) :]


def said(name: str) -> str:
    """What the last stage says after this word, once."""
    (found,) = (line.removeprefix(f"{name} ") for line in LAST_STAGE if line.startswith(f"{name} "))
    return found


ENVIRONMENT = dict(variable.split("=", 1) for variable in said("ENV").split())


def test_it_runs_as_a_numbered_user_that_is_not_root_and_owns_what_it_writes() -> None:
    user, group = said("USER").split(":")
    assert int(user) > 0 and int(group) > 0
    assert f"--owner {user} --group {group} {said('VOLUME')}" in "\n".join(LAST_STAGE)
    written = [ENVIRONMENT[name] for name in ("HOME", "XDG_CACHE_HOME", "VGDEMO_STORE")]
    assert all(path.startswith(("/tmp", said("VOLUME"))) for path in written)


def test_what_changes_often_comes_after_what_takes_long() -> None:
    def place(begin: str) -> int:
        return next(place for place, line in enumerate(INSTRUCTIONS) if line.startswith(begin))

    assert place("COPY requirements.txt") < place("RUN python -m venv") < place("COPY . .")


def test_nothing_that_installs_is_in_the_last_stage() -> None:
    installs = [line for line in LAST_STAGE if "install " in line]
    assert len(installs) == 1 and "pip install" not in installs[0] and "pip uninstall" in installs[0]


def test_a_bucket_needs_the_same_library_in_the_image_as_anywhere() -> None:
    (extra,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["s3"]
    assert f'"{extra}"' in "\n".join(INSTRUCTIONS)


@contextmanager
def answering(status: int, body: bytes, path: str) -> Iterator[int]:
    """A server that answers this one path; gives its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == path else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def is_healthy(port: int, **environment: str) -> bool:
    program, *arguments = json.loads(said("HEALTHCHECK").partition("CMD ")[2])
    assert program == "python"
    variables = os.environ | {"STREAMLIT_SERVER_PORT": str(port)} | environment
    return subprocess.run([sys.executable, *arguments], env=variables, stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, b"ok", True), (200, b"not ok", False), (200, b"okay", False), (200, b"", False), (503, b"ok", False)],
)
def test_only_ok_is_healthy(status: int, body: bytes, expected: bool) -> None:
    with answering(status, body, "/_stcore/health") as port:
        assert is_healthy(port) is expected


def test_it_is_asked_below_the_path_at_which_it_is_served() -> None:
    with answering(200, b"ok", "/lab/_stcore/health") as port:
        assert is_healthy(port, STREAMLIT_SERVER_BASE_URL_PATH="/lab/")
        assert not is_healthy(port)


def test_what_does_not_answer_is_not_healthy() -> None:
    assert not is_healthy(free_port())
