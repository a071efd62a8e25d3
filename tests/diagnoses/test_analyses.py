from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import psycopg
import pytest
from tests.detectors import Broken, Fixed
from tests.people import People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.diagnoses import analysis
from dentalization.diagnoses.tables import AnalysisStatus
from dentalization.errors import DentalizationError
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType
from dentalization.vision.detector import Detector

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
Owner = psycopg.Connection[tuple[object, ...]]


async def photo_of(context: Context, patient: Actor, picture: bytes) -> str:
    row = await photos.upload(
        context.db,
        context.store,
        actor=patient,
        data=picture,
        photo_type=PhotoType.INTRAORAL,
        public_url="https://example.com",
    )
    return row.id


def diagnoses_of(owner: Owner, patient: Actor) -> int:
    found = owner.execute(
        "SELECT count(*) FROM ai_diagnoses WHERE patient_id = %s", (patient.patient_id,)
    ).fetchone()
    assert found is not None
    return int(str(found[0]))


async def perform(context: Context, analysis_id: str, detectors: list[Detector] | None = None) -> None:
    chosen = context.detectors if detectors is None else detectors
    await analysis.perform(context.db, context.store, chosen, analysis_id=analysis_id)


async def test_an_analysis_ends_in_one_diagnosis_however_often_it_runs(
    context: Context, people: People, picture: bytes, owner: Owner
) -> None:
    patient = people.patient()
    asked = await analysis.request(
        context.db, actor=patient, photo_id=await photo_of(context, patient, picture)
    )
    await asyncio.gather(*(perform(context, asked.id) for _ in range(4)))
    await perform(context, asked.id)
    done = await analysis.analysis(context.db, actor=patient, analysis_id=asked.id)
    assert done.status is AnalysisStatus.DONE
    assert diagnoses_of(owner, patient) == 1


async def test_a_photo_is_analysed_once_however_often_it_is_asked_for(
    context: Context, people: People, picture: bytes, owner: Owner
) -> None:
    patient = people.patient()
    photo = await photo_of(context, patient, picture)
    asked = await asyncio.gather(
        *(analysis.request(context.db, actor=patient, photo_id=photo) for _ in range(6))
    )
    assert len({one.id for one in asked}) == 1
    jobs = owner.execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE args->>'analysis_id' = %s", (asked[0].id,)
    ).fetchone()
    assert jobs == (1,)


async def test_the_job_exists_if_and_only_if_the_request_does(
    context: Context, people: People, picture: bytes, owner: Owner
) -> None:
    marker = new_id()

    async def broken(transaction: Transaction) -> None:
        await transaction.enqueue(analysis.TASK, once_for=marker, analysis_id=marker)
        raise DentalizationError("after the job was enqueued")

    with pytest.raises(DentalizationError):
        await context.db.transaction(people.patient(), broken)
    assert owner.execute("SELECT 1 FROM procrastinate_jobs WHERE lock = %s", (marker,)).fetchone() is None


async def test_a_detector_that_fails_leaves_a_reason_and_no_diagnosis(
    api: httpx.AsyncClient,
    context: Context,
    people: People,
    picture: bytes,
    owner: Owner,
    signed_in: Headers,
) -> None:
    patient = people.patient()
    headers = signed_in(patient)
    photo = await photo_of(context, patient, picture)
    asked = (await api.post(f"{V1}/diagnoses", json={"photoId": photo}, headers=headers)).json()
    await perform(context, asked["id"], [Broken(ZeroDivisionError())])
    failed = (await api.get(f"{V1}/analyses/{asked['id']}", headers=headers)).json()
    assert failed["status"] == "failed"
    assert failed["reason"]
    assert diagnoses_of(owner, patient) == 0

    retry = f"{V1}/analyses/{asked['id']}/retry"
    assert (await api.post(retry, headers=signed_in(people.patient()))).status_code == 404
    assert (await api.post(retry, headers=headers)).status_code == 202
    await perform(context, asked["id"])
    done = (await api.get(f"{V1}/analyses/{asked['id']}", headers=headers)).json()
    assert (done["status"], done["reason"]) == ("done", None)
    assert diagnoses_of(owner, patient) == 1
    assert (await api.post(retry, headers=headers)).status_code == 409


async def test_a_photo_whose_bytes_are_gone_fails_with_a_reason(
    context: Context, people: People, picture: bytes
) -> None:
    patient = people.patient()
    photo = await photo_of(context, patient, picture)
    asked = await analysis.request(context.db, actor=patient, photo_id=photo)
    await context.store.delete(f"photos/{photo}/original")
    await perform(context, asked.id)
    failed = await analysis.analysis(context.db, actor=patient, analysis_id=asked.id)
    assert failed.status is AnalysisStatus.FAILED


async def test_a_diagnosis_says_which_model_made_it(
    context: Context, people: People, picture: bytes, api: httpx.AsyncClient, signed_in: Headers
) -> None:
    patient = people.patient()
    photo = await photo_of(context, patient, picture)
    headers = {**signed_in(patient), "Prefer": "wait=5"}
    waiting = asyncio.create_task(api.post(f"{V1}/diagnoses", json={"photoId": photo}, headers=headers))
    while True:
        if asked := await analysis.of_photo(context.db, actor=patient, photo_id=photo):
            break
        await asyncio.sleep(0.02)
    await perform(context, asked.id, [Fixed([])])
    answer = await waiting
    assert answer.status_code == 201
    found = answer.json()
    assert answer.headers["location"] == f"{V1}/diagnoses/{found['id']}"
    assert found["metadata"]["model"] == "fixed"
    assert found["status"] == "PENDING"
    assert found["diagnosis"]
    assert (await api.get(found["photoUrl"])).status_code == 200


async def test_nobody_asks_for_an_analysis_of_somebody_elses_photo(
    api: httpx.AsyncClient, context: Context, people: People, picture: bytes, signed_in: Headers
) -> None:
    photo = await photo_of(context, people.patient(), picture)
    for other in (people.patient(), people.doctor(), people.admin()):
        answer = await api.post(f"{V1}/diagnoses", json={"photoId": photo}, headers=signed_in(other))
        assert answer.status_code == 404
