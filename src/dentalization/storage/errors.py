"""What can go wrong when bytes are stored or fetched."""

from __future__ import annotations

from dentalization.errors import InvalidInput, NotFound, Unavailable


class ObjectMissing(NotFound):
    """Nothing is stored under this key."""

    code = "object-missing"


class StorageUnavailable(Unavailable):
    """The storage of photos does not work at the moment; nothing was changed, try again shortly."""

    code = "storage-unavailable"
    retry_after_seconds = 5


class InvalidKey(InvalidInput):
    """A key is made of names joined by '/'; a name of letters, digits, '.', '_' and '-', not led by '.' or '-'."""

    code = "invalid-key"


class InvalidStorageAddress(InvalidInput):
    """The storage is an absolute folder, or 's3://bucket/prefix'."""

    code = "invalid-storage-address"
