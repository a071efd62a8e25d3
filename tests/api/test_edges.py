from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest
import structlog
from fastapi import FastAPI
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.pool import PoolLimits

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]


async def test_alive_ready_measured(api: httpx.AsyncClient) -> None:
    assert (await api.get("/livez")).text == "ok"
    ready = await api.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "missing": {}})
    await api.get(f"{V1}/me")
    metrics = (await api.get("/metrics")).text
    assert "dentalization_http_request_seconds_bucket" in metrics
    assert 'dentalization_pool{figure="pool_size"}' in metrics


async def test_readyz_says_what_is_missing(context: Context) -> None:
    app = create_app(context)
    app.state.schemas = replace(app.state.schemas, fitting=frozenset({"another"}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "dentalization db migrate" in answer.json()["missing"]["database"]


async def test_a_busy_database_is_a_clear_503(context: Context, urls: Urls, people: People) -> None:
    from dataclasses import replace

    from dentalization.accounts.tokens import access_token

    database = await open_database(urls.app, PoolLimits(connections=1, wait_seconds=0.1, waiting=1))
    app: FastAPI = create_app(replace(context, db=database))
    headers = {"Authorization": f"Bearer {access_token(context.signer, people.patient())}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        async with database.primary.connection():
            answer = await client.get(f"{V1}/me", headers=headers)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.json()["title"] == "database-busy"
        assert (await client.get(f"{V1}/me", headers=headers)).status_code == 200
    await database.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/me", 405), ("GET", "/me", 401), ("POST", "/auth/login", 422)],
)
async def test_errors_are_problem_documents(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, V1 + path, json={})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"].endswith(".")


async def test_a_request_keeps_its_id(api: httpx.AsyncClient) -> None:
    assert (await api.get("/livez", headers={"X-Request-Id": "abc-12345"})).headers[
        "x-request-id"
    ] == "abc-12345"
    hostile = await api.get("/livez", headers={"X-Request-Id": "x y\tz"})
    assert hostile.headers["x-request-id"] != "x y\tz"


async def test_an_oversized_json_body_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post(f"{V1}/auth/login", content=b"[" + b"1," * 1024 * 1024)
    assert (answer.status_code, answer.json()["title"]) == (413, "body-too-large")


@pytest.mark.parametrize("path", ["/diagnoses?after=x", "/photos?limit=0", "/doctors/me/patients?limit=1000"])
async def test_bad_pages_are_named(
    api: httpx.AsyncClient, people: People, signed_in: Headers, path: str
) -> None:
    answer = await api.get(V1 + path, headers=signed_in(people.doctor()))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in ("after", "limit")


async def test_nul_is_named_and_not_an_error_from_below(api: httpx.AsyncClient) -> None:
    body = {"email": "a@example.com", "password": "pass\x00word", "firstName": "A", "lastName": "B"}
    answer = await api.post(f"{V1}/auth/register", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "password")


async def test_no_secret_and_no_health_field_reaches_a_log(
    api: httpx.AsyncClient, people: People, signed_in: Headers, capfd: pytest.CaptureFixture[str]
) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())
    email, password, allergy = f"{new_id()}@example.com", f"secret {new_id()}", f"allergy {new_id()}"
    register = {"email": email, "password": password, "firstName": "Siti", "lastName": "Rahma"}
    await api.post(f"{V1}/auth/register", json=register)
    tokens = (await api.post(f"{V1}/auth/login", json={"email": email, "password": password})).json()
    await api.post(f"{V1}/auth/login", json={"email": email, "password": password + "?"})
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    await api.patch(f"{V1}/me/profile", json={"allergies": allergy}, headers=headers)
    await api.patch(f"{V1}/me/profile", json={"allergies": [allergy]}, headers=headers)
    await api.get(f"{V1}/diagnoses/{new_id()}", headers=headers)
    patient_id = (await api.get(f"{V1}/me", headers=headers)).json()["patientProfile"]["id"]
    await api.get(f"{V1}/diagnoses?patientId={patient_id}", headers=headers)
    captured = capfd.readouterr()
    logged = captured.out + captured.err
    assert "/me/profile" in logged  # the log is really being read
    for secret in (email, password, allergy, patient_id, tokens["accessToken"], tokens["refreshToken"]):
        assert secret not in logged


async def test_the_openapi_document_is_whole(api: httpx.AsyncClient) -> None:
    document = (await api.get(f"{V1}/openapi.json")).json()
    assert set(document["paths"]) >= {
        f"{V1}{path}"
        for path in (
            "/auth/register",
            "/auth/login",
            "/auth/refresh",
            "/auth/logout",
            "/me",
            "/me/profile",
            "/me/sessions",
            "/me/sessions/{session_id}",
            "/photos",
            "/photos/{photo_id}",
            "/photos/{photo_id}/content",
            "/diagnoses",
            "/analyses/{analysis_id}",
            "/diagnoses/stats",
            "/diagnoses/{diagnosis_id}",
            "/diagnoses/{diagnosis_id}/claim",
            "/diagnoses/{diagnosis_id}/review",
            "/doctors/me/patients",
            "/admin/doctors/{doctor_id}/verification",
        )
    }
    assert "$ref" in json.dumps(document)
    assert {"Problem", "DiagnosisRow"} <= set(document["components"]["schemas"])
    diagnosis = document["components"]["schemas"]["DiagnosisRow"]["properties"]
    assert {"photoUrl", "createdAt", "patientId", "detections"} <= set(diagnosis)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/photos/%00",
        "/api/v1/photos?patientId=a%00b",
        "/diagnoses/%00",
        "/history?patient=%00",
        "/sessions/a%00/end",
    ],
)
async def test_an_address_holds_no_nul(
    api: httpx.AsyncClient, people: People, signed_in: Headers, address: str
) -> None:
    headers = signed_in(people.patient())
    answer = await api.get(address, headers={**headers, "Cookie": f"access={headers['Authorization'][7:]}"})
    assert answer.status_code == 422
    assert "NUL" in answer.text


async def test_what_takes_too_long_is_ended_and_harms_nobody(
    context: Context, people: People, signed_in: Headers, picture: bytes
) -> None:
    """A body that does not come, and an answer that does not; afterwards everything works."""
    hasty = replace(context, settings=replace(context.settings, request_seconds=0.5))
    transport = httpx.ASGITransport(app=create_app(hasty), raise_app_exceptions=False)
    patient = people.patient()

    async def trickle() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        await asyncio.sleep(600)

    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=60) as client:
        slow = await client.post(
            "/api/v1/photos",
            headers={**signed_in(patient), "Content-Type": "multipart/form-data; boundary=x"},
            content=trickle(),
        )
        sent = await client.post(
            "/api/v1/photos",
            headers=signed_in(patient),
            files={"file": picture},
            data={"photoType": "intraoral"},
        )
        photo = sent.json()["id"] if sent.status_code == 201 else people.photo(patient)
        waiting = await client.post(
            "/api/v1/diagnoses",
            headers={**signed_in(patient), "Prefer": "wait=30"},
            json={"photoId": photo},
        )
        for answer in (slow, waiting):
            assert answer.status_code == 503
            assert answer.json()["title"] == "took-too-long"
            assert answer.headers["retry-after"] == "5"
        assert (await client.get("/api/v1/diagnoses", headers=signed_in(patient))).status_code == 200
