"""How a store keeps to its size: what lies in it, and which runs go when that is too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime

from vgdemo.store.folder import Folder
from vgdemo.store.layout import (
    DISCARDED,
    FOLDER,
    MANIFEST,
    OLD_RUNS,
    QUARANTINE,
    RUNS,
    TEMPORARY,
    TRAINED_FOR,
    is_leftover,
    is_over,
)

VISITORS_SHARE = 0.1  # Of the store: beyond it, the runs of one visitor go before those of others.

Files = dict[str, int]  # Names and sizes in bytes.


def run_folders(files: Files) -> dict[str, Files]:
    """Folder of a run, stored or set aside, to the files in it.

    Args:
        files: Paths in the store, and sizes.
    """
    folders: dict[str, Files] = {}
    for file, size in files.items():
        path, _, name = file.rpartition("/")
        if FOLDER.fullmatch(path):
            folders.setdefault(path, {})[name] = size
    return folders


def remove_run(folder: Folder, path: str) -> None:
    """Take the manifest first, so that a removal that is cut short leaves an absent run."""
    folder.remove_file(f"{path}/{MANIFEST}")
    folder.remove(path)


def remove_unused(folder: Folder) -> bool:
    """Remove the runs that nobody uses: those that were discarded, and those of the old layout. Whether there are any.

    Args:
        folder: Of the store.
    """
    unused = run_folders(folder.find(OLD_RUNS) | folder.find(DISCARDED))
    for path in unused:
        remove_run(folder, path)
    return bool(unused)


def make_room(folder: Folder, max_bytes: int, kept: Callable[[], Collection[str]]) -> None:
    """List the store, and remove what dead writers left, what was discarded long ago, and what is in excess.

    Args:
        folder: Of the store.
        max_bytes: Size that it keeps to.
        kept: Looks up the folders of runs that stay all the same; asked only if something must go.
    """
    files = folder.find(OLD_RUNS) | folder.find(RUNS)
    folder.unlisted = 0
    for file in [file for file in files if TEMPORARY.fullmatch(file) and is_leftover(folder.last_use(file))]:
        folder.remove_file(file)
        del files[file]
    folders = run_folders(files)
    for path in [path for path, names in folders.items() if is_over(path) or _is_left(folder, path, names)]:
        remove_run(folder, path)
        del folders[path]
    sizes = {path: sum(files.values()) for path, files in folders.items()}
    excess = sum(sizes.values()) - max_bytes
    if excess <= 0:
        return
    may_go = sorted(sizes.keys() - set(kept()), key=lambda path: _last_use(folder, path, folders[path]))
    for path in dict.fromkeys([*_beyond_their_share(may_go, folders, sizes, VISITORS_SHARE * max_bytes), *may_go]):
        remove_run(folder, path)
        excess -= sizes[path]
        if excess <= 0:
            return


def _beyond_their_share(
    may_go: Iterable[str], folders: Mapping[str, Files], sizes: Mapping[str, int], share: float
) -> Iterator[str]:
    """The first runs of each visitor whose runs take more than a share, until the others of that visitor do not.

    Args:
        may_go: Folders of runs, in the order of removal.
        folders: Folder of any run to its files.
        sizes: Folder of any run to its bytes.
        share: Bytes.
    """
    visitor_of = {path: name for path, names in folders.items() for name in names if TRAINED_FOR.fullmatch(name)}
    taken: Counter[str] = Counter()
    for path, visitor in visitor_of.items():
        taken[visitor] += sizes[path]
    for path in may_go:
        if path in visitor_of and taken[visitor_of[path]] > share:
            taken[visitor_of[path]] -= sizes[path]
            yield path


def _is_left(folder: Folder, path: str, names: Iterable[str]) -> bool:
    """Whether it is a part of a run whose writer has died."""
    if MANIFEST in names or path.startswith((QUARANTINE, DISCARDED, OLD_RUNS)):
        return False
    return is_leftover(_last_use(folder, path, names)[1])


def _last_use(folder: Folder, path: str, names: Iterable[str]) -> tuple[bool, datetime]:
    """Where a run stands in the order of removal: first those that nobody uses, discarded or of the old layout."""
    files = [MANIFEST] if MANIFEST in names else names  # It is written last, and marked at each use.
    is_used = path.startswith(f"{RUNS}/") and not path.startswith(DISCARDED)
    return is_used, max(folder.last_use(f"{path}/{name}") for name in files)
