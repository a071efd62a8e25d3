"""What became of every acknowledged write, asked of the database, the service and the folder of letters."""

from __future__ import annotations

import email
import email.policy
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import psycopg

from dentalization.photos.pictures import normalise
from tests.chaos.clients import PASSWORD, picture_of
from tests.chaos.site import Site
from tests.program import V1

_IDLE_SECONDS = 180
"""A job of a worker that was killed goes back by itself, but not at once."""

# Ids, and what each client gives once.
_THERE = {
    "records": "SELECT id, title FROM medical_records",
    "appointments": "SELECT id, scheduled_at FROM appointments",
    "photos": "SELECT id, taken_at FROM dental_photos",
    "diagnoses": "SELECT id, photo_id FROM analyses",
}
_DOUBLED = {
    "an appointment has more or less than one entry of its history":
        "SELECT a.id FROM appointments a LEFT JOIN appointment_events e ON e.appointment_id = a.id "
        "GROUP BY a.id HAVING count(e.id) <> 1",
    "a photo has more than one diagnosis":
        "SELECT photo_url FROM ai_diagnoses GROUP BY photo_url HAVING count(*) > 1",
}  # fmt: skip
_LOST = {
    "an analysis never ended": "SELECT id FROM analyses WHERE status IN ('queued', 'running')",
    "an analysis that is done has no diagnosis":
        "SELECT a.id FROM analyses a LEFT JOIN ai_diagnoses d ON d.id = a.diagnosis_id "
        "WHERE a.status = 'done' AND d.id IS NULL",
    "an appointment's letter was not sent":
        "SELECT a.id FROM appointments a LEFT JOIN appointment_letters l ON l.appointment_id = a.id "
        "AND l.kind = 'REQUEST' WHERE l.outcome IS DISTINCT FROM 'SENT'",
}  # fmt: skip
_WAITING = """SELECT (SELECT count(*) FROM analyses WHERE status IN ('queued', 'running'))
    + (SELECT count(*) FROM appointment_letters WHERE settled_at IS NULL AND due_at <= now())"""


@dataclass
class Asked:
    """``lost`` and ``doubled``: a sentence each."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    letters: int = 0
    given_up: int = 0


def ask(site: Site, acknowledged: Mapping[str, Sequence[str]]) -> Asked:
    """Once the worker has nothing left to do."""
    found = Asked()
    with psycopg.connect(site.postgres.owner_url, autocommit=True) as owner:
        _wait_for_the_worker(owner)
        for what, statement in _THERE.items():
            there = owner.execute(statement.encode()).fetchall()
            missing = set(acknowledged[what]) - {row_id for row_id, _ in there}
            found.lost += [f"{what}: {row_id} is not there" for row_id in missing]
            counted = Counter(name for _, name in there)
            found.doubled += [f"{what}: {name} is there {n} times" for name, n in counted.items() if n > 1]
        for sentences, statements in ((found.lost, _LOST), (found.doubled, _DOUBLED)):
            for sentence, statement in statements.items():
                sentences += [f"{sentence}: {row}" for (row,) in owner.execute(statement.encode())]
        found.given_up = _number(owner, "SELECT count(*) FROM analyses WHERE status = 'failed'")
        letters = _letters(site)
        found.letters = len(letters)
        found.doubled += [f"a letter came {n} times: {one}" for one, n in letters.items() if n > 1]
        sent = owner.execute("SELECT id FROM appointment_letters WHERE outcome = 'SENT'").fetchall()
        found.lost += [f"a letter is not there: {one}" for (one,) in sent if one not in letters]
        photos = owner.execute("SELECT id, taken_at FROM dental_photos").fetchall()
    wanted = set(acknowledged["photos"])
    mine = {row_id: taken_at for row_id, taken_at in photos if row_id in wanted}
    found.lost += [f"a photo is not the one that was sent: {one}" for one in _changed(site, mine)]
    return found


def _wait_for_the_worker(owner: psycopg.Connection[Any]) -> None:
    """Ends, too, where nothing has been finished for long: what is left then is lost."""
    left, since = _number(owner, _WAITING), time.monotonic()
    while left and time.monotonic() < since + _IDLE_SECONDS:
        time.sleep(0.2)
        now = _number(owner, _WAITING)
        if now < left:
            left, since = now, time.monotonic()


def _number(owner: psycopg.Connection[Any], statement: str) -> int:
    row = owner.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def _letters(site: Site) -> Counter[str]:
    """How often each came, by the id of which its Message-ID is made."""
    found: Counter[str] = Counter()
    for file in (site.home / "home" / "mail").glob("*.eml"):
        letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        found[str(letter["Message-ID"]).strip("<>").partition("@")[0]] += 1
    return found


def _changed(site: Site, photos: Mapping[str, Any]) -> Iterator[str]:
    """Photos that are not answered with the very picture that was taken at that moment."""
    with httpx.Client(base_url=f"http://127.0.0.1:{site.port}{V1}", timeout=30) as client:
        answer = client.post("/auth/login", json={"email": site.email, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        for photo_id, taken_at in photos.items():
            content = client.get(f"/photos/{photo_id}/content")
            if content.status_code != 200 or content.content != _kept(picture_of(taken_at)):
                yield f"{photo_id} ({content.status_code})"


@cache
def _kept(data: bytes) -> bytes:
    """As the service keeps it: upright and without metadata."""
    return normalise(data).data
