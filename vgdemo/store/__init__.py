"""Where finished runs are kept, and what is said of them there."""

from vgdemo.store.folder import StoreError
from vgdemo.store.manifest import StoredFile, StoredRun
from vgdemo.store.store import RunStore

__all__ = ["RunStore", "StoreError", "StoredFile", "StoredRun"]
