"""Documents: told by their content, kept whole or not at all, handed out so that nothing in them runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.people import People
from tests.profiles.licence_cases import PDF, V1, Owner, add_document, licence, numbers, scan, today

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.errors import InvalidInput
from dentalization.photos.pictures import normalise_isolated
from dentalization.profiles.documents import checked
from dentalization.profiles.licence_tables import MOST_BYTES, MOST_DOCUMENTS

Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture
async def doctor(api: httpx.AsyncClient, people: People, signed_in: Headers) -> Actor:
    """A doctor whose licence waits."""
    found = people.doctor(verified=False)
    await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(found))
    return found


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "document-not-accepted"),
        (b"<html><script>alert(1)</script></html>", 415, "document-not-accepted"),
        (b"<html>%PDF-1.7 %%EOF", 415, "document-not-accepted"),
        (b"GIF89a" + bytes(100), 415, "document-not-accepted"),
        (PDF.replace(b"%%EOF", b""), 422, "document-damaged"),
        (PDF + bytes(2000), 422, "document-damaged"),
        (b"\xff\xd8\xff" + bytes(200), 422, "photo-damaged"),
        (scan()[:-20], 422, "photo-damaged"),
        (PDF + bytes(MOST_BYTES) + b"%%EOF", 413, "document-too-large"),
        (PDF + bytes(2 * MOST_BYTES) + b"%%EOF", 413, "document-too-large"),
    ],
)
async def test_what_is_no_document_is_refused_whatever_its_name_and_leaves_nothing(
    api: httpx.AsyncClient,
    context: Context,
    doctor: Actor,
    signed_in: Headers,
    data: bytes,
    status: int,
    code: str,
) -> None:
    before = await context.store.list("licences")
    answer = await add_document(api, signed_in(doctor), data)
    assert (answer.status_code, answer.json()["title"]) == (status, code)
    assert await context.store.list("licences") == before
    assert (await api.get(f"{V1}/me/licence", headers=signed_in(doctor))).json()["documents"] == []


async def test_a_pdf_is_handed_out_as_it_came_and_only_to_be_saved(
    api: httpx.AsyncClient, people: People, doctor: Actor, signed_in: Headers
) -> None:
    document = (await add_document(api, signed_in(doctor), PDF, "licence.png")).json()
    licence_id = document["submissionId"]
    admin = signed_in(people.admin())
    addresses = [
        (f"{V1}/admin/licences/{licence_id}/documents/{document['id']}", admin),
        (f"{V1}/me/licence/documents/{document['id']}", signed_in(doctor)),
    ]
    for address, headers in addresses:
        got = await api.get(address, headers=headers)
        assert got.content == PDF
        assert got.headers["content-type"] == "application/pdf"
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
    another = await api.get(f"{V1}/admin/licences/other/documents/{document['id']}", headers=admin)
    assert another.status_code == 404


async def test_documents_are_added_only_while_the_licence_waits(
    api: httpx.AsyncClient, context: Context, people: People, signed_in: Headers, owner: Owner, doctor: Actor
) -> None:
    mine = signed_in(doctor)
    await api.post(f"{V1}/me/licence/withdrawal", headers=mine)
    before = await context.store.list("licences")
    answer = await add_document(api, mine, PDF)
    assert (answer.status_code, answer.json()["title"]) == (409, "no-licence-waits")
    assert await context.store.list("licences") == before
    closed = licence(owner, doctor, today(owner, "UTC"))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="decided"):
        owner.execute(
            "INSERT INTO licence_documents (id, submission_id, object_key, content_type, bytes, sha256) "
            "VALUES (%s, %s, %s, 'image/png', 1, repeat('0', 64))",
            (closed, closed, closed),
        )


async def test_no_more_documents_than_allowed_and_none_twice_even_at_once(
    api: httpx.AsyncClient, context: Context, doctor: Actor, signed_in: Headers, owner: Owner
) -> None:
    mine = signed_in(doctor)
    same = await asyncio.gather(*(add_document(api, mine, PDF) for _ in range(4)))
    assert sorted(answer.status_code for answer in same) == [201] + [409] * 3
    assert {answer.json()["title"] for answer in same if answer.status_code == 409} == {"document-known"}
    others = await asyncio.gather(
        *(add_document(api, mine, PDF + b"\n" * (n + 1)) for n in range(MOST_DOCUMENTS + 3))
    )
    refused = [answer.json()["title"] for answer in others if answer.status_code != 201]
    assert refused == ["documents-full"] * 4
    rows = owner.execute(
        "SELECT d.object_key FROM licence_documents d JOIN licence_submissions s ON s.id = d.submission_id "
        "WHERE s.doctor_id = %s",
        (doctor.doctor_id,),
    ).fetchall()
    assert len(rows) == MOST_DOCUMENTS
    kept = set(await context.store.list("licences"))
    assert {row[0] for row in rows} <= kept


async def test_the_same_key_adds_one_document(
    api: httpx.AsyncClient, context: Context, doctor: Actor, signed_in: Headers
) -> None:
    before = len(await context.store.list("licences"))
    headers = {**signed_in(doctor), "Idempotency-Key": "once"}
    answers = [await add_document(api, headers, PDF) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await context.store.list("licences")) == before + 1


@given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"%PDF-1.4", b"%PDF-", b"\x00%PDF-1.4"]))
async def test_any_bytes_are_a_whole_document_or_refused(data: bytes, start: bytes) -> None:
    try:
        found = await checked(start + data, clean_picture=normalise_isolated)
    except InvalidInput:
        return
    assert found.data.startswith(b"%PDF-")
    assert b"%%EOF" in found.data
