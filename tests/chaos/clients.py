"""Clients that write one thing after the other, each until it is answered, and remember those that were."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dentalization.db.ids import new_id
from tests.program import V1

PASSWORD = "correct horse battery"
_MINUTES = 15
_ENOUGH = 200
"""Attempts of one write after which a client that is to stop gives up."""


class Client(threading.Thread):
    """Medical records and appointments in turns. ``number`` of ``clients`` keeps their times apart."""

    def __init__(
        self, port: int, email: str, patient: str, doctor: str, *, number: int, clients: int
    ) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, list[str]] = {"records": [], "appointments": []}
        self.retried = 0
        self.refused: Counter[str] = Counter()
        """Answers with status 503, by their code."""
        self.unexpected: list[str] = []
        self.stopping = threading.Event()
        self._address, self._email, self._patient = f"http://127.0.0.1:{port}{V1}", email, patient
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
            headers: dict[str, str] = {}
            while not self.stopping.is_set():
                name = new_id()
                record = {"recordType": "note", "title": name, "description": "All well"}
                self._write(client, "records", name, record, headers)
                name = new_id()
                booking = {**self._visit, "scheduledAt": next(self._times).isoformat(), "reason": name}
                self._write(client, "appointments", name, booking, headers)

    def _write(
        self, client: httpx.Client, what: str, name: str, body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        """The same key at each attempt: whatever became of those before, it is written once."""
        body = {**body, "patientId": self._patient}
        for attempt in itertools.count():
            if self.stopping.is_set() and attempt > _ENOUGH:
                return
            answer = self._attempt(client, what, name, body, headers)
            if answer is None:
                pass
            elif answer.status_code == 201:
                self.acknowledged[what].append(answer.json()["id"])
                self.retried += attempt > 0
                return
            elif answer.status_code == 401:
                headers.clear()
            elif answer.status_code == 503:
                self.refused[answer.json()["title"]] += 1
            else:
                self.unexpected.append(f"{answer.status_code} {answer.text}")
                return
            time.sleep(0.05)

    def _attempt(
        self, client: httpx.Client, what: str, name: str, body: dict[str, Any], headers: dict[str, str]
    ) -> httpx.Response | None:
        """None where no answer came."""
        try:
            if not headers:
                signed_in = client.post(
                    f"{self._address}/auth/login", json={"email": self._email, "password": PASSWORD}
                )
                if signed_in.status_code != 200:
                    return signed_in
                headers["Authorization"] = f"Bearer {signed_in.json()['accessToken']}"
            return client.post(
                f"{self._address}/{what}", json=body, headers={**headers, "Idempotency-Key": name}
            )
        except httpx.HTTPError:
            return None
