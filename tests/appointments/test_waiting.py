"""A freed time goes to the next in line, is held for them against everybody, and is booked at most once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.appointments.conftest import V1, Practice, code, in_days
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.appointments import waiting
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[Any, ...]]
AT = in_days(6)


async def join(practice: Practice, doctor: Actor, *, patient: Actor | None = None, **wish: Any) -> Actor:
    """A patient in the doctor's line, for a whole month unless ``wish`` says otherwise."""
    patient = patient or practice.people.patient()
    answer = await joined(practice, doctor, patient, **wish)
    assert answer.status_code == 201, answer.text
    return patient


async def joined(practice: Practice, doctor: Actor, patient: Actor, **wish: Any) -> httpx.Response:
    body = {
        "doctorId": doctor.doctor_id,
        "duration": 30,
        "earliestOn": in_days(0).date().isoformat(),
        "latestOn": in_days(30).date().isoformat(),
        "reason": "Pain",
    }
    return await practice.api.post(
        f"{V1}/me/waiting-list", headers=practice.headers(patient), json={**body, **wish}
    )


async def offers(practice: Practice, patient: Actor) -> list[dict[str, Any]]:
    answer = await practice.api.get(f"{V1}/me/offers", headers=practice.headers(patient))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def answered(practice: Practice, patient: Actor, offer: str, how: str) -> httpx.Response:
    return await practice.api.post(f"{V1}/offers/{offer}/{how}", headers=practice.headers(patient))


async def free(practice: Practice, doctor: Actor, at: datetime = AT) -> None:
    """Somebody books that time and cancels it."""
    somebody = practice.people.patient()
    made = await practice.booked(somebody, doctor, at)
    assert (await practice.do(somebody, made["id"], "cancellation")).status_code == 200


async def test_a_cancelled_time_is_held_for_the_first_in_line(practice: Practice) -> None:
    doctor = await practice.doctor()
    first, second = await join(practice, doctor), await join(practice, doctor)
    await free(practice, doctor)
    (offer,) = await offers(practice, first)
    assert datetime.fromisoformat(offer["scheduledAt"]) == AT
    assert await offers(practice, second) == []
    stranger = practice.people.patient()
    day = {"from": AT.isoformat(), "to": (AT + timedelta(hours=1)).isoformat()}
    held = AT.isoformat().replace("+00:00", "Z")
    assert held not in await practice.slots(stranger, doctor, **day)
    assert held in await practice.slots(first, doctor, **day)
    assert code(await practice.book(stranger, doctor, AT)) == (409, "slot-taken")
    assert code(await practice.book(stranger, doctor, AT + timedelta(minutes=15))) == (409, "slot-taken")
    made = await answered(practice, first, offer["id"], "acceptance")
    assert made.status_code == 201, made.text
    assert made.json()["reason"] == "Pain"
    assert await offers(practice, first) == []
    assert (await practice.api.get(f"{V1}/me/waiting-list", headers=practice.headers(first))).json()[
        "items"
    ] == []
    assert code(await answered(practice, first, offer["id"], "acceptance")) == (409, "offer-over")


async def test_the_database_itself_holds_the_time(practice: Practice, owner: Owner) -> None:
    """Whoever writes past the application is refused, under the name of the exclusion constraint."""
    doctor = await practice.doctor()
    first = await join(practice, doctor)
    await free(practice, doctor)
    row = (new_id(), practice.people.patient().patient_id, doctor.doctor_id, AT)
    insert = (
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%s, %s, %s, %s, 30, 'Pain')"
    )
    with pytest.raises(psycopg.errors.ExclusionViolation) as raised:
        owner.execute(insert, row)
    assert raised.value.diag.constraint_name == "appointments_doctor_overlap"
    owner.execute("UPDATE slot_offers SET expires_at = now() WHERE patient_id = %s", (first.patient_id,))
    owner.execute(insert, row)  # over by time alone, without any job


async def test_a_dentist_overbooks_beside_a_held_time_with_a_reason(practice: Practice) -> None:
    doctor = await practice.doctor()
    await join(practice, doctor)
    await free(practice, doctor)
    patient = practice.people.patient()
    practice.people.diagnosis(patient, doctor=doctor)
    more = {"patientId": patient.patient_id}
    assert code(await practice.book(doctor, doctor, AT, **more)) == (409, "slot-taken")
    made = await practice.book(doctor, doctor, AT, overbooking={"reason": "Swollen"}, **more)
    assert made.status_code == 201


async def test_declined_expired_and_left_offers_go_to_the_next(practice: Practice, owner: Owner) -> None:
    doctor = await practice.doctor()
    line = [await join(practice, doctor) for _ in range(4)]
    await free(practice, doctor)
    (offer,) = await offers(practice, line[0])
    assert (await answered(practice, line[0], offer["id"], "refusal")).status_code == 204
    assert code(await answered(practice, line[0], offer["id"], "refusal")) == (409, "offer-over")
    (offer,) = await offers(practice, line[1])
    owner.execute("UPDATE slot_offers SET expires_at = now() WHERE id = %s", (offer["id"],))
    assert code(await answered(practice, line[1], offer["id"], "acceptance")) == (409, "offer-over")
    assert await offers(practice, line[2]) == []
    assert await passed_on(practice) >= 1
    (offer,) = await offers(practice, line[2])
    (entry,) = (await practice.api.get(f"{V1}/me/waiting-list", headers=practice.headers(line[2]))).json()[
        "items"
    ]
    left = await practice.api.delete(f"{V1}/me/waiting-list/{entry['id']}", headers=practice.headers(line[2]))
    assert left.status_code == 204
    (offer,) = await offers(practice, line[3])
    assert (await answered(practice, line[3], offer["id"], "acceptance")).status_code == 201
    statuses = owner.execute(
        "SELECT o.status FROM slot_offers o JOIN waiting_entries w ON w.id = o.entry_id "
        "WHERE o.doctor_id = %s ORDER BY w.created_at", (doctor.doctor_id,)
    ).fetchall()  # fmt: skip
    assert statuses == [("DECLINED",), ("EXPIRED",), ("WITHDRAWN",), ("ACCEPTED",)]


async def passed_on(practice: Practice) -> int:
    database: Database = practice.database
    return await waiting.pass_on_expired(database)


async def test_moving_frees_the_old_time_and_nobody_is_offered_the_own_cancelled_one(
    practice: Practice,
) -> None:
    doctor = await practice.doctor()
    mover = practice.people.patient()
    made = await practice.booked(mover, doctor, AT)
    waiter = await join(practice, doctor)
    moved = await practice.do(
        mover, made["id"], "reschedule", scheduledAt=(AT + timedelta(days=2)).isoformat()
    )
    assert moved.status_code == 200
    (offer,) = await offers(practice, waiter)
    assert datetime.fromisoformat(offer["scheduledAt"]) == AT
    canceller = practice.people.patient()
    made = await practice.booked(canceller, doctor, AT + timedelta(days=3))
    await join(practice, doctor, patient=canceller, latestOn=(AT + timedelta(days=5)).date().isoformat())
    await practice.do(canceller, made["id"], "cancellation")
    assert await offers(practice, canceller) == []


async def test_booking_in_the_wanted_days_ends_the_waiting_and_passes_the_offer_on(
    practice: Practice,
) -> None:
    doctor = await practice.doctor()
    first, second = await join(practice, doctor), await join(practice, doctor)
    later = await join(practice, doctor, latestOn=in_days(10).date().isoformat())
    await free(practice, doctor)
    assert len(await offers(practice, first)) == 1
    await practice.booked(first, doctor, AT + timedelta(days=1))
    assert await offers(practice, first) == []
    assert len(await offers(practice, second)) == 1
    await practice.booked(later, doctor, in_days(20))  # not what was wished for
    place = await practice.api.get(f"{V1}/me/waiting-list", headers=practice.headers(later))
    assert len(place.json()["items"]) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"earliestOn": "2030-02-01", "latestOn": "2030-01-31"}, "latestOn"),
        ({"opens": "09:00", "closes": "09:20"}, "closes"),
        ({"weekdays": []}, "weekdays"),
        ({"duration": 0}, "duration"),
    ],
)
async def test_a_wish_that_nothing_can_fulfil_is_refused(
    practice: Practice, wish: dict[str, Any], field: str
) -> None:
    doctor = await practice.doctor()
    answer = await joined(practice, doctor, practice.people.patient(), **wish)
    assert answer.status_code == 422
    assert field in answer.text


async def test_nobody_waits_twice_in_one_line_nor_with_an_unverified_doctor(practice: Practice) -> None:
    doctor = await practice.doctor()
    patient = await join(practice, doctor)
    assert (await joined(practice, doctor, patient)).status_code == 409
    answer = await joined(practice, practice.people.doctor(verified=False), patient)
    assert code(answer) == (409, "doctor-not-verified")
    assert code(await joined(practice, doctor, doctor)) == (403, "waiting-for-patients")


async def test_what_is_too_soon_for_the_dentist_is_offered_to_nobody(practice: Practice) -> None:
    doctor = await practice.doctor(minimumNoticeMinutes=60 * 24 * 7)
    somebody = practice.people.patient()
    practice.people.diagnosis(somebody, doctor=doctor)
    made = await practice.booked(doctor, doctor, AT, patientId=somebody.patient_id)
    waiter = await join(practice, doctor)
    assert (await practice.do(somebody, made["id"], "cancellation")).status_code == 200
    assert await offers(practice, waiter) == []


async def test_of_many_who_press_at_once_one_books(practice: Practice, owner: Owner) -> None:
    """Twenty acceptances of one offer, and thirty bookings of the same time beside them."""
    for round_ in range(3):
        doctor = await practice.doctor()
        first = await join(practice, doctor)
        at = AT + timedelta(days=round_)
        await free(practice, doctor, at)
        (offer,) = await offers(practice, first)
        others = [practice.people.patient() for _ in range(30)]
        answers = await asyncio.gather(
            *(answered(practice, first, offer["id"], "acceptance") for _ in range(20)),
            *(practice.book(other, doctor, at) for other in others),
        )
        accepts, bookings = answers[:20], answers[20:]
        assert Counter(answer.status_code for answer in accepts) == {201: 1, 409: 19}
        assert Counter(answer.status_code for answer in bookings) == {409: 30}
        booked = owner.execute(
            "SELECT patient_id FROM appointments WHERE doctor_id = %s AND status = 'SCHEDULED'",
            (doctor.doctor_id,),
        ).fetchall()
        assert booked == [(first.patient_id,)]


async def test_acceptances_refusals_and_expiries_at_once_never_give_a_time_twice(
    practice: Practice, owner: Owner
) -> None:
    doctor = await practice.doctor()
    line = [await join(practice, doctor) for _ in range(12)]
    times = [AT + timedelta(hours=n) for n in range(6)]
    for at in times:
        await free(practice, doctor, at)

    async def one(number: int, patient: Actor) -> None:
        for offer in await offers(practice, patient):
            how = "acceptance" if number % 3 else "refusal"
            answer = await answered(practice, patient, offer["id"], how)
            assert answer.status_code in (201, 204, 409), answer.text

    for _ in range(4):
        owner.execute(
            "UPDATE slot_offers SET expires_at = now() WHERE doctor_id = %s AND status = 'OPEN' "
            "AND id < (SELECT max(id) FROM slot_offers)", (doctor.doctor_id,)
        )  # fmt: skip
        await asyncio.gather(
            *(one(number, patient) for number, patient in enumerate(line)),
            *(passed_on(practice) for _ in range(2)),
        )
    twice = owner.execute(
        "SELECT scheduled_at FROM appointments WHERE doctor_id = %s AND status = 'SCHEDULED' "
        "GROUP BY 1 HAVING count(*) > 1", (doctor.doctor_id,)
    ).fetchall()  # fmt: skip
    assert twice == []
    live = owner.execute(
        "SELECT scheduled_at FROM slot_offers WHERE doctor_id = %s AND status = 'OPEN' "
        "AND expires_at > now() GROUP BY 1 HAVING count(*) > 1", (doctor.doctor_id,)
    ).fetchall()  # fmt: skip
    assert live == []


wishes = st.fixed_dictionaries(
    {
        "minutes": st.sampled_from([15, 30, 45]),
        "weekdays": st.integers(1, 127),
        "opens": st.sampled_from([0, 540, 600, 615]),
        "closes": st.sampled_from([660, 720, 1440]),
        "earliest": st.integers(0, 9),
        "latest": st.integers(4, 12),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(wishes, min_size=1, max_size=6), st.sampled_from([15, 30]))
def test_it_is_the_first_whose_wish_the_time_fulfils(
    people: People, owner: Owner, line: list[dict[str, int]], freed: int
) -> None:
    """Against a plain model: in the order of joining, by the doctor's clock."""
    doctor, ids = people.doctor(), []
    owner.execute(
        "INSERT INTO doctor_schedules (doctor_id, time_zone, minimum_notice_minutes) "
        "VALUES (%s, 'Asia/Jakarta', 0)", (doctor.doctor_id,)
    )  # fmt: skip
    for weekday in range(1, 8):
        owner.execute(
            "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) VALUES (%s, %s, %s, 0, 1440)",
            (new_id(), doctor.doctor_id, weekday),
        )
    today = in_days(0).date()
    for number, wish in enumerate(line):
        days = sorted((today + timedelta(days=wish["earliest"]), today + timedelta(days=wish["latest"])))
        ids.append(new_id())
        owner.execute(
            "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, "
            "weekdays, opens, closes, reason, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'x', "
            "now() + make_interval(secs => %s))",
            (ids[-1], people.patient().patient_id, doctor.doctor_id, wish["minutes"], *days,
             wish["weekdays"], wish["opens"], wish["closes"], number),
        )  # fmt: skip
    made = new_id()
    owner.execute(  # ten o'clock in Jakarta
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%s, %s, %s, %s, %s, 'x')",
        (made, people.patient().patient_id, doctor.doctor_id, AT, freed),
    )
    owner.execute("UPDATE appointments SET status = 'CANCELLED' WHERE id = %s", (made,))
    found = owner.execute(
        "SELECT entry_id, duration FROM slot_offers WHERE doctor_id = %s", (doctor.doctor_id,)
    ).fetchall()
    fits = [
        (ids[number], wish["minutes"])
        for number, wish in enumerate(line)
        if wish["minutes"] <= freed
        and min(wish["earliest"], wish["latest"]) <= 6 <= max(wish["earliest"], wish["latest"])
        and wish["weekdays"] >> AT.weekday() & 1
        and wish["opens"] <= 600
        and 600 + wish["minutes"] <= wish["closes"]
    ]
    assert found == fits[:1]


async def test_an_offer_is_told_once_and_only_while_it_is_open(fresh_urls: Urls) -> None:
    from tests.appointments.desk import Hand

    from dentalization.appointments import notices
    from dentalization.appointments.reminder_errors import LetterClaimed

    db = await open_database(fresh_urls.app)
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        people, hand = People(owner), Hand(pause=0.2)
        doctor, patient = people.doctor(), people.patient()
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone) VALUES (%s, 'Asia/Makassar')",
            (doctor.doctor_id,),
        )
        for weekday in range(1, 8):
            owner.execute(
                "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) "
                "VALUES (%s, %s, %s, 0, 1440)",
                (new_id(), doctor.doctor_id, weekday),
            )
        owner.execute(
            "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, "
            "reason) VALUES (%s, %s, %s, 30, current_date, current_date + 30, 'Root canal')",
            (new_id(), patient.patient_id, doctor.doctor_id),
        )
        made = new_id()
        owner.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
            "VALUES (%s, %s, %s, %s, 30, 'x')",
            (made, people.patient().patient_id, doctor.doctor_id, AT),
        )
        owner.execute("UPDATE appointments SET status = 'CANCELLED' WHERE id = %s", (made,))
        ((notice,),) = owner.execute("SELECT id FROM care_notices").fetchall()
        jobs = owner.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'appointments.notice'"
        ).fetchone()
        assert jobs == (1,)

        def deliver() -> Any:
            return notices.deliver(
                db, hand, notice_id=notice, public_url="https://example.com", usual_zone="Asia/Jakarta"
            )

        ends = await asyncio.gather(*(deliver() for _ in range(5)), return_exceptions=True)
        assert all(end is None or isinstance(end, LetterClaimed) for end in ends)
        await deliver()
        (letter,) = hand.sent
        assert "11:00 WITA" in letter.text
        assert "30 minutes with Budi Santoso" in letter.text
        assert "Root canal" not in letter.text + letter.subject
        owner.execute("UPDATE care_notices SET settled_at = NULL, outcome = NULL, claimed_at = NULL")
        owner.execute("UPDATE slot_offers SET expires_at = now()")
        await deliver()
        assert len(hand.sent) == 1
        assert owner.execute("SELECT outcome FROM care_notices").fetchone() == ("NOT_WANTED",)
    await db.close()
