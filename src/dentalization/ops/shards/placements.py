"""Where each table lives in a distributed database, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import MetaData

from dentalization.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Reference:
    """Whole on every node: read without a hop, written everywhere at once."""

    why: str


@dataclass(frozen=True, slots=True)
class Distributed:
    """Rows with the same value of ``column`` share a shard, and with them those of all tables ``beside``."""

    column: str
    why: str
    beside: str
    """A word for the group of tables whose shards lie beside each other."""
    unique: str = "ids are random, so each is still of one row"
    """Why as much is refused as before, though keys then hold only together with ``column``."""


@dataclass(frozen=True, slots=True)
class Local:
    """Whole on the coordinator, as it was."""

    why: str


Placement = Reference | Distributed | Local

_ACCOUNT = "of an account: found by a token or an account before anybody knows a patient"
_CALENDAR = (
    "of the calendar: no overlap of a dentist and none of a patient are two keys, and a shard has one; whole "
    "on one node both exclusion constraints hold as they are"
)
_LICENCE = "a licence is read by app_identify, before any shard is asked, and there are few"
_ERASURE = "rare, and asked for by account"

PLACEMENTS: Final[Mapping[str, Placement]] = {
    "users": Reference("rows of every shard refer to accounts"),
    "doctor_profiles": Reference("rows of every shard refer to dentists, and every list shows their names"),
    "patient_profiles": Reference("rows of every shard refer to patients; found by account and by care too"),
    "care_relationships": Reference("the policies of every shard look up who cares for whom"),
    "emergency_accesses": Reference("the policies of every shard look up emergencies"),
    "dental_photos": Distributed("patient_id", "read by patient", "patient"),
    "ai_diagnoses": Distributed("patient_id", "read by patient", "patient"),
    "analyses": Distributed(
        "patient_id",
        "read with the photo and the diagnosis",
        "patient",
        "ids are random, and photo and diagnosis are of the same patient by their foreign keys",
    ),
    "diagnosis_reviews": Distributed(
        "patient_id",
        "read with the diagnosis",
        "patient",
        "ids are random, and the diagnosis is of the same patient by its foreign key",
    ),
    "medical_records": Distributed("patient_id", "read by patient", "patient"),
    "audit_log": Distributed(
        "person",
        "read by the person whose data were seen",
        "patient",
        "a number comes once in a chain, since every append moves the chain's end in audit_chains",
    ),
    "shadow_findings": Distributed("diagnosis_id", "knows its diagnosis and no patient", "diagnosis"),
    "appointments": Local(_CALENDAR),
    "appointment_overbookings": Local(_CALENDAR),
    "appointment_check_ins": Local(_CALENDAR),
    "appointment_events": Local(_CALENDAR),
    "appointment_invitations": Local(_CALENDAR),
    "appointment_letters": Local(_CALENDAR),
    "doctor_schedules": Local(_CALENDAR),
    "working_hours": Local(_CALENDAR),
    "schedule_exceptions": Local(_CALENDAR),
    "waiting_entries": Local(
        "whom a freed time suits is asked in the transaction that frees it, in the calendar"
    ),
    "slot_offers": Local("an offer holds a time under the calendar's lock"),
    "recalls": Local("a booking fulfils them"),
    "care_notices": Local("told once, by the worker, who asks for all that are due"),
    "sessions": Local("read by app_identify at every statement: on the coordinator without a hop"),
    "session_confirmations": Local(_ACCOUNT),
    "session_writes": Local("positions in the coordinator's own log"),
    "spent_refresh_tokens": Local(_ACCOUNT),
    "totp_factors": Local(_ACCOUNT),
    "recovery_codes": Local(_ACCOUNT),
    "passkeys": Local(_ACCOUNT),
    "factor_challenges": Local(_ACCOUNT),
    "mail_tokens": Local(_ACCOUNT),
    "verified_emails": Local(_ACCOUNT),
    "consents": Local(_ACCOUNT),
    "calendar_feeds": Local(_ACCOUNT),
    "idempotency_keys": Local(_ACCOUNT),
    "patient_phone_index": Local("found by the digest of a telephone number, which names no patient"),
    "data_versions": Local("of what is remembered, which is nothing where there are shards"),
    "rate_limits": Local("counted before anybody is known"),
    "events": Local("told by NOTIFY, which only listeners of the same node hear"),
    "audit_chains": Local("the ends of the chains: each is locked by whoever appends to it"),
    "erasure_requests": Local(_ERASURE),
    "erasure_reports": Local(_ERASURE),
    "licence_submissions": Local(_LICENCE),
    "licence_documents": Local(_LICENCE),
    "licence_events": Local(_LICENCE),
}


def placement(table: str) -> Placement:
    """Raises InvalidInput for a table that nobody has placed."""
    if table not in PLACEMENTS:
        raise InvalidInput(
            f"Say in ops/shards/placements.py where the table '{table}' lives when distributed."
        )
    return PLACEMENTS[table]


def distribution_column(table: str) -> str | None:
    """None for a table that is not cut into shards."""
    where = PLACEMENTS.get(table)
    return where.column if isinstance(where, Distributed) else None


def beside_each_other(one: str, other: str) -> bool:
    """Whether equal values of the two distribution columns lie on one node."""
    first, second = placement(one), placement(other)
    return (
        isinstance(first, Distributed) and isinstance(second, Distributed) and first.beside == second.beside
    )


def reference_tables(metadata: MetaData) -> list[str]:
    return [name for name in _sorted(metadata) if isinstance(placement(name), Reference)]


def distributed_tables(metadata: MetaData) -> list[str]:
    return [name for name in _sorted(metadata) if isinstance(placement(name), Distributed)]


def _sorted(metadata: MetaData) -> list[str]:
    """Those that others refer to come first."""
    return [table.name for table in metadata.sorted_tables]
