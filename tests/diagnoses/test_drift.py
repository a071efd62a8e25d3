"""A model whose pictures have changed calls for somebody, by itself."""

from __future__ import annotations

import json
from dataclasses import replace

import psycopg
import pytest
from structlog.testing import capture_logs
from tests.detectors import Fixed, described
from tests.people import People

from dentalization.context import Context
from dentalization.db.ids import new_id
from dentalization.diagnoses.tasks import look_for_drift
from dentalization.vision.feedback.drift import MINIMUM_CURRENT, MINIMUM_REFERENCE

Owner = psycopg.Connection[tuple[object, ...]]


def made(owner: Owner, people: People, *, model: str, days_ago: int, count: int, sharpness: float) -> None:
    patient = people.patient()
    with owner.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO ai_diagnoses (id, user_id, patient_id, photo_url, diagnosis, confidence,
               detections, metadata, created_at)
               VALUES (%s, %s, %s, 'https://example.com/p', 'Nothing seen.', 0, '[]', %s,
               now() - make_interval(days => %s))""",
            [
                (
                    new_id(),
                    patient.user_id,
                    patient.patient_id,
                    json.dumps(
                        {
                            "model": model,
                            "version": "1.0.0",
                            "scores": [],
                            "quality": {"laplacianVariance": sharpness + number % 97, "meanExposure": 0.5},
                        }
                    ),
                    days_ago,
                )
                for number in range(count)
            ],
        )


@pytest.mark.parametrize(("sharpness", "alerts"), [(100.0, set()), (160.0, {"sharpness"})])
async def test_what_has_changed_is_an_error_in_the_log(
    context: Context, people: People, owner: Owner, sharpness: float, alerts: set[str]
) -> None:
    model = f"drifting-{new_id()}"
    made(owner, people, model=model, days_ago=20, count=MINIMUM_REFERENCE, sharpness=100)
    made(owner, people, model=model, days_ago=2, count=MINIMUM_CURRENT, sharpness=sharpness)
    detector = Fixed([], described(id=model, version="1.0.0"))
    with capture_logs() as logs:
        await look_for_drift(replace(context, detectors=[detector]))
    found = [one for one in logs if one["event"] == "model_drift"]
    assert {one["measure"] for one in found} == alerts
    assert all((one["log_level"], one["model"]) == ("error", model) for one in found)
