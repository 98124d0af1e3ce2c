"""The run store: finished runs as Parquet and JSON below one URL, which behave like a mapping."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, check_size
from vgdemo.store.folder import NoFileError, StoreError, StoreFullError, leaving_out, log_once, open_folder
from vgdemo.store.layout import (
    DISCARDED,
    FOLDER,
    MANIFEST,
    OLD_PINS,
    OLD_RUNS,
    PINS,
    QUARANTINE,
    RUNS,
    STUDIES,
    TRAINED_FOR,
    aside,
    default_max_bytes,
    default_url,
    is_key,
    is_leftover,
    is_over,
    path_of,
    pin_of,
    study_of,
    trained_for,
)
from vgdemo.store.manifest import DamagedError, StoredFile, StoredRun, UnreadableError
from vgdemo.store.room import make_room, remove_run, remove_unused, run_folders

MOST_UNPACKED = 2_000_000_000  # Bytes of a run's tables; the largest that may be trained has a fifth of them.
# Part of `max_bytes` that a process writes before it lists the store again. To list a full one takes 0.1 to 0.2 s, more
# in a bucket, and a training of the default size one second: a dozen of them share a listing, and each process that
# writes takes the store at most this part beyond its size.
LISTING_SHARE = 0.01

_logger = logging.getLogger(__name__)


class RunStore(MutableMapping[str, RunRecord]):
    """Finished runs by `run_key`. Whoever asks for a run gets it whole and unaltered, or not at all.

    A run is a folder `v2/<first two digits>/<run_key>/`. Its manifest is written last and makes it present. A run whose
    files are not what its manifest promises is moved to `v2/quarantine/` and is absent, so that it is trained again;
    one in a format that this program does not read is absent as well, and is left as it is until it is stored again.
    Past `max_bytes` the runs that were not used for longest are removed, except pinned ones; before them those of a
    visitor of whose runs there are very many, and first of all what lies in `v1/` or was discarded; where the file
    system cannot mark a use, as in a bucket, the oldest go first. Where the disk is full before that, `v1/` and what
    was discarded make room, and no complete run does.

    Args:
        url: A folder or any fsspec URL; the environment variable VGDEMO_STORE or the user's cache folder if None.
        max_bytes: Size that the store keeps to; what VGDEMO_STORE_GB says, or 4 GiB, if None. It is looked at when a
            process first writes, and then whenever it has written a hundredth of it.

    Raises:
        StoreError: If the URL is of no known kind, or VGDEMO_STORE_GB no size. Later, from every method but `in`: if
            the store cannot be read or written.

    Example:
        >>> store = RunStore("memory://example")
        >>> store[record.run_key] = record
        >>> store[record.run_key].sentence == record.sentence
        True
        >>> [str(run.summary.learned) for run in store.summaries()]
        ['0 of 2 replicates (0 %, 95 % interval 0–66 %)']
        >>> store.check()  # Nothing is damaged.
        ()
    """

    def __init__(self, url: str | None = None, *, max_bytes: int | None = None) -> None:
        self._folder = open_folder(url or default_url())
        self.max_bytes = default_max_bytes() if max_bytes is None else max_bytes

    @property
    def url(self) -> str:
        """Where it is, as it was given."""
        return self._folder.url

    def __str__(self) -> str:
        """The URL without a user name or password, for messages."""
        return str(self._folder)

    def __getitem__(self, key: str) -> RunRecord:
        """The run, checked against its checksums; KeyError if it is absent or damaged."""
        try:
            _, record = self._read(key)
        except DamagedError as error:
            self._set_aside(key, error)
            raise KeyError(key) from error
        except UnreadableError as error:
            self._leave(key, error)
            raise KeyError(key) from error
        self._folder.mark_use(f"{path_of(key)}/{MANIFEST}")
        return record

    def __setitem__(self, key: str, record: RunRecord) -> None:
        """Keep a run under its own `run_key`, in place of what was stored under it."""
        if key != record.run_key:
            raise ValueError(f"Expected the run's own key, {record.run_key}. Received: {key!r}")
        self.keep(record)

    def keep(self, record: RunRecord, visitor: str = "") -> StoredRun:
        """Keep a run, as `store[record.run_key] = record` does; what its manifest says.

        Args:
            record: The run.
            visitor: Who asked for it, if that is one of many: nobody's runs make much of the others' go.
        """
        contents = record.to_files()
        run = StoredRun.of(record, contents)
        try:
            self._write(run, contents, visitor)
        except StoreError as error:
            if not self._make_way(run.run_key, error):
                raise
            self._write(run, contents, visitor)
        try:
            self._tidy_up(run)
        except StoreError as error:  # The run is kept all the same.
            _logger.warning("%s", error)
        return run

    def _make_way(self, key: str, error: StoreError) -> bool:
        """Whether a run that could not be written may be now: there is room, or what was no run is out of its place."""
        if isinstance(error, StoreFullError):  # The disk has less room than `max_bytes`.
            return remove_unused(self._folder)
        try:
            self._manifest(key)
        except DamagedError as damage:
            self._set_aside(key, damage)
            return True
        except (KeyError, UnreadableError, StoreError):
            pass
        return False

    def _write(self, run: StoredRun, contents: Mapping[str, bytes], visitor: str) -> None:
        """Write a run's files, its manifest last: until then the run is absent."""
        path = path_of(run.run_key)
        self._folder.make(path)
        if visitor:
            self._folder.write(f"{path}/{trained_for(visitor)}", b"")
        for name, content in contents.items():
            self._folder.write(f"{path}/{run.files[name].name}", content)
        self._folder.write(f"{path}/{MANIFEST}", run.to_bytes())

    def _tidy_up(self, run: StoredRun) -> None:
        """Remove what the run that was just kept has replaced, and now and then what is too much."""
        path = path_of(run.run_key)
        self._sweep(path, _unpromised(run, self._folder.names(path)))
        if self._folder.unlisted > LISTING_SHARE * self.max_bytes:
            make_room(self._folder, self.max_bytes, lambda: [path_of(one) for one in (run.run_key, *self.pinned)])

    def __delitem__(self, key: str) -> None:
        """Remove a run; KeyError if it is absent."""
        if key not in self:
            raise KeyError(key)
        remove_run(self._folder, path_of(key))

    def discard(self, key: str) -> None:
        """Remove a run; for a day, unless room is needed, `restore` brings it back. KeyError if it is absent."""
        if key not in self:
            raise KeyError(key)
        try:
            self._take_aside(key, DISCARDED)
        except FileNotFoundError as error:  # Somebody else was faster.
            raise KeyError(key) from error

    def restore(self, key: str) -> None:
        """Bring back a run that was discarded; KeyError if it is gone for good."""
        paths = [f"{DISCARDED}/{name}" for name in self._folder.names(DISCARDED) if name.startswith(key)]
        discarded = [path for path in paths if FOLDER.fullmatch(path) and not is_over(path)]
        if discarded and key not in self:  # Else somebody has trained it again.
            self._copy(max(discarded), path_of(key))
        if key not in self:
            raise KeyError(key)
        for path in discarded:
            remove_run(self._folder, path)

    def _copy(self, path: str, target: str) -> None:
        """Copy a run's folder, its manifest last: until then the run is absent."""
        self._folder.make(target)
        for name in sorted(self._folder.names(path), key=lambda name: name == MANIFEST):
            self._folder.write(f"{target}/{name}", self._folder.read(f"{path}/{name}"))

    def __iter__(self) -> Iterator[str]:
        """Keys of the runs, looked up one by one: whether there is any takes no list of all."""
        for digits in self._folder.names(RUNS):
            with leaving_out():
                yield from (key for key in self._folder.names(f"{RUNS}/{digits}") if key[:2] == digits and key in self)

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self.summaries())

    def __contains__(self, key: object) -> bool:
        """Whether the run has a manifest that can be read; its files are checked when they are read."""
        return self.look_up(str(key)) is not None

    def look_up(self, key: str) -> StoredRun | None:
        """What the manifest says of a run; None if there is none that can be read. The run itself is not read."""
        try:
            return self._manifest(key)
        except UnreadableError as error:
            self._leave(key, error)
        except (KeyError, DamagedError, StoreError):
            pass
        return None

    def look_up_all(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """What the manifests say of those of these runs that are there, read at once; no run is read."""
        runs = self._stored_runs(f"{path_of(key)}/{MANIFEST}" for key in keys)
        return {run.run_key: run for run in runs}

    def summaries(self) -> list[StoredRun]:
        """What the manifests say of all runs, newest first; no run is read."""
        manifests = [f"{path}/{MANIFEST}" for path, names in self._stored() if MANIFEST in names]
        return sorted(self._stored_runs(manifests), key=lambda run: run.written, reverse=True)

    def _stored_runs(self, manifests: Iterable[str]) -> Iterator[StoredRun]:
        for content in self._folder.read_all(manifests).values():
            with suppress(DamagedError, UnreadableError):  # They are for `check` and for who asks for the run.
                yield _stored_run(content)

    @property
    def pinned(self) -> frozenset[str]:
        """Keys of the runs that are never removed to make room."""
        for old_key in self._folder.names(OLD_PINS):
            self._carry_pin(old_key)
        return frozenset(filter(is_key, self._folder.names(PINS)))

    def pin(self, key: str) -> None:
        """Never remove this run to make room, from now on and in every process; it need not be stored yet."""
        path = pin_of(key)
        self._folder.make(PINS)
        self._folder.write(path, b"")

    def unpin(self, key: str) -> None:
        """Take a pin back; a run that is not pinned stays so."""
        self._folder.remove_file(pin_of(key))

    def _carry_pin(self, old_key: str) -> None:
        """Pin a run of the old layout under the key that it has today, so that it is kept once it is trained anew."""
        manifest = f"{OLD_RUNS}/{old_key[:2]}/{old_key}/{MANIFEST}"
        with suppress(FileNotFoundError, KeyError, TypeError, ValueError, StoreError):  # Then the old pin stays.
            config = RunConfig.from_dict(json.loads(self._folder.read(manifest))["run"]["config"])
            self.pin(config.run_key)
            self._folder.remove_file(f"{OLD_PINS}/{old_key}")

    def note_study(self, key: str, note: Mapping[str, Any]) -> None:
        """Keep a note of a study that was started until it is forgotten: it is never removed to make room.

        Args:
            key: Of the study.
            note: What is kept, as JSON.
        """
        path = study_of(key)
        self._folder.make(STUDIES)
        self._folder.write(path, json.dumps(note).encode())

    def studies(self) -> dict[str, dict[str, Any]]:
        """The notes of studies, by key; those that are no JSON objects are left out."""
        names = [name.removesuffix(".json") for name in self._folder.names(STUDIES) if name.endswith(".json")]
        return self._notes(filter(is_key, names))

    def study(self, key: str) -> dict[str, Any] | None:
        """The note of a study; None if there is none, or if it is no JSON object."""
        return self._notes([key]).get(key)

    def _notes(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        key_of = {study_of(key): key for key in keys}
        notes = {}
        for path, content in self._folder.read_all(key_of).items():
            with suppress(RecursionError, ValueError):
                notes[key_of[path]] = json.loads(content)
        return {key: note for key, note in notes.items() if isinstance(note, dict)}

    def forget_study(self, key: str) -> None:
        """Remove the note of a study; without one, do nothing."""
        self._folder.remove_file(study_of(key))

    def check(self) -> tuple[str, ...]:
        """Read every run, set damaged ones aside, remove what interrupted writes left; one sentence for each."""
        sentences: list[str] = []
        for path, names in self._stored():
            with leaving_out():
                sentences += self._check_run(path, set(names))
        return tuple(sentences)

    def _check_run(self, path: str, names: set[str]) -> list[str]:
        key = path.rpartition("/")[2]
        try:
            run, _ = self._read(key)
        except KeyError:
            return self._sweep(path, names)
        except UnreadableError as error:
            self._leave(key, error)
            return []
        except DamagedError as error:
            self._set_aside(key, error)
            return [f"Run {key} was damaged and is set aside: {error}."]
        return self._sweep(path, _unpromised(run, names))

    def _manifest(self, key: str) -> StoredRun:
        """What is promised of a run; KeyError if it is absent, DamagedError or UnreadableError if that says nothing."""
        try:
            run = StoredRun.from_bytes(self._folder.read(f"{path_of(key)}/{MANIFEST}"))
        except FileNotFoundError as error:
            raise KeyError(key) from error
        except NoFileError as error:
            raise DamagedError("its manifest is no file") from error
        if run.run_key != key:
            raise DamagedError(f"its manifest is that of run {run.run_key}")
        return run

    def _read(self, key: str) -> tuple[StoredRun, RunRecord]:
        """What is promised of a run, and the run; errors as of `_manifest`, DamagedError if it breaks the promise."""
        run = self._manifest(key)
        while True:
            try:
                return run, self._record(run)
            except DamagedError:
                before, run = run, self._manifest(key)
                if run.files == before.files:  # Else somebody has removed it meanwhile, and stored it again.
                    raise

    def _record(self, run: StoredRun) -> RunRecord:
        """The run, of which every file is what was promised; UnreadableError if the record in them is not read here."""
        contents = {name: self._content(run.run_key, file) for name, file in run.files.items()}
        try:
            check_size(contents, MOST_UNPACKED)
            return RunRecord.from_files(contents)
        except ValueError as error:
            raise UnreadableError(error) from error

    def _content(self, key: str, file: StoredFile) -> bytes:
        try:
            content = self._folder.read(f"{path_of(key)}/{file.name}")
        except (FileNotFoundError, NoFileError) as error:
            raise DamagedError(f"{file.name} is missing") from error
        if not file.holds(content):
            raise DamagedError(f"{file.name} is truncated or altered")
        return content

    def _set_aside(self, key: str, reason: DamagedError) -> None:
        _logger.warning("Run %s in %s is damaged and will be trained again: %s", key, self, reason)
        # Another process was faster, or the store is read-only; absent it is all the same.
        with suppress(FileNotFoundError, StoreError):
            self._take_aside(key, QUARANTINE)

    def _take_aside(self, key: str, place: str) -> None:
        self._folder.make(place)
        self._folder.move(path_of(key), aside(place, key))

    def _leave(self, key: str, reason: UnreadableError) -> None:
        log_once(f"Run {key} in {self} is not read, and is left as it is: {reason}")

    def _stored(self) -> Iterator[tuple[str, dict[str, int]]]:
        """Folders of runs that are not taken aside, with the names and sizes of their files."""
        folders = run_folders(self._folder.find(RUNS))
        return (item for item in folders.items() if not item[0].startswith((QUARANTINE, DISCARDED)))

    def _sweep(self, path: str, names: Iterable[str]) -> list[str]:
        """Remove files that no manifest promises and that no write can still be at; one sentence for each."""
        leftovers = [file for name in names if is_leftover(self._folder.last_use(file := f"{path}/{name}"))]
        for file in leftovers:
            self._folder.remove_file(file)
        return [f"Removed what an interrupted write left: {file}." for file in leftovers]


def _unpromised(run: StoredRun, names: Iterable[str]) -> list[str]:
    """Files beside a run that are none of its own."""
    promised = {MANIFEST, *(file.name for file in run.files.values())}
    return [name for name in names if name not in promised and not TRAINED_FOR.fullmatch(name)]


@lru_cache(maxsize=4096)
def _stored_run(manifest: bytes) -> StoredRun:
    """A list of a thousand runs is asked for every few seconds, and few of them are new."""
    return StoredRun.from_bytes(manifest)
