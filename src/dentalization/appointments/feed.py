"""A secret address from which calendar programs fetch a person's appointments; it can be revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from dentalization.accounts import tokens
from dentalization.appointments import feed_queries as queries
from dentalization.appointments import invitations, reminder_letters
from dentalization.appointments.feed_queries import FeedRow
from dentalization.appointments.invitations import Entry
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.limits import Limit, count, network_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotFound
from dentalization.signing import Signer

FETCHED_PER_FEED: Final = 60
WRONG_PER_ADDRESS: Final = 60
WINDOW: Final = timedelta(minutes=15)

_NAMES: Final = {"en": "Dentist appointments", "id": "Janji temu dokter gigi"}
_WITH: Final = {"en": "Appointment: {initials}", "id": "Janji temu: {initials}"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar, its tag, and whose it is."""

    data: bytes
    etag: str
    actor: Actor


async def make(db: Database, *, actor: Actor, language: str) -> str:
    """The token of a new address, told this once; the account's address before is good no more."""
    token = tokens.new_refresh_token()

    async def add(transaction: Transaction) -> None:
        await transaction.run(
            queries.MAKE_FEED,
            user_id=actor.user_id,
            new_digest=tokens.digest(token),
            language=language if language in _NAMES else "en",
        )

    await db.transaction(actor, add)
    return token


async def made_at(db: Database, *, actor: Actor) -> datetime | None:
    """Since when there is an address; None where there is none."""
    found = await db.read_one(actor, queries.OWN_FEED, user_id=actor.user_id)
    return found.created_at if found else None


async def revoke(db: Database, *, actor: Actor) -> None:
    """From now on there is nothing at the account's address. Also where there was none."""

    async def remove(transaction: Transaction) -> None:
        await transaction.run(queries.REVOKE_FEED, user_id=actor.user_id)

    await db.transaction(actor, remove)


async def fetch(db: Database, signer: Signer, *, token: str, public_url: str, reader: Actor) -> Fetched:
    """The calendar at an address; ``reader`` has the trail and the client's address, and is nobody yet.

    Raises NotFound for an address that is not good (any more), TooManyAttempts.
    """
    digest = tokens.digest(token)

    async def look(transaction: Transaction) -> list[FeedRow]:
        return await transaction.all(queries.OPEN_FEED, digest=digest)

    # Not by a read: a replica may still know an address that was revoked a moment ago.
    rows = await db.transaction(reader, look)
    # The makers of calendars fetch for many people from few addresses, so an address that is good is counted
    # by itself; those that are not, by where they are tried from.
    limit = (
        Limit(signer.digest("calendar feed", digest), FETCHED_PER_FEED)
        if rows
        else Limit(signer.digest("wrong calendar feeds from", network_of(reader.address)), WRONG_PER_ADDRESS)
    )
    await count(db, [limit], window=WINDOW)
    if not rows:
        raise NotFound("There is no calendar at this address; it may have been revoked.")
    first = rows[0]
    data = written(rows, public_url=public_url)
    actor = replace(
        reader,
        user_id=first.user_id,
        role=first.role,
        patient_id=first.own_patient_id or "",
        doctor_id=first.own_doctor_id or "",
    )
    return Fetched(data, f'"{hashlib.sha256(data).hexdigest()[:32]}"', actor)


def written(rows: Sequence[FeedRow], *, public_url: str) -> bytes:
    """The calendar of one account; patients see with whom and where, dentists the initials of whom."""
    language = rows[0].language if rows[0].language in _NAMES else "en"
    home = public_url.rstrip("/")
    entries = [_entry(row, row.id, language, home) for row in rows if row.id is not None]
    return invitations.feed(entries, name=_NAMES[language])


def _entry(row: FeedRow, appointment_id: str, language: str, home: str) -> Entry:
    if row.initials is None:
        doctor = " ".join(f"{row.first_name} {row.last_name}".split())
        summary = reminder_letters.summary(doctor, language)
    else:
        summary = _WITH[language].format(initials=row.initials)
    place = reminder_letters.place_of(row.clinic_name, row.clinic_address)
    return Entry(
        appointment_id, row.sequence, row.changed_at, row.scheduled_at, row.duration, summary, place, url=home
    )
