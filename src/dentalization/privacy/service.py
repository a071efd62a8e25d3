"""Ask to be erased, and see what became of it."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from dentalization.accounts import passwords
from dentalization.accounts.queries import FIND_ACCOUNT
from dentalization.accounts.service import ATTEMPTS_PER_ACCOUNT, ATTEMPTS_WINDOW
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.limits import Limit, count, forgive
from dentalization.db.transaction import Transaction
from dentalization.errors import NotAllowed, NotFound
from dentalization.privacy import queries
from dentalization.privacy.errors import PasswordWrong
from dentalization.privacy.queries import ErasureState, ReportRow
from dentalization.profiles import service as profiles
from dentalization.profiles.queries import UserWithProfiles
from dentalization.signing import Signer

TASK = "privacy.erase"


@dataclass(frozen=True, slots=True)
class Requested:
    """``token`` opens the status of the erasure without signing in; it is shown this once."""

    id: str
    token: str


async def request_erasure(db: Database, signer: Signer, *, actor: Actor, password: str) -> Requested:
    """Asks for the actor's own erasure and signs out everywhere; a job does the rest.

    Raises PasswordWrong, TooManyAttempts.
    """
    me = await profiles.me(db, actor=actor)
    limits = [Limit(signer.digest("attempts of account", me.email), ATTEMPTS_PER_ACCOUNT)]
    await count(db, limits, window=ATTEMPTS_WINDOW)
    account = await db.read_one(Actor.nobody(actor.address), FIND_ACCOUNT, email=me.email)
    if not await passwords.matches(password, account.password if account else None):
        raise PasswordWrong(field="password")
    token = secrets.token_urlsafe(32)

    async def ask(transaction: Transaction) -> str:
        asked = await transaction.one(
            queries.ADD_REQUEST,
            id=new_id(),
            user_id=actor.user_id,
            token=digest_of(token),
            markers=markers_of(me),
        )
        if asked is None:
            raise NotFound("This account does not exist any more.")
        await transaction.enqueue(TASK, once_for=f"erasure {asked.id}", request_id=asked.id)
        await forgive(transaction, limits)
        # Last, since it ends the session that asks: nothing new comes while the old is erased.
        await transaction.run(queries.END_ALL_SESSIONS, user_id=actor.user_id)
        return asked.id

    return Requested(await db.transaction(actor, ask), token)


def markers_of(me: UserWithProfiles) -> dict[str, Any]:
    """By what the person is looked for afterwards, and what is taken out of texts that others wrote.

    A dentist's name stays in the records of patients, so it is no marker. Single names are taken out only as
    whole words and as they are spelled: they are words of the language, too.
    """
    markers = [me.email]
    names: list[str] = []
    for profile in (me.patient_profile, me.doctor_profile):
        if profile is not None and profile.phone:
            markers += [profile.phone, *_written(profile.phone)]
    if me.patient_profile is not None:
        first, last = me.patient_profile.first_name, me.patient_profile.last_name
        markers.append(f"{first} {last}")
        names = [name for name in (first, last) if len(name) > 2]
    return {
        "markers": markers,
        "pattern": "|".join(re.escape(one) for one in markers),
        "names": "|".join(rf"\m{re.escape(one)}\M" for one in names),
    }


def _written(phone: str) -> list[str]:
    """As Indonesians write their own numbers: 0812… for +62812…."""
    return [f"0{phone[3:]}"] if phone.startswith("+62") and len(phone) > 9 else []


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def state(db: Database, *, request_id: str, token: str, address: str = "") -> ErasureState:
    """For whoever holds the token of the request. Raises NotFound."""
    asked = {"request_id": request_id, "token": digest_of(token)}
    found = await db.read_one(Actor.nobody(address), queries.STATE, **asked)
    if found is None:
        raise NotFound("There is no such erasure, or its address is not valid any more.")
    return found


async def report(db: Database, *, actor: Actor, report_id: str) -> ReportRow:
    """For admins. Raises NotAllowed, NotFound."""
    _admins_only(actor)
    found = await db.read_one(actor, queries.REPORT, report_id=report_id)
    if found is None:
        raise NotFound("There is no such report.")
    return found


async def reports(db: Database, *, actor: Actor, after: str | None, limit: int) -> Page[ReportRow]:
    """For admins, the newest first. Raises NotAllowed, BadCursor."""
    _admins_only(actor)
    place = TimeKey.after(after)
    rows = await db.read(actor, queries.REPORTS, before_at=place.at, before_id=place.id, limit=limit + 1)
    return page_of(rows, limit, lambda row: (row.created_at, row.id))


def _admins_only(actor: Actor) -> None:
    if actor.role != "ADMIN":
        raise NotAllowed("Only administrators see reports of erasures.")
