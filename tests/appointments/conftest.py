"""A dentist with a calendar, and what is usually asked of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.appointments.desk import desk  # noqa: F401 - a fixture
from tests.people import People

from dentalization.db.database import Database
from dentalization.db.identity import Actor

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
ALL_WEEK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]


def in_days(days: float, *, hour: int = 3, minute: int = 0) -> datetime:
    """At this hour of UTC, so many days from now; 03:00 is ten o'clock in Jakarta."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(
        hour=hour, minute=minute, second=0, microsecond=0
    )


@dataclass
class Practice:
    """Requests to the API, by whoever."""

    api: httpx.AsyncClient
    headers: Headers
    people: People
    database: Database

    async def doctor(self, **settings: Any) -> Actor:
        """A dentist whose calendar is open day and night, unless ``settings`` say otherwise."""
        doctor = self.people.doctor()
        answer = await self.api.put(
            f"{V1}/doctors/me/schedule",
            headers=self.headers(doctor),
            json={"timeZone": "Asia/Jakarta", "hours": ALL_WEEK, "minimumNoticeMinutes": 0, **settings},
        )
        assert answer.status_code == 200, answer.text
        return doctor

    async def book(self, actor: Actor, doctor: Actor, at: datetime, **more: Any) -> httpx.Response:
        body = {"doctorId": doctor.doctor_id, "scheduledAt": at.isoformat(), "duration": 30, "reason": "Pain"}
        headers = {**self.headers(actor), **more.pop("headers", {})}
        return await self.api.post(f"{V1}/appointments", headers=headers, json={**body, **more})

    async def booked(self, actor: Actor, doctor: Actor, at: datetime, **more: Any) -> dict[str, Any]:
        answer = await self.book(actor, doctor, at, **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def do(self, actor: Actor, appointment_id: str, step: str, **more: Any) -> httpx.Response:
        headers = {**self.headers(actor), **more.pop("headers", {})}
        sent = {"json": more} if more else {}
        return await self.api.post(f"{V1}/appointments/{appointment_id}/{step}", headers=headers, **sent)

    async def seen(self, actor: Actor, appointment_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"{V1}/appointments/{appointment_id}", headers=self.headers(actor))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def slots(self, actor: Actor, doctor: Actor, **query: str) -> list[str]:
        answer = await self.api.get(
            f"{V1}/doctors/{doctor.doctor_id}/slots", headers=self.headers(actor), params=query
        )
        assert answer.status_code == 200, answer.text
        return [slot["scheduledAt"] for slot in answer.json()["items"]]


Step = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="session")
def practice(api: httpx.AsyncClient, signed_in: Headers, people: People, db: Database) -> Practice:
    return Practice(api, signed_in, people, db)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["title"]
