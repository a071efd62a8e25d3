"""Clients that write until they are answered, and remember every answer."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dentalization.db.ids import new_id
from dentalization.vision.drawing import draw_mouth
from tests.program import V1

PASSWORD = "correct horse battery"
KINDS = ("record", "booking", "photo")
_PHOTO_EVERY = 12
_ANSWER_SECONDS = 30.0
"""More than everything that a request may wait for; one that takes longer is taken for hung."""
_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 90
_NOW = datetime.now(UTC).replace(second=0, microsecond=0)
_FIRST_BOOKING = _NOW + timedelta(days=2)


@dataclass
class Write:
    """One thing that was asked for under one key; ``fault`` is what hit it last, or what it fell into."""

    kind: str
    key: str
    name: str
    """By which the database finds it."""
    fault: str
    attempts: int = 0


@dataclass(frozen=True)
class Practice:
    """Whom the clients write for; each client has a patient of its own."""

    email: str
    doctor: str
    patients: tuple[str, ...]


class Client(threading.Thread):
    """Writes one thing after the other, each until it is answered."""

    def __init__(self, crowd: Crowd, patient: str) -> None:
        super().__init__()
        self.acknowledged: list[Write] = []
        self._crowd, self._patient = crowd, patient
        self._headers: dict[str, str] = {}

    def run(self) -> None:
        with httpx.Client(timeout=_ANSWER_SECONDS, base_url=self._crowd.address) as http:
            number = 0
            while not self._crowd.stopping.is_set():
                kind = "photo" if number % _PHOTO_EVERY == 3 else KINDS[number % 2]
                self._write(http, *self._next(kind, number))
                number += 1

    def _next(self, kind: str, number: int) -> tuple[Write, dict[str, Any]]:
        """Something that is not there yet, and its request. Texts are sealed: a name is a title or a time."""
        key = new_id()
        at = (_NOW if kind == "photo" else _FIRST_BOOKING) + timedelta(minutes=number)
        name = key if kind == "record" else f"{self._patient} {at:%Y-%m-%d %H:%M}"
        write = Write(kind, key, name, self._crowd.fault)
        body: dict[str, Any] = {"patientId": self._patient}
        if kind == "record":
            body |= {"recordType": "note", "title": key, "description": "All well"}
            return write, {"url": "/records", "json": body}
        if kind == "photo":
            body |= {"takenAt": at.isoformat()}
            picture = {"file": ("mouth.jpg", self._crowd.picture, "image/jpeg")}
            return write, {"url": "/photos", "data": body, "files": picture}
        body |= {"doctorId": self._crowd.practice.doctor, "scheduledAt": at.isoformat(), "duration": 1}
        body |= {"reason": "A look", "overbooking": {"reason": "In between"}}
        return write, {"url": "/appointments", "json": body}

    def _write(self, http: httpx.Client, write: Write, request: dict[str, Any]) -> None:
        """The same key at each attempt: whatever became of those before, it is written once."""
        deadline = None
        while True:
            answer = self._attempt(http, write, request)
            if answer is not None and answer.status_code == 201:
                self.acknowledged.append(write)
                return
            write.fault = self._crowd.fault
            write.attempts += 1
            if answer is not None and not self._crowd.may_try_again(answer):
                return
            if self._crowd.stopping.is_set():
                deadline = deadline or time.monotonic() + _PATIENCE_SECONDS
                if time.monotonic() > deadline:
                    self._crowd.unexpected.append(f"{write} was never answered")
                    return
            time.sleep(_PAUSE_SECONDS)

    def _attempt(self, http: httpx.Client, write: Write, request: dict[str, Any]) -> httpx.Response | None:
        """The answer, or None where the connection broke; a 401 is answered by signing in again."""
        try:
            if not self._headers:
                signed_in = http.post(
                    "/auth/login", json={"email": self._crowd.practice.email, "password": PASSWORD}
                )
                if signed_in.status_code != 200:
                    return signed_in
                self._headers = {"Authorization": f"Bearer {signed_in.json()['accessToken']}"}
            answer = http.post(headers={**self._headers, "Idempotency-Key": write.key}, **request)
        except httpx.ReadTimeout:
            self._crowd.unexpected.append(f"{request['url']} was not answered in {_ANSWER_SECONDS} s")
            return None
        except httpx.HTTPError:
            return None
        if answer.status_code == 401:
            self._headers = {}
            return None
        return answer


class Crowd:
    """All clients, and what is going on around them."""

    def __init__(self, port: int, practice: Practice) -> None:
        self.address = f"http://127.0.0.1:{port}{V1}"
        self.practice = practice
        self.picture = _picture()
        self.fault = "none"
        self.stopping = threading.Event()
        self.unexpected: list[str] = []
        """What no fault excuses: a 500, a hang, an answer that is no problem document."""
        self.refused: Counter[tuple[str, str]] = Counter()
        """(fault, code of the problem) -> answers with 503."""
        self._clients = [Client(self, patient) for patient in practice.patients]

    def start(self) -> None:
        for client in self._clients:
            client.start()

    def stop(self) -> None:
        """Once everything begun is answered."""
        self.stopping.set()
        for client in self._clients:
            client.join()

    @property
    def acknowledged(self) -> list[Write]:
        return [write for client in self._clients for write in list(client.acknowledged)]

    def may_try_again(self, answer: httpx.Response) -> bool:
        """After a clear refusal; everything else is written down."""
        kind = answer.headers.get("content-type", "")
        if (
            answer.status_code == 503
            and kind == "application/problem+json"
            and "retry-after" in answer.headers
        ):
            self.refused[self.fault, answer.json()["title"]] += 1
            return True
        self.unexpected.append(f"{answer.request.url.path} {answer.status_code} {answer.text[:500]}")
        return False

    def refusals(self) -> int:
        return sum(count for (fault, _), count in self.refused.items() if fault == self.fault)

    def wait_for_writes(self, seconds: float) -> None:
        """Until each client has been answered again: a fault that hits nobody shows nothing."""
        before = [len(client.acknowledged) for client in self._clients]
        deadline = time.monotonic() + seconds
        while any(len(one.acknowledged) <= n for one, n in zip(self._clients, before, strict=True)):
            assert time.monotonic() < deadline, f"nothing is written any more; {self.unexpected[-3:]}"
            time.sleep(0.02)


def _picture() -> bytes:
    file = io.BytesIO()
    draw_mouth(58).picture.save(file, "JPEG", quality=90)
    return file.getvalue()
