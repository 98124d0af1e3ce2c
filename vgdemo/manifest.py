"""What a run store writes beside a run's files: which they are, how to tell that they are whole, what they hold."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from vgdemo.config import RunConfig
from vgdemo.diagnosis import diagnose
from vgdemo.record import RunRecord, RunStatus


@dataclass(frozen=True)
class StoredFile:
    """One file of a stored run. Its content names it, so that two writers of one run cannot mix their files."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, content: bytes) -> StoredFile:
        """The entry for a file such as "curves.parquet"."""
        digest = hashlib.sha256(content).hexdigest()
        stem, _, suffix = name.rpartition(".")
        return cls(f"{stem}-{digest[:16]}.{suffix}", len(content), digest)

    def holds(self, content: bytes) -> bool:
        """Whether the content is what was written."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256


@dataclass(frozen=True)
class StoredRun:
    """What the manifest says of a stored run, cheap enough to list hundreds of them.

    Attributes:
        run_key: The run's key, also its folder's name.
        config: The settings that were trained.
        status: Whether all epochs were trained.
        written: When it was stored.
        median_val_accuracy: Median over replicates of the last validation accuracy; None if nothing was measured.
        verdict: A name of `vgdemo.diagnosis.Verdict`, by the rules of when it was stored; older manifests have None.
        files: Name in `RunRecord.to_files` to the file that holds its content.
    """

    run_key: str
    config: RunConfig
    status: RunStatus
    written: datetime
    median_val_accuracy: float | None
    verdict: str | None
    files: Mapping[str, StoredFile]

    @classmethod
    def of(cls, record: RunRecord, contents: Mapping[str, bytes]) -> StoredRun:
        """The manifest of a record that is stored now."""
        return cls(
            run_key=record.config.run_key,
            config=record.config,
            status=record.status,
            written=datetime.now(UTC),
            median_val_accuracy=_median_val_accuracy(record),
            verdict=diagnose(record).verdict,
            files={name: StoredFile.of(name, content) for name, content in contents.items()},
        )

    @property
    def num_bytes(self) -> int:
        """Size of its files."""
        return sum(file.size for file in self.files.values())

    def to_bytes(self) -> bytes:
        """The manifest as JSON, with a checksum of its own."""
        run = asdict(self) | {"written": self.written.isoformat()}
        return json.dumps({"run": run, "sha256": _json_digest(run)}, indent=2).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> StoredRun:
        """The manifest that `to_bytes` wrote.

        Raises:
            ValueError: If it is truncated or altered.
        """
        try:
            manifest = json.loads(content)
            run = manifest["run"]
            if manifest["sha256"] != _json_digest(run):
                raise ValueError("its checksum differs")
            return cls(
                run_key=run["run_key"],
                config=RunConfig(**run["config"]),
                status=RunStatus(run["status"]),
                written=datetime.fromisoformat(run["written"]),
                median_val_accuracy=run["median_val_accuracy"],
                verdict=run.get("verdict"),
                files={name: StoredFile(**file) for name, file in run["files"].items()},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"Expected the manifest of a run. Received: {error}") from error


def _median_val_accuracy(record: RunRecord) -> float | None:
    if len(record.epochs) == 0:
        return None
    median = float(np.median(record.curve_arrays["val_accuracy"][-1]))
    return median if math.isfinite(median) else None


def _json_digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
