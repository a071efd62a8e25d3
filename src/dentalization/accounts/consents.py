"""Give, withdraw and see consents; and ask whether a purpose is allowed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dentalization.accounts import consent_queries as queries
from dentalization.accounts.consent_policy import TEXTS
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.errors import ConsentMissing, ConsentNeeded, ConsentTextChanged
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.signing import Signer

LANGUAGES = ("en", "id")


@dataclass(frozen=True, slots=True)
class ConsentChoice:
    """What a person ticked, and which version of its text, in which language, was read."""

    purpose: ConsentPurpose
    version: int
    granted: bool = True
    language: str = "en"


@row
class ConsentState:
    """One purpose: its present text, and what the person has said to it.

    ``newer_text``: what was agreed to was another text than the present one.
    """

    purpose: ConsentPurpose
    version: int
    since: date
    text: str
    text_indonesian: str
    needed: bool
    granted: bool
    given_at: datetime | None
    given_version: int | None
    newer_text: bool


async def states(db: Database, *, actor: Actor) -> list[ConsentState]:
    """Every purpose, in the order in which they are asked."""
    given = {one.purpose: one for one in await db.read(actor, queries.NEWEST_CONSENTS, user_id=actor.user_id)}
    return [_state(purpose, given.get(purpose)) for purpose in TEXTS]


def _state(purpose: ConsentPurpose, given: queries.GivenConsent | None) -> ConsentState:
    text = TEXTS[purpose]
    granted = text.needed or (given is not None and given.granted)
    return ConsentState(
        purpose=purpose,
        version=text.version,
        since=text.since,
        text=text.english,
        text_indonesian=text.indonesian,
        needed=text.needed,
        granted=granted,
        given_at=given.given_at if given else None,
        given_version=given.version if given else None,
        newer_text=granted and given is not None and given.version < text.version,
    )


async def decide(db: Database, signer: Signer, *, actor: Actor, choice: ConsentChoice) -> ConsentState:
    """Writes what the person has decided. Raises ConsentTextChanged, ConsentNeeded."""
    check([choice])

    async def add(transaction: Transaction) -> None:
        await record(transaction, signer, actor=actor, choices=[choice])

    await db.transaction(actor, add)
    return next(one for one in await states(db, actor=actor) if one.purpose is choice.purpose)


def check(choices: Sequence[ConsentChoice]) -> None:
    """Raises ConsentTextChanged for another version than the present one, ConsentNeeded."""
    for choice in choices:
        text = TEXTS[choice.purpose]
        if choice.version != text.version:
            raise ConsentTextChanged
        if text.needed and not choice.granted:
            raise ConsentNeeded


async def record(
    transaction: Transaction, signer: Signer, *, actor: Actor, choices: Sequence[ConsentChoice]
) -> None:
    """Adds choices that ``check`` has let through to the ledger."""
    digest = signer.digest("address of a consent", actor.address) if actor.address else None
    for choice in choices:
        await transaction.run(
            queries.ADD_CONSENT,
            id=new_id(),
            user_id=actor.user_id,
            purpose=choice.purpose,
            version=choice.version,
            language=choice.language,
            granted=choice.granted,
            address_digest=digest,
        )


async def require(transaction: Transaction, purpose: ConsentPurpose, *, patient_id: str) -> None:
    """Raises ConsentMissing unless the patient has agreed to the purpose, and not withdrawn since."""
    if await transaction.one(queries.CONSENTED, patient_ids=[patient_id], purpose=purpose.value) is None:
        raise ConsentMissing


async def may(db: Database, purpose: ConsentPurpose, *, actor: Actor, patient_id: str) -> bool:
    """Whether the patient has agreed to the purpose; False for a patient whom the actor may not see."""
    return patient_id in await consenting(db, purpose, actor=actor, patient_ids=[patient_id])


async def consenting(
    db: Database, purpose: ConsentPurpose, *, actor: Actor, patient_ids: Collection[str]
) -> frozenset[str]:
    """Those of the patients who have agreed to the purpose."""
    if not patient_ids:
        return frozenset()
    found = await db.read(actor, queries.CONSENTED, patient_ids=sorted(patient_ids), purpose=purpose.value)
    return frozenset(one.patient_id for one in found if one.patient_id)
