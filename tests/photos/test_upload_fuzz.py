"""Corrupted pictures and documents through the whole API: a photo or a reason, and nothing half-written."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import httpx
import pillow_heif
import psycopg
import pytest
from PIL import Image
from tests.people import People

from dentalization.context import Context
from dentalization.db.identity import Actor

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]
V1 = "/api/v1"
KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
ROUNDS = 6


def encoded(kind: str) -> bytes:
    image = Image.effect_noise((240, 180), 60).convert("RGB")
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file, quality=80)
    else:
        image.save(file, kind)
    return file.getvalue()


def flipped(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def swapped(data: bytes, chance: random.Random) -> bytes:
    a, b, c = sorted(chance.sample(range(len(data)), 3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def grown(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.randint(1, 5000))


def zeroed(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(chance.randint(1, 400)) + data[at:]


HARMS = (flipped, cut, swapped, grown, zeroed)


def state(owner: Owner, context: Context, patient: Actor) -> tuple[int, int]:
    """Rows of photos of the patient, and objects in the whole store."""
    row = owner.execute(
        "SELECT count(*) FROM dental_photos WHERE patient_id = %s", (patient.patient_id,)
    ).fetchone()
    objects = sum(1 for path in (context.settings.home / "objects").rglob("*") if path.is_file())
    assert row is not None
    return int(str(row[0])), objects


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_harmed_picture_is_a_photo_or_refused(
    context: Context,
    api: httpx.AsyncClient,
    people: People,
    signed_in: Headers,
    owner: Owner,
    kind: str,
    harm: Callable[[bytes, random.Random], bytes],
) -> None:
    patient, whole = people.patient(), encoded(kind)
    rows, objects = state(owner, context, patient)
    for number in range(ROUNDS):
        data = harm(whole, random.Random(f"{kind} {harm.__name__} {number}"))
        answer = await api.post(
            f"{V1}/photos",
            headers=signed_in(patient),
            files={"file": ("teeth.jpg", data, "image/jpeg")},
            data={"photoType": "intraoral"},
        )
        if answer.status_code == 201:
            rows, objects = rows + 1, objects + 2
            content = await api.get(f"{V1}/photos/{answer.json()['id']}/content", headers=signed_in(patient))
            Image.open(io.BytesIO(content.content)).load()  # what is handed out is whole
        else:
            assert answer.status_code in (413, 415, 422), answer.text
            assert answer.json()["detail"]
        assert state(owner, context, patient) == (rows, objects)


HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><rect width="9" height="9"/></svg>'
GIF = b"GIF89a" + bytes(500)
POLYGLOT = b"\xff\xd8\xff\xe0" + HTML
MULTIPART: dict[str, tuple[bytes, str]] = {
    "no file": (
        b'--x\r\nContent-Disposition: form-data; name="photoType"\r\n\r\nintraoral\r\n--x--\r\n',
        "x",
    ),
    "wrong boundary": (b'--y\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--y--\r\n', "x"),
    "never closed": (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc', "x"),
    "no boundary": (b"abc", ""),
    "nothing": (b"", "x"),
    "long name": (
        b'--x\r\nContent-Disposition: form-data; name="' + b"f" * 100_000 + b'"\r\n\r\nabc\r\n--x--\r\n',
        "x",
    ),
    "nul in the name": (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00b.jpg"\r\n\r\nabc\r\n--x--\r\n',
        "x",
    ),
    "many parts": (
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="p%d"\r\n\r\n1\r\n' % number
            for number in range(2000)
        )
        + b"--x--\r\n",
        "x",
    ),
}


@pytest.mark.parametrize("data", [b"", b"\x00" * 5000, HTML, SVG, GIF, POLYGLOT], ids=range(6))
async def test_what_only_calls_itself_a_picture_is_refused(
    context: Context, api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner, data: bytes
) -> None:
    patient = people.patient()
    before = state(owner, context, patient)
    answer = await api.post(
        f"{V1}/photos",
        headers=signed_in(patient),
        files={"file": ("teeth.jpg", data, "image/jpeg")},
        data={"photoType": "intraoral"},
    )
    assert answer.status_code in (415, 422), answer.text
    assert answer.json()["detail"]
    assert state(owner, context, patient) == before


@pytest.mark.parametrize("name", MULTIPART)
@pytest.mark.parametrize("path", ["photos", "me/licence/documents"])
async def test_odd_forms_are_refused_in_words(
    context: Context, api: httpx.AsyncClient, people: People, signed_in: Headers, path: str, name: str
) -> None:
    body, boundary = MULTIPART[name]
    kind = f"multipart/form-data; boundary={boundary}" if boundary else "multipart/form-data"
    actor = people.patient() if path == "photos" else people.doctor()
    answer = await api.post(f"{V1}/{path}", headers={**signed_in(actor), "Content-Type": kind}, content=body)
    assert answer.status_code in (400, 409, 413, 415, 422), answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["detail"]
    assert (await api.get("/livez")).status_code == 200
