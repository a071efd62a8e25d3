"""Two hundred at once for one slot, through the real server; then through two, with moves and cancellations.

`make storm` asks for 50 rounds.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.appointments.conftest import in_days
from tests.appointments.test_overlap import overlaps
from tests.appointments.test_slots import set_up
from tests.conftest import Urls
from tests.people import People
from tests.program import COMMAND, V1, free_port

from dentalization.accounts.tokens import access_token
from dentalization.db.identity import Actor
from dentalization.signing import Signer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000), pytest.mark.xdist_group("program")]

ROUNDS = int(os.environ.get("DENTALIZATION_STORM_ROUNDS", "2"))
CALLERS = 200

Owner = psycopg.Connection[tuple[object, ...]]


@contextmanager
def server(urls: Urls, home: Path, secret: str) -> Iterator[str]:
    """The address of a server process on the database of this test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DENTALIZATION_")}
    environment = {
        **kept,
        **urls.environment,
        "DENTALIZATION_HOME": str(home),
        "DENTALIZATION_SECRET_KEY": secret,
    }
    port, log = free_port(), home / f"{secrets.token_hex(4)}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--no-worker", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")


class Storm:
    """Many callers, spread over the servers in turn."""

    def __init__(self, urls: Urls, owner: Owner, home: Path, stack: ExitStack, servers: int) -> None:
        self.owner, self.signer = owner, Signer(secret := secrets.token_hex(32))
        self.addresses = [stack.enter_context(server(urls, home, secret)) for _ in range(servers)]
        people = People(owner)
        self.doctor = people.doctor()
        self.patients = [people.patient() for _ in range(CALLERS)]
        set_up(owner, self.doctor, "Asia/Jakarta", [(day, 0, 1440) for day in range(1, 8)], [], 30, 0)

    async def at_once(self, asked: Sequence[tuple[Actor, str, dict[str, Any]]]) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=CALLERS)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            return await asyncio.gather(
                *(
                    client.post(
                        f"{self.addresses[number % len(self.addresses)]}{V1}/{path}",
                        headers={"Authorization": f"Bearer {access_token(self.signer, actor)}"},
                        json=body,
                    )
                    for number, (actor, path, body) in enumerate(asked)
                )
            )

    def booking(self, at: datetime) -> dict[str, Any]:
        return {
            "doctorId": self.doctor.doctor_id,
            "scheduledAt": at.isoformat(),
            "duration": 30,
            "reason": "Pain",
        }


@contextmanager
def storm(urls: Urls, home: Path, servers: int) -> Iterator[Storm]:
    with ExitStack() as stack:
        owner = stack.enter_context(psycopg.connect(urls.owner, autocommit=True))
        yield Storm(urls, owner, home, stack, servers)


def clear(answer: httpx.Response) -> bool:
    """A refusal that a program understands, with somewhere else to go."""
    body = answer.json()
    slots = [datetime.fromisoformat(slot["scheduledAt"]) for slot in body.get("nextSlots", [])]
    return body["title"] == "slot-taken" and len(slots) == 5 and slots == sorted(set(slots))


@pytest.mark.parametrize("servers", [1, 2])
async def test_two_hundred_for_one_slot(fresh_urls: Urls, tmp_path: Path, servers: int) -> None:
    with storm(fresh_urls, tmp_path, servers) as made:
        for number in range(ROUNDS):
            at = in_days(3) + timedelta(minutes=30 * number)
            answers = await made.at_once(
                [(patient, "appointments", made.booking(at)) for patient in made.patients]
            )
            counts = Counter(answer.status_code for answer in answers)
            assert counts == {201: 1, 409: CALLERS - 1}, (number, counts)
            assert all(clear(answer) for answer in answers if answer.status_code == 409)
            assert overlaps(made.owner) == []


async def test_two_servers_with_moves_and_cancellations(fresh_urls: Urls, tmp_path: Path) -> None:
    """Bookings of one slot, moves into it, and cancellations: of all those who want the slot one gets it."""
    with storm(fresh_urls, tmp_path, 2) as made:
        for number in range(ROUNDS):
            at = in_days(4) + timedelta(minutes=30 * number)
            elsewhere = in_days(30) + timedelta(hours=number * 40)
            movers, leavers, rest = made.patients[:30], made.patients[30:60], made.patients[60:]
            before = await made.at_once(
                [
                    (patient, "appointments", made.booking(elsewhere + timedelta(minutes=30 * place)))
                    for place, patient in enumerate([*movers, *leavers])
                ]
            )
            ids = [answer.json()["id"] for answer in before]
            moves = [
                (patient, f"appointments/{one}/reschedule", {"scheduledAt": at.isoformat()})
                for patient, one in zip(movers, ids, strict=False)
            ]
            leaves: list[Any] = [
                (patient, f"appointments/{one}/cancellation", {})
                for patient, one in zip(leavers, ids[30:], strict=True)
            ]
            books = [(patient, "appointments", made.booking(at)) for patient in rest]
            mixed = [*books[:50], *moves[:15], *leaves, *books[50:], *moves[15:]]
            answers = await made.at_once(mixed)
            by_path: dict[str, Counter[int]] = {}
            for (_, path, _), answer in zip(mixed, answers, strict=True):
                by_path.setdefault(path.rsplit("/", 1)[-1], Counter())[answer.status_code] += 1
            assert by_path["cancellation"] == {200: 30}
            booked, moved = by_path["appointments"], by_path["reschedule"]
            assert booked[201] + moved[200] == 1, by_path
            assert booked[409] + moved[409] == CALLERS - 31, by_path
            assert overlaps(made.owner) == []
            there = made.owner.execute(
                "SELECT count(*) FROM appointments WHERE doctor_id = %s AND scheduled_at = %s "
                "AND status = 'SCHEDULED'",
                (made.doctor.doctor_id, at.astimezone(UTC)),
            ).fetchone()
            assert there == (1,)
