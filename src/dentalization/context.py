"""What a process has at hand, made once at its start and passed to whoever needs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dentalization.audit.log import AuditLog
from dentalization.db.database import Database
from dentalization.mail.port import Mailer
from dentalization.settings import Settings
from dentalization.signing import Signer
from dentalization.storage.port import ObjectStore
from dentalization.vision.detector import Detector


class SafePicture(Protocol):
    """What is kept of an untrusted picture: decoded, upright, without metadata, written anew."""

    @property
    def data(self) -> bytes: ...

    @property
    def content_type(self) -> str: ...


CleanPicture = Callable[[bytes], Awaitable[SafePicture]]
"""Raises an InvalidInput for bytes that are no picture."""


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    db: Database
    store: ObjectStore
    signer: Signer
    audit: AuditLog
    detectors: Sequence[Detector]
    """By order of preference: the first that is made for a kind of picture looks at it."""
    clean_picture: CleanPicture
    """For slices below the photos, whose decoder it is."""
    mailer: Mailer
    shadows: Sequence[Detector] = ()
    """These look on unseen, so that a new version can be compared with the one in use."""
