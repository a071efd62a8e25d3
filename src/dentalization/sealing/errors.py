"""What can go wrong with sealed texts. None of these quotes what was stored."""

from __future__ import annotations

from dentalization.errors import InvalidInput, Unavailable


class UnknownKey(Unavailable):
    """A stored text cannot be read: it was sealed with a key that this server does not have."""

    code = "unknown-key"


class ChangedValue(Unavailable):
    """A stored text cannot be read: it is not as it was sealed, or belongs to another place."""

    code = "changed-value"


class BadKeys(InvalidInput):
    """The field keys are 'id:base64' each, 256 bits long, the current one first, no id twice."""

    code = "bad-keys"
