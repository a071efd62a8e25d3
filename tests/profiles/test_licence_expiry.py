"""A licence ends with its last day where the doctor practises, by itself; the job only notes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import httpx
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.profiles.licence_cases import V1, Owner, app_runs, is_verified, licence, numbers, steps, today

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.errors import InvalidInput
from dentalization.profiles import licence_decisions, licences
from dentalization.settings import from_environment

Headers = Callable[[Actor], dict[str, str]]
ZONE = "Asia/Jakarta"


def acts_as_doctor(urls: Urls, doctor: Actor) -> bool:
    """Whether the database takes the doctor for a verified one, by the identity alone."""
    return app_runs(urls, doctor, "SELECT current_setting('app.doctor_id')") == [(doctor.doctor_id,)]


def zone_where_midnight_is(owner: Owner, away: timedelta) -> str:
    """A zone in whose clocks the next midnight is ``away`` from now; it was, where that is below zero."""
    found = owner.execute("SELECT now() AT TIME ZONE 'UTC'").fetchone()
    assert found is not None
    assert isinstance(found[0], datetime)
    midnight = datetime.combine(found[0].date(), datetime.min.time())
    ahead = int((midnight + timedelta(days=1) - away - found[0]).total_seconds())
    sign = "-" if ahead >= 0 else ""  # POSIX counts westwards
    hours, rest = divmod(abs(ahead), 3600)
    return f"<here>{sign}{hours}:{rest // 60:02}:{rest % 60:02}"


@pytest.mark.parametrize(("minutes", "holds"), [(5, True), (-5, False)])
def test_it_ends_at_midnight_of_the_zone_and_not_before(
    urls: Urls, people: People, owner: Owner, minutes: int, holds: bool
) -> None:
    doctor = people.doctor()
    zone = zone_where_midnight_is(owner, timedelta(minutes=minutes))
    last_day = today(owner, zone) - timedelta(days=0 if minutes > 0 else 1)
    licence(owner, doctor, last_day, zone=zone)
    assert acts_as_doctor(urls, doctor) is holds
    assert is_verified(owner, doctor) is True, "no job has run"


def test_the_same_day_has_ended_in_one_zone_and_not_in_another(
    urls: Urls, people: People, owner: Owner
) -> None:
    """26 hours lie between these two, so their dates always differ."""
    east, west = people.doctor(), people.doctor()
    last_day = today(owner, "Etc/GMT+12")
    licence(owner, west, last_day, zone="Etc/GMT+12")
    licence(owner, east, last_day, zone="Etc/GMT-14")
    assert acts_as_doctor(urls, west)
    assert not acts_as_doctor(urls, east)


def test_of_several_licences_the_longest_counts_and_without_any_the_hand_that_verified(
    urls: Urls, people: People, owner: Owner
) -> None:
    doctor = people.doctor()
    assert acts_as_doctor(urls, doctor)
    now = today(owner, ZONE)
    for status in ("SUBMITTED", "REJECTED", "WITHDRAWN", "EXPIRED"):
        owner.execute(
            """INSERT INTO licence_submissions (id, doctor_id, sip_number, sip_issuer, sip_expires_on,
                 str_number, time_zone, status, decided_at, reason)
               VALUES (%s, %s, 'n', 'i', '2020-01-01', 'n', %s, %s,
                 CASE WHEN %s <> 'SUBMITTED' THEN now() END, 'r')""",
            (f"{doctor.doctor_id}{status}", doctor.doctor_id, ZONE, status, status),
        )
        assert acts_as_doctor(urls, doctor), status
    licence(owner, doctor, now - timedelta(days=1))
    assert not acts_as_doctor(urls, doctor)
    licence(owner, doctor, now)
    assert acts_as_doctor(urls, doctor)
    owner.execute("UPDATE doctor_profiles SET is_verified = false WHERE id = %s", (doctor.doctor_id,))
    assert not acts_as_doctor(urls, doctor)


async def test_an_expired_doctor_loses_what_a_verified_one_may_at_the_next_request(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor, patient = people.doctor(), people.patient()
    diagnosis = people.diagnosis(patient, doctor=doctor)
    found = licence(owner, doctor, today(owner, ZONE))
    address, headers = f"{V1}/diagnoses/{diagnosis}", signed_in(doctor)
    assert (await api.get(address, headers=headers)).status_code == 200
    owner.execute(
        "UPDATE licence_submissions SET sip_expires_on = sip_expires_on - 1 WHERE id = %s", (found,)
    )
    assert (await api.get(address, headers=headers)).status_code == 404
    mine = (await api.get(f"{V1}/me/licence", headers=headers)).json()
    assert (mine["verified"], mine["missing"], mine["daysLeft"]) == (False, ["new-licence"], -1)


async def test_the_job_marks_what_has_ended_once(
    context: Context, people: People, owner: Owner, urls: Urls
) -> None:
    ended, renewed, lasting = people.doctor(), people.doctor(), people.doctor()
    now = today(owner, ZONE)
    licence(owner, ended, now - timedelta(days=1))
    licence(owner, renewed, now - timedelta(days=1))
    licence(owner, renewed, now + timedelta(days=900))
    licence(owner, lasting, now + timedelta(days=900))
    assert await licence_decisions.watch(context.db, time_zone=ZONE) >= 2
    assert await licence_decisions.watch(context.db, time_zone=ZONE) == 0
    assert [is_verified(owner, one) for one in (ended, renewed, lasting)] == [False, True, True]
    assert steps(owner, ended) == [("SUBMITTED", None, None), ("EXPIRED", None, None)]
    assert sorted(str(step) for step, _, _ in steps(owner, renewed)) == ["EXPIRED", "SUBMITTED", "SUBMITTED"]
    assert [step for step, _, _ in steps(owner, lasting)] == ["SUBMITTED"]
    assert acts_as_doctor(urls, renewed)


async def test_notices_are_given_once_at_each_distance(
    context: Context, people: People, owner: Owner
) -> None:
    doctor, now = people.doctor(), today(owner, ZONE)
    found = licence(owner, doctor, now + timedelta(days=61))
    notices: list[list[int]] = []
    for left in (61, 60, 59, 31, 30, 8, 7, 0):
        owner.execute(
            "UPDATE licence_submissions SET sip_expires_on = %s WHERE id = %s",
            (now + timedelta(days=left), found),
        )
        for _ in range(2):
            await licence_decisions.watch(context.db, time_zone=ZONE)
        mine = await licences.own(context.db, actor=doctor)
        notices.append(sorted(event.days or 0 for event in mine.events if event.step == "NOTICE"))
    assert notices == [[], [60], [60], [60], [30, 60], [30, 60], [7, 30, 60], [7, 30, 60]]


async def test_a_renewed_licence_is_not_warned_about(context: Context, people: People, owner: Owner) -> None:
    doctor, now = people.doctor(), today(owner, ZONE)
    licence(owner, doctor, now + timedelta(days=5))
    licence(owner, doctor, now + timedelta(days=500))
    await licence_decisions.watch(context.db, time_zone=ZONE)
    assert "NOTICE" not in [step for step, _, _ in steps(owner, doctor)]


async def test_only_the_worker_runs_the_calendar(urls: Urls, people: People, owner: Owner) -> None:
    doctor = people.doctor()
    found = licence(owner, doctor, date(2020, 1, 1))
    for actor in (doctor, people.admin(), Actor.nobody()):
        assert app_runs(urls, actor, "SELECT app_watch_licences('UTC')") == [(0,)]
    assert owner.execute("SELECT status FROM licence_submissions WHERE id = %s", (found,)).fetchone() == (
        "VERIFIED",
    )


async def test_a_new_zone_of_the_operator_holds_for_licences_that_are_there(
    context: Context, people: People, owner: Owner, urls: Urls
) -> None:
    doctor = people.doctor()
    licence(owner, doctor, today(owner, "Etc/GMT-14") - timedelta(days=1), zone="Etc/GMT-14")
    assert not acts_as_doctor(urls, doctor)
    await licence_decisions.watch(context.db, time_zone="Etc/GMT+12")
    assert acts_as_doctor(urls, doctor), "in that zone the day has not ended"


async def test_a_decision_by_hand_after_the_end_does_not_wait_for_the_job(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner, urls: Urls
) -> None:
    doctor, admin = people.doctor(), signed_in(people.admin())
    licence(owner, doctor, date(2020, 1, 1))
    path = f"{V1}/admin/doctors/{doctor.doctor_id}/verification"
    body = {"decision": "VERIFIED", "reason": "The renewal was shown at the desk."}
    assert (await api.post(path, json=body, headers=admin)).status_code == 204
    assert acts_as_doctor(urls, doctor)
    assert [step for step, _, _ in steps(owner, doctor)] == ["SUBMITTED", "EXPIRED", "VERIFIED"]


async def test_a_last_day_is_judged_by_the_date_of_the_zone(
    context: Context, people: People, owner: Owner
) -> None:
    zone = zone_where_midnight_is(owner, timedelta(minutes=5))
    here = today(owner, zone)
    body = numbers()
    words = {"sip_number": body["sipNumber"], "issuer": "i", "str_number": "s", "time_zone": zone}
    doctor = people.doctor(verified=False)
    with pytest.raises(InvalidInput):
        await licences.submit(context.db, actor=doctor, expires_on=here - timedelta(days=1), **words)
    found = await licences.submit(context.db, actor=doctor, expires_on=here, **words)
    assert found.submissions[0].days_left == 0


def test_the_zone_is_a_setting_with_a_clear_refusal() -> None:
    assert from_environment({}).time_zone == "Asia/Jakarta"
    assert from_environment({"DENTALIZATION_TIMEZONE": "Asia/Makassar"}).time_zone == "Asia/Makassar"
    with pytest.raises(InvalidInput, match="DENTALIZATION_TIMEZONE"):
        from_environment({"DENTALIZATION_TIMEZONE": "Nowhere/Else"})
