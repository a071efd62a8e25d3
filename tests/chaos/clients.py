"""Clients that write one thing after the other, each until it is answered, and remember those that were."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from dentalization.db.ids import new_id
from dentalization.vision.drawing import draw_mouth
from tests.program import V1

PASSWORD = "correct horse battery"
WRITTEN = ("records", "appointments", "photos", "diagnoses")
"""By their paths in the API; a diagnosis is acknowledged by its analysis."""
_MINUTES = 15
_PICTURES = 8
_ROUNDS_A_PICTURE = 4
"""A picture takes longer than all else together, and its analysis longer still."""
_ENOUGH = 200
"""Attempts of one write after which a client that is to stop gives up."""


def picture_of(taken_at: datetime) -> bytes:
    """What is uploaded as taken at that moment: a JPEG of drawn teeth, one of a few."""
    return _drawn(taken_at.microsecond % _PICTURES)


@cache
def _drawn(seed: int) -> bytes:
    file = io.BytesIO()
    draw_mouth(seed, longest=256).picture.save(file, "JPEG", quality=90)
    return file.getvalue()


class Client(threading.Thread):
    """A medical record, an appointment, now and then a photo and its analysis, in turns.

    ``number`` of ``clients`` keeps their times apart.
    """

    def __init__(
        self, port: int, email: str, patient: str, doctor: str, *, number: int, clients: int
    ) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, list[str]] = {what: [] for what in WRITTEN}
        self.retried = 0
        self.refused: Counter[str] = Counter()
        """Answers with status 503, by their code."""
        self.unexpected: list[str] = []
        self.stopping = threading.Event()
        self._address, self._email, self._patient = f"http://127.0.0.1:{port}{V1}", email, patient
        self._headers: dict[str, str] = {}
        self._visit = {"doctorId": doctor, "duration": _MINUTES}
        begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._times = (
            begin + timedelta(minutes=_MINUTES * (number + clients * n)) for n in itertools.count()
        )

    @property
    def answered(self) -> int:
        return sum(len(names) for names in self.acknowledged.values())

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            for number in itertools.count():
                if self.stopping.is_set():
                    return
                self._write(client, "records", json=self._record())
                self._write(client, "appointments", json=self._booking())
                if number % _ROUNDS_A_PICTURE == 0:
                    self._picture(client)

    def _record(self) -> dict[str, Any]:
        record = {"recordType": "note", "title": new_id(), "description": "All well"}
        return {**record, "patientId": self._patient}

    def _booking(self) -> dict[str, Any]:
        begin = next(self._times).isoformat()
        return {**self._visit, "scheduledAt": begin, "reason": new_id(), "patientId": self._patient}

    def _picture(self, client: httpx.Client) -> None:
        taken_at = datetime.now(UTC)
        form = {"patientId": self._patient, "takenAt": taken_at.isoformat()}
        file = ("teeth.jpg", picture_of(taken_at), "image/jpeg")
        photo_id = self._write(client, "photos", data=form, files={"file": file})
        if photo_id:
            self._write(client, "diagnoses", json={"photoId": photo_id})

    def _write(self, client: httpx.Client, what: str, **request: Any) -> str | None:
        """Its id. The same key at each attempt: whatever became of those before, it is written once."""
        key = new_id()
        for attempt in itertools.count():
            if self.stopping.is_set() and attempt > _ENOUGH:
                return None
            answer = self._attempt(client, what, key, request)
            if answer is None:
                pass
            elif answer.status_code in (201, 202):
                self.acknowledged[what].append(str(answer.json()["id"]))
                self.retried += attempt > 0
                return self.acknowledged[what][-1]
            elif answer.status_code == 401:
                self._headers.clear()
            elif answer.status_code == 503:
                self.refused[answer.json()["title"]] += 1
            else:
                self.unexpected.append(f"{answer.status_code} {answer.text}")
                return None
            time.sleep(0.05)
        return None

    def _attempt(
        self, client: httpx.Client, what: str, key: str, request: dict[str, Any]
    ) -> httpx.Response | None:
        """None where no answer came."""
        try:
            if not self._headers:
                signed_in = client.post(
                    f"{self._address}/auth/login", json={"email": self._email, "password": PASSWORD}
                )
                if signed_in.status_code != 200:
                    return signed_in
                self._headers["Authorization"] = f"Bearer {signed_in.json()['accessToken']}"
            headers = {**self._headers, "Idempotency-Key": key}
            return client.post(f"{self._address}/{what}", headers=headers, **request)
        except httpx.HTTPError:
            return None
