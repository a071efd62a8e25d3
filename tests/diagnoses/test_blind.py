"""Cases that a dentist answers before seeing what the AI found."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import psycopg
import pytest
from tests.people import DETECTIONS, People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.dentistry.boxes import Detection
from dentalization.diagnoses import service
from dentalization.diagnoses.analysis import _chosen_blind
from dentalization.diagnoses.errors import AnswerFirst
from dentalization.diagnoses.tables import DiagnosisStatus

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
BLIND = json.dumps({"model": "m", "version": "1", "digest": "d", "blind": True, "scores": [0.7]})


async def test_the_ai_is_hidden_until_the_dentist_has_answered(
    context: Context, people: People, api: httpx.AsyncClient, signed_in: Headers
) -> None:
    patient, doctor = people.patient(), people.doctor()
    path = f"{V1}/diagnoses/{people.diagnosis(patient, metadata=BLIND)}"
    seen = (await api.get(path, headers=signed_in(patient))).json()
    assert seen["detections"] == DETECTIONS
    assert (await api.post(f"{path}/claim", headers=signed_in(doctor))).status_code == 200
    hidden = await api.get(path, headers=signed_in(doctor))
    lists = [
        await api.get(f"{V1}/diagnoses?status=PENDING", headers=signed_in(doctor)),
        await api.get(f"{V1}/diagnoses?patientId={patient.patient_id}", headers=signed_in(doctor)),
    ]
    listed = [one for page in lists for one in page.json()["items"] if one["id"] in path]
    assert listed
    for one in (hidden.json(), *listed):
        assert one["detections"] == []
        assert one["confidence"] == 0
        assert "caries" not in one["diagnosis"]
        assert not {"scores", "quality", "digest", "couldNotSee"} & set(one["metadata"])
    answered = await api.post(
        f"{path}/review",
        headers=signed_in(doctor),
        json={"decision": "REVIEWED", "detections": [{**DETECTIONS[0], "condition": "filling"}]},
    )
    assert answered.status_code == 200, answered.text
    shown = (await api.get(path, headers=signed_in(doctor))).json()
    assert shown["detections"] == DETECTIONS


@pytest.mark.parametrize(
    ("decision", "detections"),
    [(DiagnosisStatus.CONFIRMED, []), (DiagnosisStatus.REJECTED, []), (DiagnosisStatus.REVIEWED, None)],
)
async def test_a_blind_case_is_answered_with_boxes_before_it_is_decided(
    context: Context,
    people: People,
    owner: psycopg.Connection[tuple[object, ...]],
    decision: DiagnosisStatus,
    detections: list[Detection] | None,
) -> None:
    doctor = people.doctor()
    diagnosis = people.diagnosis(people.patient(), doctor=doctor, metadata=BLIND)
    with pytest.raises(AnswerFirst):
        await service.review(
            context.db, actor=doctor, diagnosis_id=diagnosis, decision=decision, detections=detections
        )
    await service.review(
        context.db, actor=doctor, diagnosis_id=diagnosis, decision=DiagnosisStatus.REVIEWED, detections=[]
    )
    done = await service.review(
        context.db, actor=doctor, diagnosis_id=diagnosis, decision=DiagnosisStatus.CONFIRMED
    )
    assert done.diagnosis.status is DiagnosisStatus.CONFIRMED


def test_the_share_of_blind_cases_is_what_was_asked_for() -> None:
    chosen = sum(_chosen_blind(f"c{number}", 0.2) for number in range(5000))
    assert 900 < chosen < 1100
    assert not any(_chosen_blind(f"c{number}", 0.0) for number in range(100))
    assert all(_chosen_blind(f"c{number}", 1.0) for number in range(100))
