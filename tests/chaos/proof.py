"""What is there at the end, against what was acknowledged."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from dentalization.ops.embedded import EmbeddedServer

_LETTERS_SECONDS = 120

_RECORDS = "SELECT title, 1 FROM medical_records"
# A booking is five rows: what a trigger writes and what its reason is in stands or falls with it.
_BOOKINGS = """
SELECT patient_id || ' ' || to_char(scheduled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), LEAST(
  (SELECT count(*) FROM appointment_overbookings o WHERE o.appointment_id = a.id),
  (SELECT count(*) FROM appointment_events e WHERE e.appointment_id = a.id),
  (SELECT count(*) FROM appointment_letters l WHERE l.appointment_id = a.id AND l.kind = 'REQUEST'))
FROM appointments a"""
_PHOTOS = """
SELECT patient_id || ' ' || to_char(taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
  metadata->>'object', metadata->>'sha256'
FROM dental_photos WHERE metadata->>'object' IS NOT NULL"""
_UNSENT = "SELECT count(*) FROM appointment_letters WHERE kind = 'REQUEST' AND outcome IS NULL"
_SENT = "SELECT id FROM appointment_letters WHERE outcome = 'SENT'"


def counted(server: EmbeddedServer, objects: Path) -> dict[str, Counter[str]]:
    """Kind -> name -> how often it is there, all of it; half of something is not there."""
    with psycopg.connect(server.owner_url) as owner:
        found = {kind: Counter[str]() for kind in ("record", "booking", "photo")}
        for kind, statement in (("record", _RECORDS), ("booking", _BOOKINGS)):
            for name, whole in owner.execute(statement):  # type: ignore[call-overload]
                found[kind][name] += whole
        for name, key, digest in owner.execute(_PHOTOS):
            found["photo"][name] += _is_whole(objects / key / "original", digest)
    return found


def _is_whole(picture: Path, digest: str) -> bool:
    return picture.is_file() and hashlib.sha256(picture.read_bytes()).hexdigest() == digest


def letters_missing(server: EmbeddedServer, folder: Path) -> int:
    """How many letters about bookings their jobs have not sent, once they had the time to."""
    deadline = time.monotonic() + _LETTERS_SECONDS
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        while (unsent := _one(owner, _UNSENT)) and time.monotonic() < deadline:
            time.sleep(0.5)
        noted = sum(1 for _ in owner.execute(_SENT))
    return int(unsent) + max(0, noted - len(list(folder.glob("*.eml"))))


def _one(owner: psycopg.Connection[Any], statement: str) -> Any:
    return (owner.execute(statement).fetchone() or (None,))[0]  # type: ignore[call-overload]
