"""What can go wrong when bytes are stored or fetched."""

from __future__ import annotations

from dentalization.errors import InvalidInput, NotFound, Unavailable


class ObjectMissing(NotFound):
    """Nothing is stored under this key."""

    code = "object-missing"


class StorageUnavailable(Unavailable):
    """The storage of photos does not answer at the moment; try again shortly."""

    code = "storage-unavailable"
    retry_after_seconds = 5


class StorageFull(StorageUnavailable):
    """The storage of photos has no room left; nothing was saved, try again later."""

    code = "storage-full"
    retry_after_seconds = 30


class InvalidKey(InvalidInput):
    """A key is names joined by '/', each of letters, digits, '_', and after the first also '.' and '-'."""

    code = "invalid-key"


class InvalidStorageAddress(InvalidInput):
    """The storage is an absolute folder, or 's3://bucket/prefix'."""

    code = "invalid-storage-address"
