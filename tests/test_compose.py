"""What a cluster is started with, in containers and on plain hosts: one environment, and commands that train."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dask
import pytest
import yaml
from jobs.processes import Processes, processes
from jobs.waiting import TRAINER, config, until

from vgdemo.jobs import StudyState, cluster, studies_of
from vgdemo.nursery import WORKER_ENVIRONMENT
from vgdemo.store import RunStore
from vgdemo.study import Grid

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "cluster.env").read_text(encoding="utf-8"), re.MULTILINE))
STUDY = Grid.of(config(0, seconds=0.02, epochs=5), {"seed": [*range(4)]})


def test_all_services_are_of_one_image_share_a_store_and_can_write_nothing_else() -> None:
    assert {*SERVICES} == {"dashboard", "scheduler", "worker"}
    for service in SERVICES.values():
        assert (service["image"], service["build"], service["env_file"]) == ("vgdemo", ".", "cluster.env")
        assert service["volumes"] == ["store:/data"] and "store" in COMPOSE["volumes"]
        assert (service["read_only"], service["tmpfs"], service["restart"]) == (True, ["/tmp"], "unless-stopped")
    assert "VGDEMO_STORE=/data" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "container_name" not in SERVICES["worker"] and "ports" not in SERVICES["worker"], "else it does not scale"


def test_only_the_dashboard_is_open_and_to_this_machine_alone() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "dashboard": ["127.0.0.1:8501:8501"]
    }
    assert SERVICES["dashboard"]["environment"]["VGDEMO_SCHEDULER"] == SERVICES["worker"]["command"][4]


def test_workers_of_a_cluster_have_the_environment_of_this_machines() -> None:
    told = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("DASK_")}
    assert told == {name: value for name, value in WORKER_ENVIRONMENT.items() if name != "PYTHONPATH"} | {
        "TF_CPP_MIN_LOG_LEVEL": "3"
    }


def test_a_cluster_has_the_settings_of_this_machines() -> None:
    found = dask.config.collect_env(ENVIRONMENT)
    assert {name: dask.config.get(name, config=found) for name in cluster._SETTINGS} == cluster._SETTINGS
    assert len(cluster._SETTINGS) == len([name for name in ENVIRONMENT if name.startswith("DASK_")])


def local(command: list[str], cluster: Processes) -> list[str]:
    """What follows `python` in a command, on this machine alone, on a free port."""
    text = " ".join(command).replace("scheduler:8786", f"127.0.0.1:{cluster.port}").replace("8786", str(cluster.port))
    return [*text.split()[1:], "--host", "127.0.0.1"]


@pytest.mark.parametrize("where", ["containers", "plain hosts"])
def test_its_commands_make_a_cluster_that_trains(where: str, tmp_path: Path) -> None:
    if where == "containers":
        commands = [SERVICES[name]["command"] for name in ("scheduler", "worker")]
    else:
        found = [re.search(rf"^dask {name} .*?(?=  #|$)", README, re.MULTILINE) for name in ("scheduler", "worker")]
        commands = [f"python -m {match[0]}".replace("10.0.0.5", "scheduler").split() for match in found if match]
    store = RunStore(str(tmp_path / "runs"))
    with processes() as cluster:
        for command in commands:
            cluster.start(*local(command, cluster), **ENVIRONMENT)
        until(lambda: is_up(store, cluster.address))
        with studies_of(store, cluster.address, trainer=TRAINER) as studies:
            studies.start(STUDY)
            until(lambda: studies.look(STUDY).state is StudyState.COMPLETE)
            assert studies.look(STUDY).done == 4


def is_up(store: RunStore, address: str) -> bool:
    try:
        with studies_of(store, address):
            return True
    except RuntimeError:
        return False
