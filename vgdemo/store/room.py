"""How a store keeps to its size: what lies in it, and which runs go when that is too much."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from vgdemo.store.folder import Folder
from vgdemo.store.layout import DISCARDED, FOLDER, MANIFEST, OLD_RUNS, RUNS, is_over

Files = dict[str, int]  # Names and sizes in bytes.


def run_folders(folder: Folder, *layouts: str) -> dict[str, Files]:
    """Folder of a run, stored or set aside, to the files in it."""
    folders: dict[str, Files] = {}
    for layout in layouts:
        for file, size in folder.find(layout).items():
            path, _, name = file.rpartition("/")
            if FOLDER.fullmatch(path):
                folders.setdefault(path, {})[name] = size
    return folders


def remove_run(folder: Folder, path: str) -> None:
    """Take the manifest first, so that a removal that is cut short leaves an absent run."""
    folder.remove_file(f"{path}/{MANIFEST}")
    folder.remove(path)


def make_room(folder: Folder, max_bytes: int, kept: Callable[[], Collection[str]]) -> None:
    """List the store, and remove what was discarded long ago and what is in excess.

    Args:
        folder: Of the store.
        max_bytes: Size that it keeps to.
        kept: Looks up the folders of runs that stay all the same; asked only if something must go.
    """
    folders = run_folders(folder, OLD_RUNS, RUNS)
    folder.unlisted = 0
    for path in [path for path in folders if is_over(path)]:
        remove_run(folder, path)
        del folders[path]
    sizes = {path: sum(files.values()) for path, files in folders.items()}
    excess = sum(sizes.values()) - max_bytes
    if excess <= 0:
        return
    for path in sorted(sizes.keys() - set(kept()), key=lambda path: _last_use(folder, path, folders[path])):
        remove_run(folder, path)
        excess -= sizes[path]
        if excess <= 0:
            return


def _last_use(folder: Folder, path: str, names: Iterable[str]) -> tuple[bool, datetime]:
    """Where a run stands in the order of removal: first those that nobody uses, discarded or of the old layout."""
    files = [MANIFEST] if MANIFEST in names else names  # It is written last, and marked at each use.
    is_used = path.startswith(f"{RUNS}/") and not path.startswith(DISCARDED)
    return is_used, max(folder.last_use(f"{path}/{name}") for name in files)
