"""What a run store writes beside a run's files: which they are, how to tell that they are whole, what they hold."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict
from vgdemo.learning import Share
from vgdemo.record import FORMAT, READABLE_FORMATS, RunRecord, RunStatus, Source, source_from_dict, source_to_dict
from vgdemo.store.layout import is_key
from vgdemo.summary import End, Summary, summarize
from vgdemo.wording import listed

_FILE = re.compile(r"[\w-]+\.\w+")
# What is raised where a manifest holds other things than it should.
_STRANGE = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


class DamagedError(ValueError):
    """A stored run is not what was written."""


class UnreadableError(ValueError):
    """A stored run is whole, but of a format that this program does not read: a newer or an older one wrote it."""


@dataclass(frozen=True)
class StoredFile:
    """One file of a stored run. Its content names it, so that two writers of one run cannot mix their files.

    Attributes:
        name: Such as "curves-0123456789abcdef.parquet".
        size: In bytes.
        sha256: Of its content, in hexadecimal digits.
    """

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
        run_key: What identifies the run, also its folder's name.
        source: Who made it: the settings that were trained, or a log of somebody's own training.
        summary: How it ends, by the rules of when it was stored.
        status: Whether all epochs were trained.
        written: When it was stored.
        files: Name in `RunRecord.to_files` to the file that holds its content.
    """

    run_key: str
    source: Source
    summary: Summary
    status: RunStatus
    written: datetime
    files: Mapping[str, StoredFile]

    @classmethod
    def of(cls, record: RunRecord, contents: Mapping[str, bytes]) -> StoredRun:
        """The manifest of a record that is stored now."""
        return cls(
            run_key=record.run_key,
            source=record.source,
            summary=summarize(record),
            status=record.status,
            written=datetime.now(UTC),
            files={name: StoredFile.of(name, content) for name, content in contents.items()},
        )

    @property
    def config(self) -> RunConfig | None:
        """The settings, if the run was made of settings."""
        return self.source if isinstance(self.source, RunConfig) else None

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        return self.source.sentence

    @property
    def num_bytes(self) -> int:
        """Size of its files."""
        return sum(file.size for file in self.files.values())

    def to_bytes(self) -> bytes:
        """The manifest as JSON, with the number of its format and a checksum of its own."""
        run = {
            "run_key": self.run_key,
            "source": source_to_dict(self.source),
            "summary": _summary_to_dict(self.summary),
            "status": self.status,
            "written": self.written.isoformat(),
            "files": {name: asdict(file) for name, file in self.files.items()},
        }
        return json.dumps({"format": FORMAT, "run": run, "sha256": _digest(run)}, indent=2, allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> StoredRun:
        """The manifest that `to_bytes` wrote; what it says beyond what this program knows is left out.

        Raises:
            DamagedError: If it is truncated or altered.
            UnreadableError: If another version of the program wrote it, in a way that this one does not read.
        """
        run = _checked(content)
        try:
            return cls(
                run_key=_run_key(run["run_key"]),
                source=source_from_dict(run["source"]),
                summary=_summary_from_dict(run["summary"]),
                status=RunStatus(run["status"]),
                written=datetime.fromisoformat(run["written"]).astimezone(UTC),
                files={name: _stored_file(file) for name, file in run["files"].items()},
            )
        except _STRANGE as error:
            raise UnreadableError(f"Expected the manifest of a run. Received: {error}") from error


def _checked(content: bytes) -> dict[str, Any]:
    """What a manifest says of its run. The format comes first: another one may have another checksum."""
    try:
        manifest = json.loads(content)
        number, run, digest = manifest["format"], manifest.get("run"), manifest.get("sha256")
    except _STRANGE as error:
        raise DamagedError(f"its manifest should be JSON that says its format, and begins {content[:40]!r}") from error
    if number not in READABLE_FORMATS:
        readable = listed([*map(str, READABLE_FORMATS)])
        raise UnreadableError(f"Expected a run of format {readable}. Received: format {number}")
    if digest != _digest(run) or not isinstance(run, dict):
        raise DamagedError("its manifest is truncated or altered")
    return run


def _stored_file(content: Mapping[str, Any]) -> StoredFile:
    """A file of a run's own folder, whoever wrote the manifest."""
    file = StoredFile(**content)
    if not _FILE.fullmatch(file.name):
        raise ValueError(f"a file {file.name!r:.80}")
    return file


def _run_key(value: str) -> str:
    if not is_key(value):
        raise ValueError(f"a run {value!r:.80}")
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _summary_to_dict(summary: Summary) -> dict[str, Any]:
    return {name: _to_json(value) for name, value in asdict(summary).items()}


def _to_json(value: Any) -> Any:
    """JSON has no number that is not finite: "inf", "-inf" and "nan" stand for them, which `float` reads."""
    if isinstance(value, End):
        return {name: _to_json(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _summary_from_dict(content: Mapping[str, Any]) -> Summary:
    """A summary of another version has None for a number that is not in it, and `UNKNOWN` for a verdict of its own."""
    values: dict[str, Any] = {
        row.name: None if (value := content.get(row.name)) is None else _FROM_JSON.get(row.name, float)(value)
        for row in fields(Summary)
        if row.name not in ("verdict", "ends")
    }
    ends = tuple(_end(end) for end in content.get("ends", ()))
    return Summary(**values, verdict=_verdict(content.get("verdict")), ends=ends)


def _end(content: Mapping[str, Any]) -> End:
    """The end of a replicate; of another version as `_summary_from_dict` has it."""
    numbers: dict[str, Any] = {
        name: None if (value := content.get(name)) is None else float(value)
        for name in End._fields
        if name not in ("learned", "verdict")
    }
    return End(**numbers, learned=content.get("learned"), verdict=_verdict(content.get("verdict")))


def _verdict(name: str | None) -> Verdict:
    return next((verdict for verdict in Verdict if verdict == name), Verdict.UNKNOWN)


_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "accuracy": lambda parts: tuple(map(float, parts)),
    "learned": lambda share: Share(**share),
}
