"""What tests of licences send, and rows as they would be after years."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import psycopg
from PIL import Image
from tests.conftest import Urls

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

V1 = "/api/v1"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
Owner = psycopg.Connection[tuple[object, ...]]


def scan(colour: str = "white", kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (120, 90), colour).save(file, kind, **options)
    return file.getvalue()


def in_days(days: int) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


def numbers(**changed: Any) -> dict[str, Any]:
    """A body for POST me/licence."""
    body = {
        "sipNumber": f"SIP/{new_id()}",
        "issuer": "Dinas Kesehatan Kota",
        "expiresOn": in_days(365).isoformat(),
        "strNumber": f"STR/{new_id()}",
    }
    return {**body, **changed}


async def add_document(
    api: httpx.AsyncClient, headers: dict[str, str], data: bytes, name: str = "sip.pdf", **more: str
) -> httpx.Response:
    files = {"file": (name, data, "application/octet-stream")}
    return await api.post(f"{V1}/me/licence/documents", headers={**headers, **more}, files=files)


def today(owner: Owner, zone: str) -> date:
    found = owner.execute("SELECT (now() AT TIME ZONE %s)::date", (zone,)).fetchone()
    assert found is not None
    assert isinstance(found[0], date)
    return found[0]


def licence(
    owner: Owner, doctor: Actor, expires_on: date, *, zone: str = "Asia/Jakarta", status: str = "VERIFIED"
) -> str:
    """A licence that was verified some time ago."""
    licence_id = new_id()
    owner.execute(
        """INSERT INTO licence_submissions (id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number,
             time_zone, status, decided_at)
           VALUES (%s, %s, %s, 'Dinas Kesehatan', %s, 'STR', %s, %s,
             CASE WHEN %s <> 'SUBMITTED' THEN now() END)""",
        (licence_id, doctor.doctor_id, licence_id, expires_on, zone, status, status),
    )
    return licence_id


def app_runs(urls: Urls, actor: Actor, statement: str, *values: object) -> list[tuple[object, ...]]:
    """One statement as the app's login, by ``actor``; rolled back. Its rows, or how many it has written."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        cursor = connection.execute(statement, values or None)
        found = cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
        connection.rollback()
    return found


def steps(owner: Owner, doctor: Actor) -> list[tuple[object, ...]]:
    """Step, actor and reason of each event of the doctor, in the order in which they happened."""
    return owner.execute(
        "SELECT step, actor_id, reason FROM licence_events WHERE doctor_id = %s ORDER BY happened_at, id",
        (doctor.doctor_id,),
    ).fetchall()


def is_verified(owner: Owner, doctor: Actor) -> object:
    found = owner.execute(
        "SELECT is_verified FROM doctor_profiles WHERE id = %s", (doctor.doctor_id,)
    ).fetchone()
    assert found is not None
    return found[0]
