"""One stretch of the plan as rows: photos, diagnoses, analyses, reviews, appointments, records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dentalization.diagnoses.tables import DiagnosisStatus
from dentalization.ops.seed import names
from dentalization.ops.seed.copying import NULL, ids, pick, text, texts, times
from dentalization.ops.seed.people import Group
from dentalization.ops.seed.pictures import ANSWERS, DrawnPicture, shared_prefix
from dentalization.ops.seed.plan import (
    CONFIRMED,
    MINUTE,
    NEVER,
    NOBODY,
    PENDING,
    REJECTED,
    Numbers,
    Plan,
)

STATUSES = tuple(status.value for status in DiagnosisStatus)

COLUMNS = {
    "dental_photos": "id patient_id photo_url photo_type description metadata taken_at created_at updated_at",
    "care_relationships": "doctor_id patient_id created_at",
    "ai_diagnoses": (
        "id user_id patient_id doctor_id photo_url diagnosis confidence detections metadata status notes "
        "created_at updated_at"
    ),
    "analyses": "id photo_id patient_id requested_by status diagnosis_id created_at updated_at",
    "diagnosis_reviews": (
        "id diagnosis_id patient_id doctor_id reviewer_name version verb detections notes reviewed_at"
    ),
    "appointments": (
        "id patient_id doctor_id scheduled_at duration status reason notes created_at updated_at"
    ),
    "medical_records": (
        "id patient_id doctor_id record_type title description data record_date created_at updated_at"
    ),
}
"""In the order in which they are written: what is referred to comes first."""


@dataclass(frozen=True)
class World:
    """What every stretch shares."""

    plan: Plan
    doctors: Group
    patients: Group
    pictures: Sequence[DrawnPicture]
    photos_url: str
    until: int
    own_pictures: bool
    """Whether each photo has a picture of its own in the store."""


@dataclass(frozen=True)
class Stretch:
    """Lines for COPY by table, and where in the store the pictures of the photos belong."""

    lines: dict[str, list[str]]
    places: list[tuple[str, int]]


def make_stretch(world: World, chance: np.random.Generator, part: Numbers) -> Stretch:
    """The diagnoses with these numbers, and all that belongs to them."""
    return _Maker(world, chance, part).stretch()


class _Maker:
    """Holds the columns that several tables share."""

    def __init__(self, world: World, chance: np.random.Generator, part: Numbers) -> None:
        plan = world.plan
        self.world, self.chance, self.count = world, chance, len(part)
        self.at, self.status = plan.at[part], plan.status[part]
        self.claimed_at, self.decided_at = plan.claimed_at[part], plan.decided_at[part]
        self.visit_at, self.first_contact = plan.visit_at[part], plan.first_contact[part]
        self.claimed = plan.doctor[part] != NOBODY
        self.decided = self.status != PENDING
        self.number = plan.picture[part]
        self.answer = self.number * ANSWERS + plan.answer[part]
        self.patient = world.patients.ids[plan.patient[part]]
        self.user = world.patients.user_ids[plan.patient[part]]
        self.doctor = np.where(self.claimed, world.doctors.ids[plan.doctor[part]], NULL)
        self.reviewer = world.doctors.names[plan.doctor[part]]
        self.photo = _array(ids(chance, self.at - MINUTE))
        self.diagnosis = _array(ids(chance, self.at))
        notes = _array(pick(chance, names.REVIEW_NOTES, self.count))
        doubts = _array(pick(chance, names.REJECTION_NOTES, self.count))
        self.notes = np.where(self.status == REJECTED, doubts, np.where(self.decided, notes, NULL))

    def stretch(self) -> Stretch:
        places = [] if not self.world.own_pictures else list(
            zip((f"photos/{photo}" for photo in self.photo), self.number.tolist(), strict=True)
        )  # fmt: skip
        return Stretch(
            lines={
                "dental_photos": self._photos(),
                "care_relationships": self._contacts(),
                "ai_diagnoses": self._diagnoses(),
                "analyses": self._analyses(),
                "diagnosis_reviews": self._reviews(),
                "appointments": self._appointments(),
                "medical_records": self._records(),
            },
            places=places,
        )

    def _photos(self) -> list[str]:
        world, created = self.world, times(self.at - MINUTE)
        details = texts(picture.details for picture in world.pictures)[self.number]
        kinds = texts(picture.photo_type for picture in world.pictures)[self.number]
        own = (f"photos/{photo}" for photo in self.photo)
        shared = (shared_prefix(number) for number in self.number.tolist())
        columns = zip(
            self.photo, self.patient, kinds, pick(self.chance, names.PHOTO_DESCRIPTIONS, self.count),
            details, own if world.own_pictures else shared, times(self.at - 3 * MINUTE), created, strict=True,
        )  # fmt: skip
        return [
            f"{id_}\t{patient}\t{world.photos_url}/{id_}/content\t{kind}\t{words}\t"
            f'{facts},"object":"{key}"}}\t{taken}\t{at}\t{at}\n'
            for id_, patient, kind, words, facts, key, taken, at in columns
        ]

    def _contacts(self) -> list[str]:
        """Dated here, as yet with nothing counted: the triggers count, and would date it today."""
        pairs = zip(self.doctor, self.patient, times(self.at), strict=True)
        return [
            f"{doctor}\t{patient}\t{at}\n"
            for (doctor, patient, at), first in zip(pairs, self.first_contact.tolist(), strict=True)
            if first
        ]

    def _diagnoses(self) -> list[str]:
        answers = [answer for picture in self.world.pictures for answer in picture.answers]
        said = _array([
            f"{text(answer.diagnosis)}\t{answer.confidence}\t{text(answer.detections)}\t{text(answer.metadata)}"
            for answer in answers
        ])[self.answer]  # fmt: skip
        changed = np.where(self.decided, self.decided_at, np.where(self.claimed, self.claimed_at, self.at))
        columns = zip(
            self.diagnosis, self.user, self.patient, self.doctor, self.photo, said,
            _array(STATUSES)[self.status], self.notes, times(self.at), times(changed), strict=True,
        )  # fmt: skip
        url = self.world.photos_url
        return [
            f"{id_}\t{user}\t{patient}\t{doctor}\t{url}/{photo}/content\t"
            f'{words}, "photoId": "{photo}"}}\t{status}\t{notes}\t{at}\t{later}\n'
            for id_, user, patient, doctor, photo, words, status, notes, at, later in columns
        ]

    def _analyses(self) -> list[str]:
        asked = times(self.at - MINUTE // 4)
        requests = ids(self.chance, self.at - MINUTE // 4)
        columns = zip(
            requests, self.photo, self.patient, self.user, self.diagnosis, asked, times(self.at), strict=True
        )
        return [
            f"{id_}\t{photo}\t{patient}\t{user}\tdone\t{diagnosis}\t{at}\t{ended}\n"
            for id_, photo, patient, user, diagnosis, at, ended in columns
        ]

    def _reviews(self) -> list[str]:
        """The decision about each case, and the claim of those that are claimed and not decided.

        Every other confirmed diagnosis of a detector that missed something has been corrected.
        """
        truths = texts(answer.corrected for picture in self.world.pictures for answer in picture.answers)
        corrects = (self.status == CONFIRMED) & (self.chance.random(self.count) < 0.5)
        at = np.where(self.decided, self.decided_at, self.claimed_at)
        columns = zip(
            ids(self.chance, at), self.diagnosis, self.patient, self.doctor, self.reviewer,
            np.where(self.decided, _array(STATUSES)[self.status], "CLAIMED"),
            np.where(corrects, truths[self.answer], NULL), self.notes, times(at), self.claimed.tolist(),
            strict=True,
        )  # fmt: skip
        return [
            f"{id_}\t{diagnosis}\t{patient}\t{doctor}\t{name}\t1\t{verb}\t{boxes}\t{words}\t{when}\n"
            for id_, diagnosis, patient, doctor, name, verb, boxes, words, when, claimed in columns
            if claimed
        ]

    def _appointments(self) -> list[str]:
        rows = np.flatnonzero(self.visit_at != NEVER)
        visit, booked = self.visit_at[rows], self.claimed_at[rows]
        over, draw = visit < self.world.until, self.chance.random(len(rows))
        past = np.where(draw < 0.86, "COMPLETED", np.where(draw < 0.95, "CANCELLED", "NO_SHOW"))
        future = np.where(draw < 0.4, "SCHEDULED", np.where(draw < 0.95, "CONFIRMED", "CANCELLED"))
        columns = zip(
            ids(self.chance, booked), self.patient[rows], self.doctor[rows], times(visit), repeat("30"),
            np.where(over, past, future).tolist(), pick(self.chance, names.VISIT_REASONS, len(rows)),
            pick(self.chance, names.VISIT_NOTES, len(rows)), times(booked),
            times(np.where(over, visit, booked)),
        )  # fmt: skip
        return ["\t".join(values) + "\n" for values in columns]

    def _records(self) -> list[str]:
        rows = np.flatnonzero((self.status == CONFIRMED) & (self.chance.random(self.count) < 0.15))
        at = self.decided_at[rows]
        kinds = _array(["\t".join(map(text, kind)) for kind in names.RECORDS])
        moments = times(at)
        columns = zip(
            ids(self.chance, at), self.patient[rows], self.doctor[rows],
            kinds[self.chance.integers(0, len(kinds), len(rows))].tolist(), self.diagnosis[rows], moments,
            strict=True,
        )  # fmt: skip
        return [
            f'{id_}\t{patient}\t{doctor}\t{kind}\t{{"diagnosisId": "{diagnosis}"}}\t{when}\t{when}\t{when}\n'
            for id_, patient, doctor, kind, diagnosis, when in columns
        ]


def _array(values: Sequence[str]) -> NDArray[Any]:
    return np.array(values, dtype=object)
