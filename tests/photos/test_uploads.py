from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from PIL import Image
from tests.people import People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.photos import service
from dentalization.photos.service import PhotoType, Variant

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
Owner = psycopg.Connection[tuple[object, ...]]


async def upload(api: httpx.AsyncClient, headers: dict[str, str], data: bytes, **form: str) -> httpx.Response:
    files = {"file": ("teeth.jpg", data, "image/jpeg")}
    return await api.post(f"{V1}/photos", headers=headers, files=files, data=form)


def stored(context: Context) -> set[Path]:
    return {path for path in (context.settings.home / "objects").rglob("*") if path.is_file()}


async def test_a_photo_comes_back_upright_and_without_its_past(
    api: httpx.AsyncClient, people: People, signed_in: Headers, picture: bytes
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at home"
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(file, "JPEG", exif=exif)
    answer = await upload(api, signed_in(people.patient()), file.getvalue(), description="molar")
    assert answer.status_code == 201
    photo = answer.json()
    assert (photo["metadata"]["width"], photo["metadata"]["height"]) == (384, 512)
    content = await api.get(photo["photoUrl"])
    upright = Image.open(io.BytesIO(content.content))
    assert upright.size == (384, 512)
    assert not upright.getexif()
    assert b"taken at home" not in content.content


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 415),
        (b"<html><script>alert(1)</script></html>", 415),
        (b"GIF89a" + bytes(100), 415),
        (b"%PDF-1.7", 415),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), 413),
        (bytes(12 * 1024 * 1024), 413),
    ],
)
async def test_what_is_no_photo_is_refused_and_leaves_nothing(
    api: httpx.AsyncClient,
    context: Context,
    people: People,
    signed_in: Headers,
    owner: Owner,
    data: bytes,
    status: int,
) -> None:
    patient, before = people.patient(), stored(context)
    answer = await upload(api, signed_in(patient), data)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    count = owner.execute(
        "SELECT count(*) FROM dental_photos WHERE patient_id = %s", (patient.patient_id,)
    ).fetchone()
    assert count == (0,)
    assert stored(context) == before


async def test_a_chunked_body_cannot_hide_its_size(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
        for _ in range(14):
            yield bytes(1024 * 1024)

    headers = {**signed_in(people.patient()), "Content-Type": "multipart/form-data; boundary=b"}
    answer = await api.post(f"{V1}/photos", headers=headers, content=endless())
    assert answer.status_code == 413


async def test_a_photo_that_the_database_refuses_leaves_no_bytes(
    api: httpx.AsyncClient, context: Context, people: People, signed_in: Headers, picture: bytes
) -> None:
    """A doctor names a patient who is not in care: the policy refuses the row after the bytes were put."""
    doctor, patient, before = people.doctor(), people.patient(), stored(context)
    answer = await upload(api, signed_in(doctor), picture, patientId=patient.patient_id)
    assert answer.status_code == 404
    assert stored(context) == before


async def test_a_doctor_uploads_for_a_patient_in_care(
    api: httpx.AsyncClient, people: People, signed_in: Headers, picture: bytes
) -> None:
    doctor, patient = people.doctor(), people.patient()
    people.diagnosis(patient, doctor=doctor)
    answer = await upload(api, signed_in(doctor), picture, patientId=patient.patient_id)
    assert answer.status_code == 201
    mine = (await api.get(f"{V1}/photos", headers=signed_in(patient))).json()
    assert answer.json()["id"] in [item["id"] for item in mine["items"]]


async def test_content_is_served_only_to_those_who_may_see_it(
    api: httpx.AsyncClient, people: People, signed_in: Headers, picture: bytes, context: Context
) -> None:
    patient = people.patient()
    photo = (await upload(api, signed_in(patient), picture)).json()
    path = f"{V1}/photos/{photo['id']}"
    for who, status in (
        (None, 401),
        (people.patient(), 404),
        (people.doctor(), 404),
        (people.admin(), 404),
        (patient, 200),
    ):
        headers = signed_in(who) if who else {}
        assert (await api.get(f"{path}/content", headers=headers)).status_code == status
        if who:
            assert (await api.get(path, headers=headers)).status_code == status
    thumbnail = await api.get(f"{path}/content?size=thumbnail", headers=signed_in(patient))
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) <= 320
    assert (await api.get(photo["photoUrl"])).status_code == 200
    other = (await upload(api, signed_in(patient), picture)).json()
    signature = photo["photoUrl"].split("signature=")[1]
    for wrong in (
        f"{V1}/photos/{other['id']}/content?signature={signature}",
        f"{path}/content?signature={signature[:-3]}abc",
        f"{path}/content?signature=",
    ):
        assert (await api.get(wrong)).status_code in (401, 404)


async def test_a_signed_address_is_over_after_a_while(
    context: Context, people: People, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ADDRESS_SECONDS", -1)
    row = await service.upload(
        context.db,
        context.store,
        actor=people.patient(),
        data=picture,
        photo_type=PhotoType.INTRAORAL,
        public_url="https://example.com",
    )
    path = service.signed_path(context.signer, row, Variant.ORIGINAL)
    signature = path.split("signature=")[1]
    with pytest.raises(service.NotFound):
        await service.signed_content(context.store, context.signer, photo_id=row.id, signature=signature)


async def test_a_retried_upload_creates_nothing_twice(
    api: httpx.AsyncClient, context: Context, people: People, signed_in: Headers, picture: bytes
) -> None:
    patient, before = people.patient(), stored(context)
    headers = {**signed_in(patient), "Idempotency-Key": new_id()}
    answers = await asyncio.gather(*(upload(api, headers, picture) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(stored(context) - before) == 2  # one original, one thumbnail
    other = await upload(api, headers, picture, description="something else")
    assert other.status_code == 422
    assert other.json()["title"] == "idempotency-key-reused"
