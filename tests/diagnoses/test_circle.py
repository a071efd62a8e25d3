"""Correct, export, train, look on unseen, compare, switch: once round, on small data."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest
from PIL import Image
from tests.detectors import Fixed, described
from tests.people import People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.dentistry.boxes import Box, Detection
from dentalization.diagnoses import analysis, feedback, feedback_queries, service
from dentalization.diagnoses.tables import DiagnosisStatus
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType
from dentalization.vision.card import Modality, ModelCard, TrainingData
from dentalization.vision.coco import read_dataset
from dentalization.vision.detector import Detector
from dentalization.vision.drawing import Drawing, draw_panoramic
from dentalization.vision.feedback.agreement import agreements
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.compare import compare
from dentalization.vision.registry import Registry

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="torch is not installed: make training")

KEY = b"k" * 32
PICTURES = 12
Owner = psycopg.Connection[tuple[object, ...]]


def drawn(number: int) -> tuple[bytes, Drawing]:
    """Each its own: other scribbles on it, so that no two are near-duplicates."""
    drawing = draw_panoramic(number, (640, 480))
    pixels = np.asarray(drawing.picture.convert("RGB")).copy()
    rng = np.random.default_rng(number)
    for _ in range(30):
        x, y = int(rng.integers(0, 560)), int(rng.integers(0, 420))
        pixels[y : y + 40, x : x + 60] = pixels[y : y + 40, x : x + 60] // 2 + int(rng.integers(0, 100))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue(), drawing


async def look(
    context: Context, patient: Actor, picture: bytes, detectors: object, shadows: object = ()
) -> str:
    photo = await photos.upload(
        context.db,
        context.store,
        actor=patient,
        data=picture,
        photo_type=PhotoType.PANORAMIC,
        public_url="https://example.com",
    )
    asked = await analysis.request(context.db, actor=patient, photo_id=photo.id)
    await analysis.perform(
        context.db,
        context.store,
        detectors,
        analysis_id=asked.id,
        shadows=shadows,
    )
    done = await analysis.analysis(context.db, actor=patient, analysis_id=asked.id)
    assert done.diagnosis_id, done.reason
    return done.diagnosis_id


async def decide(context: Context, doctor: Actor, diagnosis: str, boxes: list[Detection] | None) -> None:
    await service.claim(context.db, actor=doctor, diagnosis_id=diagnosis)
    await service.review(
        context.db,
        actor=doctor,
        diagnosis_id=diagnosis,
        decision=DiagnosisStatus.CONFIRMED,
        detections=boxes,
    )


def whole(drawing: Drawing) -> list[Detection]:
    return [
        replace(
            one,
            location=Box(
                round(one.location.x),
                round(one.location.y),
                round(one.location.width),
                round(one.location.height),
            ),
        )
        for one in drawing.detections
    ]


@pytest.mark.timeout(300)
async def test_once_round(context: Context, people: People, owner: Owner, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    doctor, patient = people.doctor(), people.patient()
    first = Fixed(
        [Detection("implant", 0.6, Box(1, 1, 9, 9))],
        described(id="circle-first", classes=("filling", "implant"), modalities=(Modality.PANORAMIC,)),
    )
    cases = await corrected(context, doctor, patient, first)
    annotations = await exported(context, cases, patient, tmp_path / "data")
    card = trained(annotations, tmp_path / "model")
    registry = Registry(tmp_path / "models")
    registry.add(tmp_path / "model")
    registry.use("circle-second", shadow=True)
    (shadow,) = registry.open_shadow(threads=1)
    try:
        await looked_on(context, doctor, patient, first, shadow)
        rows = owner.execute("SELECT count(*) FROM shadow_findings WHERE model = 'circle-second'").fetchone()
        assert rows == (3,)
        await compared(context, card.version)
    finally:
        shadow.close()
    await switched(context, patient, registry)


async def corrected(context: Context, doctor: Actor, patient: Actor, first: Fixed) -> list[ReviewedCase]:
    """Correct: the dentist draws what the first model missed."""
    for number in range(PICTURES):
        picture, drawing = drawn(number)
        await decide(context, doctor, await look(context, patient, picture, [first]), whole(drawing))
    cases = await feedback.reviewed_cases(context.db, model="circle-first")
    assert len(cases) == PICTURES
    told = {one.condition: one for one in agreements(cases)}
    assert (told["implant"].precision.count, told["implant"].precision.of) == (0, PICTURES)
    assert told["filling"].missed > 0
    return cases


async def exported(context: Context, cases: list[ReviewedCase], patient: Actor, folder: Path) -> Path:
    """Export: pseudonymous, and read back by the training."""
    annotations = await feedback.export(context.db, context.store, cases, folder, key=KEY)
    assert len(read_dataset(annotations).samples) == PICTURES
    text = annotations.read_text()
    assert patient.patient_id not in text
    assert patient.user_id not in text
    assert not any(case.diagnosis_id in text for case in cases)
    return annotations


def trained(annotations: Path, folder: Path) -> ModelCard:
    """Train, in the smallest setting there is."""
    from dentalization.vision.training.pipeline import Facts, Plan, build, read_split

    split = read_split(annotations)
    plan = Plan(
        conditions=read_dataset(annotations).conditions,
        input_size=160,
        crop=160,
        width=16,
        epochs=1,
        batch=4,
        pretrained=False,
    )
    data = TrainingData(name="reviews", licence="own", origin="reviewed cases", pictures=len(split.training))
    facts = Facts(
        "circle-second", (Modality.PANORAMIC,), "own", (data,), "Tests.", "Has seen twelve drawings."
    )
    card, report = build(plan, split, facts, folder, lambda _: None)
    assert report.pictures == len(split.test)
    assert card.measured[split.test_name]["pictures"] == len(split.test)
    assert card.training_data == (data,)
    return card


async def looked_on(context: Context, doctor: Actor, patient: Actor, first: Fixed, shadow: Detector) -> None:
    """A second model looks on: neither the answer nor its wording shows anything of it."""
    for number in range(PICTURES, PICTURES + 3):
        picture, drawing = drawn(number)
        diagnosis = await look(context, patient, picture, [first], [shadow])
        seen = await service.diagnosis(context.db, actor=patient, diagnosis_id=diagnosis)
        assert seen.diagnosis.metadata
        assert seen.diagnosis.metadata["model"] == "circle-first"
        assert "circle-second" not in str(seen)
        await decide(context, doctor, diagnosis, whole(drawing))


async def compared(context: Context, version: str) -> None:
    cases = await feedback.reviewed_cases(context.db, model="circle-first")
    pairs = await feedback.paired_cases(context.db, cases, model="circle-second", version=version)
    assert len(pairs) == 3
    assert compare(pairs, first="circle-first/1", second="circle-second").verdict


async def switched(context: Context, patient: Actor, registry: Registry) -> None:
    registry.use("circle-second", shadow=False)
    live = [one for one in registry.open_live(threads=1) if one.card.id == "circle-second"]
    try:
        diagnosis = await look(context, patient, drawn(99)[0], live)
        seen = await service.diagnosis(context.db, actor=patient, diagnosis_id=diagnosis)
        assert (seen.diagnosis.metadata or {})["model"] == "circle-second"
    finally:
        for one in live:
            one.close()


async def test_what_nobody_may_see_of_a_shadow(context: Context, people: People, owner: Owner) -> None:
    """Neither patient nor dentist nor admin reads a row; the worker alone does."""
    patient, doctor = people.patient(), people.doctor()
    diagnosis = people.diagnosis(patient, doctor=doctor)
    owner.execute(
        "INSERT INTO shadow_findings (id, diagnosis_id, model, version, digest, detections, scores, "
        "milliseconds) VALUES (%s, %s, 'm', '1', 'd', '[]', '[]', 1)",
        (f"s{diagnosis}", diagnosis),
    )

    async def found(actor: Actor) -> int:
        return len(await context.db.read(actor, feedback_queries.SHADOW_FINDINGS, diagnosis_ids=[diagnosis]))

    assert [await found(actor) for actor in (patient, doctor, people.admin())] == [0, 0, 0]
    assert await found(Actor.worker()) == 1
