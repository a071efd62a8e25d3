"""What a process has at hand, made once at its start and passed to whoever needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dentalization.db.database import Database
from dentalization.mail.port import Mailer
from dentalization.settings import Settings
from dentalization.signing import Signer
from dentalization.storage.port import ObjectStore
from dentalization.vision.detector import Detector


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    db: Database
    store: ObjectStore
    signer: Signer
    detectors: Sequence[Detector]
    """By order of preference: the first that is made for a kind of picture looks at it."""
    mailer: Mailer
    shadows: Sequence[Detector] = ()
    """These look on unseen, so that a new version can be compared with the one in use."""
