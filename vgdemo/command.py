"""The command `vgdemo`: `watch` starts a dashboard that follows logs, `study` trains a study without the dashboard."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from vgdemo import study_command
from vgdemo.environment import LOGS

HOST, PORT = "127.0.0.1", 8501
PAGE = "Your_model"


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="vgdemo", description="See why a deep network does not learn.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    watch = commands.add_parser("watch", help="follow trainings by the logs that they write")
    watch.add_argument("folder", metavar="LOGDIR", type=Path, help="folder below which the logs are, or will be")
    watch.add_argument("--port", type=int, default=PORT, help=f"of the dashboard; {PORT} if it is not said")
    study = commands.add_parser("study", help="train a study in the terminal, here or on a Dask cluster")
    study_command.add_arguments(study)
    asked = parser.parse_args(arguments)
    if "definition" in asked:
        sys.exit(study_command.run(asked))
    if asked.folder.exists() and not asked.folder.is_dir():
        parser.error(f"Expected LOGDIR to be a folder. Received: {asked.folder}")
    os.environ[LOGS] = str(asked.folder.resolve())
    print(f"vgdemo follows {asked.folder.resolve()} at http://{HOST}:{asked.port}/{PAGE}", flush=True)
    _serve(dashboard(), asked.port)


def dashboard() -> Path:
    """The dashboard's first page: in a copy of the repository beside the package, else where the wheel has put it.

    Example:
        >>> dashboard().name
        'app.py'
    """
    repository = Path(__file__).resolve().parents[1]
    if (repository / "pages" / "5_Your_model.py").is_file():
        return repository / "app.py"
    try:
        installed = [file for file in files("vgdemo") or () if file.as_posix().endswith("share/vgdemo/app.py")]
    except PackageNotFoundError:
        installed = []
    if not installed:
        raise SystemExit("Expected the dashboard's pages beside the package. Received: none; install vgdemo again.")
    return Path(str(installed[0].locate())).resolve()


def _serve(page: Path, port: int) -> None:
    """Start Streamlit in this process; it ends with it."""
    from streamlit.web.cli import main_run

    options = {"server.address": HOST, "server.port": port, "server.headless": "true"}
    main_run([str(page), *(f"--{name}={value}" for name, value in options.items())])
