"""Who gets what: every route, asked by everybody, about one patient's data.

A cell is a status; '+' behind it means that the answer shows something of the patient, its absence that it
must not. A page that is refused for want of a session leads to the sign-in page (303).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI

from tests.access.world import WHO, World

API = "/api/v1"
REASON = "Unconscious at the clinic, allergies unknown."


@dataclass(frozen=True)
class Row:
    """``cells`` in the order of `world.WHO`; ``ask`` gives path parameters and what else is sent."""

    route: str
    cells: str
    ask: Callable[[World], dict[str, Any]] = field(default=lambda _: {})
    about: str = ""
    """What is asked for, where the same route stands in several rows."""

    @property
    def expected(self) -> dict[str, str]:
        cells = dict(zip(WHO, self.cells.split(), strict=True))
        assert all(cell.rstrip("+").isdigit() for cell in cells.values()), self.route
        return cells

    @property
    def method(self) -> str:
        return self.route.split()[0]

    @property
    def path(self) -> str:
        return self.route.split()[1]


def everybody(cell: str) -> str:
    return " ".join([cell] * len(WHO))


def of_patient(world: World) -> dict[str, Any]:
    return {"query": {"patientId": world.patient.patient_id}}


def in_days(days: int) -> str:
    """At a full hour."""
    return (datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)).isoformat()


def at_hand(world: World) -> dict[str, Any]:
    return {"appointment_id": world.appointment}


def booking(world: World) -> dict[str, Any]:
    """Of the patient, with the doctor in whose care the patient is."""
    return {
        "doctorId": world.actors["care"].doctor_id,
        "patientId": world.patient.patient_id,
        "scheduledAt": in_days(5),
        "duration": 30,
        "reason": "Pain",
    }


def waiting(world: World) -> dict[str, Any]:
    """In the line of the doctor in whose care the patient is, where the patient is already."""
    days = {"earliestOn": in_days(1)[:10], "latestOn": in_days(30)[:10]}
    doctor = {"doctorId": world.actors["care"].doctor_id}
    return {"json": {**doctor, **days, "duration": 30, "reason": "Pain"}}


# fmt: off
#                                             nobody patient other unverified care stranger admin emergency
OPEN = (
    Row("GET /livez",                         everybody("200")),
    Row("GET /readyz",                        everybody("200")),
    Row("GET /calendar/{token}.ics",        everybody("404"), lambda _: {"token": "a" * 43}),
    Row("GET /metrics",                       everybody("200")),
    Row(f"GET {API}/openapi.json",            everybody("200")),
    Row(f"POST {API}/auth/login",             everybody("401"),
        lambda _: {"json": {"email": "nobody@example.com", "password": "not this one"}}),
    Row(f"POST {API}/auth/refresh",           everybody("401"),
        lambda _: {"json": {"refreshToken": "none"}}),
    Row(f"POST {API}/auth/register",          everybody("201"),
        lambda world: {"json": {"email": f"{world.marker.lower()}@example.com", "password": "a good one 9",
                                "role": "PATIENT", "firstName": "A", "lastName": "B"}}),
    Row(f"GET {API}/erasures/{{request_id}}", everybody("404"),
        lambda _: {"request_id": "c0", "query": {"token": "none"}}),
    Row(f"POST {API}/auth/password-reset",    everybody("202"),
        lambda world: {"json": {"email": f"{world.marker.lower()}@example.com"}}),
    Row(f"POST {API}/auth/password-reset/confirmation", everybody("409"),
        lambda _: {"json": {"token": "a" * 43, "password": "a good one 9"}}),
    Row(f"POST {API}/auth/email-verification", everybody("409"), lambda _: {"json": {"token": "a" * 43}}),
    Row(f"POST {API}/auth/login/factor",      everybody("401"),
        lambda _: {"json": {"challenge": "none", "code": "000000"}}),
    Row(f"POST {API}/auth/login/factor/options", everybody("401"), lambda _: {"json": {"challenge": "none"}}),
    Row(f"POST {API}/auth/reauthentication",  "401 422 422 422 422 422 422 422",
        lambda _: {"json": {"password": "not this one"}}),
    Row(f"POST {API}/auth/logout",            "401 204 204 204 204 204 204 204"),
)
OWN = (
    Row(f"GET {API}/me",                      "401 200+ 200 200 200 200 200 200"),
    Row(f"PATCH {API}/me/profile",            "401 200+ 200 200 200 200 404 404",
        lambda _: {"json": {"phone": "+62 21 12345678"}}),
    Row(f"GET {API}/me/sessions",             "401 200+ 200 200 200 200 200 200"),
    Row(f"DELETE {API}/me/sessions/{{session_id}}", "401 204 404 404 404 404 404 404",
        lambda world: {"session_id": world.session}),
    Row(f"POST {API}/me/email/verification",  "401 202+ 202 202 202 202 202 202"),
    Row(f"POST {API}/me/email",               "401 401 401 401 401 401 401 401",
        lambda _: {"json": {"email": "another@example.com", "password": "not this one"}}),
    Row(f"POST {API}/me/password",            "401 422 422 422 422 422 422 422",
        lambda _: {"json": {"currentPassword": "not this one", "newPassword": "a good one 9"}}),
    Row(f"GET {API}/me/factors",              "401 200 200 200 200 200 200 200"),
    Row(f"POST {API}/me/factors/totp",        "401 201+ 201 201 201 201 201 201"),
    Row(f"POST {API}/me/factors/totp/confirmation", "401 404 404 404 404 404 404 404",
        lambda _: {"json": {"code": "000000"}}),
    Row(f"DELETE {API}/me/factors/totp",      "401 404 404 404 404 404 404 404"),
    Row(f"POST {API}/me/factors/recovery-codes", "401 404 404 404 404 404 404 404"),
    Row(f"POST {API}/me/factors/passkeys/options", "401 200+ 200 200 200 200 200 200"),
    Row(f"POST {API}/me/factors/passkeys",    "401 422 422 422 422 422 422 422",
        lambda _: {"json": {"credential": {}}}),
    Row(f"DELETE {API}/me/factors/passkeys/{{passkey_id}}", "401 404 404 404 404 404 404 404",
        lambda _: {"passkey_id": "c0"}),
    Row(f"GET {API}/me/events",               "401 200 200 200 200 200 200 200"),
    Row(f"GET {API}/me/consents",             "401 200 200 200 200 200 200 200"),
    Row(f"PUT {API}/me/consents/{{purpose}}", "401 200 200 200 200 200 200 200",
        lambda _: {"purpose": "RESEARCH", "json": {"granted": True, "version": 1}}),
    Row(f"GET {API}/me/export",               "401 200+ 200 200 200 200 200 200"),
    Row(f"POST {API}/me/erasure",             "401 422 422 422 422 422 422 422",
        lambda _: {"json": {"password": "not this one"}}),
    Row(f"GET {API}/me/licence",              "401 403 403 200 200 200 403 403"),
    Row(f"POST {API}/me/licence",             "401 403 403 201 201 201 403 403",
        lambda world: {"json": {"sipNumber": world.marker, "issuer": "Dinas Kesehatan", "strNumber": "1",
                                "expiresOn": "2030-01-31"}}),
    Row(f"POST {API}/me/licence/withdrawal",  "401 403 403 409 409 409 403 403"),
    Row(f"POST {API}/me/licence/documents",   "401 403 403 409 409 409 403 403", lambda _: {"upload": {}}),
    Row(f"GET {API}/me/licence/documents/{{document_id}}", "401 404 404 404 404 404 404 404",
        lambda _: {"document_id": "c0"}),
    Row(f"GET {API}/me/calendar-feed",        "401 200 200 200 200 200 200 200"),
    Row(f"POST {API}/me/calendar-feed",       "401 201 201 201 201 201 201 201"),
    Row(f"DELETE {API}/me/calendar-feed",     "401 204 204 204 204 204 204 204"),
    Row(f"GET {API}/me/access-log",           "401 200 200 200 200 200 200 200"),
)
CLINICAL = (
    Row(f"GET {API}/photos",                  "401 200+ 200 200 200+ 200+ 200 200+", of_patient,
        "the stranger sees the photo whose diagnosis waits for a dentist"),
    Row(f"POST {API}/photos",                 "401 201+ 404 404 201+ 404 404 404",
        lambda world: {"upload": {"patientId": world.patient.patient_id, "photoType": "intraoral"}}),
    Row(f"GET {API}/photos/{{photo_id}}",     "401 200+ 404 404 200+ 404 404 200+",
        lambda world: {"photo_id": world.photo}),
    Row(f"GET {API}/photos/{{photo_id}}/content", "401 404 404 404 404 404 404 404",
        lambda world: {"photo_id": world.photo}, "its bytes were never stored here: 404 for all"),
    Row(f"GET {API}/diagnoses",               "401 200+ 200 200 200+ 200+ 200 200+", of_patient,
        "the stranger sees the case that nobody has taken on"),
    Row(f"GET {API}/diagnoses",               "401 200+ 200 200 200+ 200+ 200 200",
        lambda _: {"query": {"status": "PENDING", "limit": "100"}}, "the own list, or the queue"),
    Row(f"GET {API}/diagnoses/stats",         "401 403 403 200 200 200 403 403"),
    Row(f"POST {API}/diagnoses",              "401 202+ 404 404 202+ 404 404 202+",
        lambda world: {"json": {"photoId": world.photo}}),
    Row(f"GET {API}/diagnoses/{{diagnosis_id}}", "401 200+ 404 404 200+ 404 404 200+",
        lambda world: {"diagnosis_id": world.diagnosis}),
    Row(f"GET {API}/diagnoses/{{diagnosis_id}}", "401 200+ 404 404 200+ 200+ 404 200+",
        lambda world: {"diagnosis_id": world.unclaimed}, "a case that nobody has taken on"),
    Row(f"POST {API}/diagnoses/{{diagnosis_id}}/claim", "401 403 403 403 200+ 404 403 403",
        lambda world: {"diagnosis_id": world.diagnosis}),
    Row(f"POST {API}/diagnoses/{{diagnosis_id}}/claim", "401 403 403 403 200+ 200+ 403 403",
        lambda world: {"diagnosis_id": world.unclaimed}, "a case that nobody has taken on"),
    Row(f"POST {API}/diagnoses/{{diagnosis_id}}/review", "401 403 403 403 200+ 404 403 403",
        lambda world: {"diagnosis_id": world.diagnosis, "json": {"decision": "CONFIRMED"}}),
    Row(f"GET {API}/analyses/{{analysis_id}}", "401 200+ 404 404 200+ 404 404 200+",
        lambda world: {"analysis_id": world.analysis}),
    Row(f"POST {API}/analyses/{{analysis_id}}/retry", "401 202+ 404 404 202+ 404 404 403",
        lambda world: {"analysis_id": world.failed}),
    Row(f"GET {API}/doctors/me/patients",     "401 403 403 200 200+ 200 403 403"),
)
APPOINTMENTS = (
    Row(f"GET {API}/doctors/{{doctor_id}}/slots", "401 200 200 200 200 200 200 200",
        lambda world: {"doctor_id": world.actors["care"].doctor_id}),
    Row(f"GET {API}/doctors/{{doctor_id}}/slots", "401 404 404 404 404 404 404 404",
        lambda world: {"doctor_id": world.actors["unverified"].doctor_id}, "of an unverified doctor"),
    Row(f"GET {API}/records",                 "401 200+ 200 200 200+ 200 200 200+", of_patient),
    Row(f"POST {API}/records",                "401 403 403 404 201+ 404 403 403",
        lambda world: {"json": {"patientId": world.patient.patient_id, "recordType": "note",
                                "title": "Check", "description": "All well"}}),
    Row(f"GET {API}/records/{{record_id}}",   "401 200+ 404 404 200+ 404 404 200+",
        lambda world: {"record_id": world.record}),
    Row(f"GET {API}/me/waiting-list",         "401 200+ 200 200 200 200 200 200"),
    Row(f"POST {API}/me/waiting-list",        "401 409 201 403 403 403 403 403", waiting),
    Row(f"DELETE {API}/me/waiting-list/{{entry_id}}", "401 204 404 404 404 404 404 404",
        lambda world: {"entry_id": world.waiting}),
    Row(f"GET {API}/me/offers",               "401 200+ 200 200 200 200 200 200"),
    Row(f"POST {API}/offers/{{offer_id}}/acceptance", "401 201+ 404 403 403 403 403 403",
        lambda world: {"offer_id": world.offer}),
    Row(f"POST {API}/offers/{{offer_id}}/refusal", "401 204 404 403 403 403 403 403",
        lambda world: {"offer_id": world.offer}),
    Row(f"GET {API}/doctors/me/waiting-list", "401 403 403 200 200+ 200 403 403"),
    Row(f"GET {API}/recalls",                 "401 403 403 403 200+ 200 403 403"),
    Row(f"POST {API}/recalls",                "401 403 403 403 409 404 403 403",
        lambda world: {"json": {"patientId": world.patient.patient_id, "months": 6}}),
    Row(f"DELETE {API}/recalls/{{recall_id}}", "401 403 403 403 204 404 403 403",
        lambda world: {"recall_id": world.recall}),
    Row(f"GET {API}/doctors",                 "401 200 200 200 200 200 200 200"),
    Row(f"GET {API}/doctors/{{doctor_id}}",   "401 200 200 200 200 200 200 200",
        lambda world: {"doctor_id": world.actors["care"].doctor_id}),
    Row(f"POST {API}/appointments",           "401 201+ 404 403 201+ 403 403 403",
        lambda world: {"json": booking(world)}),
    Row(f"GET {API}/appointments",            "401 200+ 200 200 200+ 200 200 200+", of_patient),
    Row(f"GET {API}/appointments/{{appointment_id}}", "401 200+ 404 404 200+ 404 404 200+", at_hand),
    Row(f"POST {API}/appointments/{{appointment_id}}/confirmation", "401 403 404 404 200+ 404 404 403",
        at_hand),
    Row(f"POST {API}/appointments/{{appointment_id}}/check-in", "401 409 404 404 200+ 404 404 403",
        at_hand, "too early for the patient"),
    Row(f"POST {API}/appointments/{{appointment_id}}/start", "401 403 404 404 200+ 404 404 403", at_hand),
    Row(f"POST {API}/appointments/{{appointment_id}}/completion", "401 403 404 404 200+ 404 404 403",
        lambda world: {"appointment_id": world.begun}),
    Row(f"POST {API}/appointments/{{appointment_id}}/cancellation", "401 200+ 404 404 200+ 404 404 403",
        at_hand),
    Row(f"POST {API}/appointments/{{appointment_id}}/no-show", "401 403 404 404 409 404 404 403",
        at_hand, "it has not come yet"),
    Row(f"POST {API}/appointments/{{appointment_id}}/reschedule", "401 200+ 404 404 200+ 404 404 403",
        lambda world: {**at_hand(world), "json": {"scheduledAt": in_days(4)}}),
    Row(f"GET {API}/doctors/me/schedule",     "401 403 403 403 200 200 403 403"),
    Row(f"PUT {API}/doctors/me/schedule",     "401 403 403 403 200 200 403 403",
        lambda _: {"json": {"timeZone": "Asia/Jakarta"}}),
    Row(f"GET {API}/doctors/me/schedule/exceptions", "401 403 403 403 200 200 403 403"),
    Row(f"POST {API}/doctors/me/schedule/exceptions", "401 403 403 403 201 201 403 403",
        lambda _: {"json": {"day": "2030-01-31", "kind": "LEAVE"}}),
    Row(f"DELETE {API}/doctors/me/schedule/exceptions/{{exception_id}}", "401 403 403 403 404 404 403 403",
        lambda _: {"exception_id": "c0"}),
)
ADMIN = (
    Row(f"GET {API}/admin/doctors",           "401 403 403 403 403 403 200 200"),
    Row(f"POST {API}/admin/doctors/{{doctor_id}}/verification", "401 403 403 403 403 403 204 204",
        lambda world: {"doctor_id": world.actors["unverified"].doctor_id,
                       "json": {"decision": "VERIFIED", "reason": "Seen."}}),
    Row(f"GET {API}/admin/licences",          "401 403 403 403 403 403 200 200"),
    Row(f"GET {API}/admin/licences/{{licence_id}}", "401 403 403 403 403 403 404 404",
        lambda _: {"licence_id": "c0"}),
    Row(f"GET {API}/admin/licences/{{licence_id}}/documents/{{document_id}}",
        "401 403 403 403 403 403 404 404",
        lambda _: {"licence_id": "c0", "document_id": "c0"}),
    Row(f"GET {API}/admin/erasures",          "401 403 403 403 403 403 200 200"),
    Row(f"GET {API}/admin/erasures/{{report_id}}", "401 403 403 403 403 403 404 404",
        lambda _: {"report_id": "c0"}),
    Row(f"GET {API}/admin/audit",             "401 403 403 403 403 403 200 200",
        lambda world: {"query": {"userId": world.actors["care"].user_id}}),
    Row(f"GET {API}/admin/emergency-access",  "401 403 403 403 403 403 200 200+"),
    Row(f"POST {API}/admin/emergency-access", "401 403 403 403 403 403 201 201",
        lambda world: {"json": {"patientId": world.patient.patient_id, "reason": REASON}}),
    Row(f"DELETE {API}/admin/emergency-access/{{access_id}}", "401 403 403 403 403 403 404 204",
        lambda world: {"access_id": world.emergency}),
)
PAGES = (
    Row("GET /",                              "200 303 303 303 303 303 303 303"),
    Row("POST /language",                     everybody("303"), lambda _: {"form": {"language": "id"}}),
    Row("GET /sign-in",                       everybody("200")),
    Row("POST /sign-in",                      everybody("401"),
        lambda _: {"form": {"email": "nobody@example.com", "password": "not this one"}}),
    Row("GET /session/refresh",               everybody("303")),
    Row("POST /sign-out",                     everybody("303"), lambda _: {"form": {}}),
    Row("GET /sessions",                      "303 200+ 200 200 200 200 200 200"),
    Row("POST /sessions/{session_id}/end",    "303 303 404 404 404 404 404 404",
        lambda world: {"session_id": world.session, "form": {}}),
    Row("GET /register",                      everybody("200")),
    Row("POST /register",                     everybody("422"), lambda _: {"form": {}}),
    Row("GET /password-reset",                everybody("200")),
    Row("POST /password-reset",               everybody("422"), lambda _: {"form": {}}),
    Row("GET /password-reset/sent",           everybody("200")),
    Row("GET /password-reset/confirmation",   everybody("409"), lambda _: {"query": {"token": "a" * 43}}),
    Row("POST /password-reset/confirmation",  everybody("409"), lambda _: {"form": {}}),
    Row("GET /password-reset/done",           everybody("200")),
    Row("GET /email-verification",            everybody("409"), lambda _: {"query": {"token": "a" * 43}}),
    Row("POST /email-verification",           everybody("409"), lambda _: {"form": {"token": "a" * 43}}),
    Row("GET /email-verification/done",       everybody("200")),
    Row("GET /profile/email",                 "303 200 200 200 200 200 200 200"),
    Row("POST /profile/email",                "303 422 422 422 422 422 422 422", lambda _: {"form": {}}),
    Row("GET /profile/email/sent",            "303 200 200 200 200 200 200 200"),
    Row("GET /doctors",                       "303 200 200 200 200 200 200 200"),
    Row("GET /doctors/{doctor_id}",           "303 200 200 200 200 200 200 200",
        lambda world: {"doctor_id": world.actors["care"].doctor_id}),
    Row("GET /doctors/{doctor_id}/booking",   "303 200 200 200 200 200 200 200",
        lambda world: {"doctor_id": world.actors["care"].doctor_id,
                       "query": {"at": in_days(5), "minutes": "30"}}),
    Row("POST /doctors/{doctor_id}/booking",  "303 303 303 403 422 403 403 403",
        lambda world: {"doctor_id": world.actors["care"].doctor_id,
                       "form": {"slot": f"{in_days(5)}/30", "reason": "Pain"}}),
    Row("GET /appointments",                  "303 200+ 200 200 200+ 200 200 200+",
        lambda world: {"query": {"patient": world.patient.patient_id}}),
    Row("GET /appointments/{appointment_id}", "303 200+ 404 404 200+ 404 404 200+", at_hand),
    Row("POST /appointments/{appointment_id}/move", "303 303 404 404 303 404 404 403",
        lambda world: {**at_hand(world), "form": {"slot": f"{in_days(6)}/30"}}),
    Row("POST /appointments/{appointment_id}/{step}", "303 303 404 404 303 404 404 403",
        lambda world: {**at_hand(world), "step": "cancellation", "form": {}}, "cancellation"),
    Row("POST /appointments/{appointment_id}/{step}", "303 403 404 404 303 404 404 403",
        lambda world: {**at_hand(world), "step": "confirmation", "form": {}}, "confirmation"),
    Row("GET /calendar",                      "303 403 403 403 200+ 200 403 403"),
    Row("GET /calendar/booking",              "303 403 403 403 200+ 200 403 403"),
    Row("POST /calendar/booking",             "303 403 403 403 422+ 422 403 403", lambda _: {"form": {}}),
    Row("GET /records",                       "303 200+ 200 200 200+ 200 200 200+",
        lambda world: {"query": {"patient": world.patient.patient_id}}),
    Row("GET /records/new",                   "303 403 404 404 200+ 404 404 403",
        lambda world: {"query": {"appointment": world.appointment}}),
    Row("POST /records",                      "303 403 403 404 303 404 403 403",
        lambda world: {"form": {"patientId": world.patient.patient_id, "recordType": "note",
                                "title": "Check", "description": "All well"}}),
    Row("GET /records/{record_id}",           "303 200+ 404 404 200+ 404 404 200+",
        lambda world: {"record_id": world.record}),
    Row("GET /doctors/{doctor_id}/waiting",   "303 200 200 200 200 200 200 200",
        lambda world: {"doctor_id": world.actors["care"].doctor_id}),
    Row("POST /doctors/{doctor_id}/waiting",  "303 422 422 422 422 422 422 422",
        lambda world: {"doctor_id": world.actors["care"].doctor_id, "form": {}}),
    Row("POST /waiting/{entry_id}/leaving",   "303 303 404 404 404 404 404 404",
        lambda world: {"entry_id": world.waiting, "form": {}}),
    Row("POST /offers/{offer_id}",            "303 303 404 403 403 403 403 403",
        lambda world: {"offer_id": world.offer, "form": {"answer": "acceptance"}}),
    Row("GET /calendar/waiting",              "303 403 403 200 200+ 200 403 403"),
    Row("GET /calendar/recalls",              "303 403 403 403 200+ 200 403 403"),
    Row("POST /calendar/recalls",             "303 403 403 403 422+ 422 403 403", lambda _: {"form": {}}),
    Row("POST /calendar/recalls/{recall_id}/withdrawal", "303 403 403 403 303 404 403 403",
        lambda world: {"recall_id": world.recall, "form": {}}),
    Row("GET /calendar/hours",                "303 403 403 403 200 200 403 403"),
    Row("POST /calendar/hours",               "303 403 403 403 422 422 403 403", lambda _: {"form": {}}),
    Row("POST /calendar/exceptions",          "303 403 403 403 422 422 403 403", lambda _: {"form": {}}),
    Row("POST /calendar/exceptions/{exception_id}/removal", "303 403 403 403 404 404 403 403",
        lambda _: {"exception_id": "c0", "form": {}}),
    Row("GET /profile/calendar",              "303 200 200 200 200 200 200 200"),
    Row("POST /profile/calendar",             "303 200 200 200 200 200 200 200", lambda _: {"form": {}}),
    Row("POST /profile/calendar/revocation",  "303 303 303 303 303 303 303 303", lambda _: {"form": {}}),
    Row("POST /profile/email-verification",   "303 303 303 303 303 303 303 303", lambda _: {"form": {}}),
    Row("GET /profile",                       "303 200+ 200 200 200 200 200 200"),
    Row("POST /profile",                      "303 422+ 422 422 422 422 404 404", lambda _: {"form": {}}),
    Row("GET /sign-in/factor",                everybody("303")),
    Row("POST /sign-in/factor",               everybody("303"), lambda _: {"form": {"code": "000000"}}),
    Row("GET /account/confirmation",          "303 200 200 200 200 200 200 200"),
    Row("POST /account/confirmation",         "303 422 422 422 422 422 422 422",
        lambda _: {"form": {"password": "not this one"}}),
    Row("GET /account/security",              "303 200 200 200 200 200 200 200"),
    Row("POST /account/password",             "303 422 422 422 422 422 422 422", lambda _: {"form": {}}),
    Row("POST /account/security/totp",        "303 303 303 303 303 303 303 303", lambda _: {"form": {}}),
    Row("GET /account/security/totp",         everybody("303")),
    Row("POST /account/security/totp/confirmation", "303 404 404 404 404 404 404 404",
        lambda _: {"form": {"code": "000000"}}),
    Row("POST /account/security/totp/removal", "303 404 404 404 404 404 404 404", lambda _: {"form": {}}),
    Row("POST /account/security/recovery-codes", "303 404 404 404 404 404 404 404", lambda _: {"form": {}}),
    Row("POST /account/security/passkeys/options", "303 200+ 200 200 200 200 200 200",
        lambda _: {"form": {}}),
    Row("POST /account/security/passkeys",    "303 422 422 422 422 422 422 422", lambda _: {"form": {}}),
    Row("POST /account/security/passkeys/{passkey_id}/removal", "303 404 404 404 404 404 404 404",
        lambda _: {"passkey_id": "c0", "form": {}}),
    Row("GET /events",                        "303 200 200 200 200 200 200 200"),
    Row("GET /account/privacy",               "303 200 200 200 200 200 200 200"),
    Row("POST /account/privacy/consents/{purpose}", "303 303 303 303 303 303 303 303",
        lambda _: {"purpose": "RESEARCH", "form": {"granted": "true", "version": "1"}}),
    Row("GET /account/privacy/export",        "303 200+ 200 200 200 200 200 200"),
    Row("POST /account/privacy/erasure",      "303 422 422 422 422 422 422 422", lambda _: {"form": {}}),
    Row("GET /erasures/{request_id}",         everybody("404"),
        lambda _: {"request_id": "c0", "query": {"token": "none"}}),
    Row("GET /access-log",                    "303 200 200 200 200 200 200 200"),
    Row("GET /patients",                      "303 403 403 200 200+ 200 403 403"),
    Row("GET /photos/new",                    "303 200 200 200 200 200 200 200"),
    Row("POST /photos",                       "303 422 422 422 422 422 422 422", lambda _: {"form": {}}),
    Row("GET /photos",                        "303 200+ 200 200 200+ 200+ 200 200+",
        lambda world: {"query": {"patient": world.patient.patient_id}}),
    Row("POST /photos/{photo_id}/analysis",   "303 303 404 404 303 404 404 303",
        lambda world: {"photo_id": world.photo, "form": {}}),
    Row("GET /analyses/{analysis_id}",        "303 303 404 404 303 404 404 303",
        lambda world: {"analysis_id": world.analysis}),
    Row("GET /analyses/{analysis_id}/state",  "303 200 404 404 200 404 404 200",
        lambda world: {"analysis_id": world.analysis}),
    Row("POST /analyses/{analysis_id}/retry", "303 303 404 404 303 404 404 403",
        lambda world: {"analysis_id": world.failed, "form": {}}),
    Row("GET /history",                       "303 200+ 200 200 200+ 200+ 200 200+",
        lambda world: {"query": {"patient": world.patient.patient_id}}),
    Row("GET /queue",                         "303 403 403 200 200+ 200+ 403 403"),
    Row("GET /diagnoses/{diagnosis_id}",      "303 200+ 404 404 200+ 404 404 200+",
        lambda world: {"diagnosis_id": world.diagnosis}),
    Row("POST /diagnoses/{diagnosis_id}/claim", "303 403 403 403 303 404 403 403",
        lambda world: {"diagnosis_id": world.diagnosis, "form": {}}),
    Row("POST /diagnoses/{diagnosis_id}/review", "303 403 403 403 303 404 403 403",
        lambda world: {"diagnosis_id": world.diagnosis, "form": {"decision": "CONFIRMED"}}),
    Row("GET /admin/doctors",                 "303 403 403 403 403 403 200 200"),
    Row("POST /admin/doctors/{doctor_id}/verification", "303 403 403 403 403 403 303 303",
        lambda world: {"doctor_id": world.actors["unverified"].doctor_id,
                       "form": {"decision": "VERIFIED", "reason": "Seen."}}),
    Row("GET /admin/service",                 "303 403 403 403 403 403 200 200"),
    Row("GET /licence",                       "303 403 403 200 200 200 403 403"),
    Row("POST /licence",                      "303 403 403 422 422 422 403 403", lambda _: {"form": {}}),
    Row("POST /licence/withdrawal",           "303 403 403 409 409 409 403 403", lambda _: {"form": {}}),
    Row("POST /licence/documents",            "303 403 403 422 422 422 403 403", lambda _: {"form": {}}),
    Row("GET /licence/documents/{document_id}", "303 404 404 404 404 404 404 404",
        lambda _: {"document_id": "c0"}),
    Row("GET /admin/licences",                "303 403 403 403 403 403 200 200"),
    Row("GET /admin/licences/{licence_id}",   "303 403 403 403 403 403 404 404",
        lambda _: {"licence_id": "c0"}),
    Row("GET /admin/licences/{licence_id}/documents/{document_id}", "303 403 403 403 403 403 404 404",
        lambda _: {"licence_id": "c0", "document_id": "c0"}),
    Row("POST /admin/licences/{licence_id}/decision", "303 403 403 403 403 403 404 404",
        lambda _: {"licence_id": "c0", "form": {"decision": "VERIFIED", "reason": "Seen."}}),
    Row("GET /admin/emergency",               "303 403 403 403 403 403 200 200+"),
    Row("POST /admin/emergency",              "303 403 403 403 403 403 422 422+", lambda _: {"form": {}}),
    Row("POST /admin/emergency/{access_id}/end", "303 403 403 403 403 403 404 303",
        lambda world: {"access_id": world.emergency, "form": {}}),
)
# fmt: on
GROUPS = {
    "Open to everybody": OPEN,
    "One's own account": OWN,
    "Clinical data": CLINICAL,
    "Appointments": APPOINTMENTS,
    "Administration": ADMIN,
    "Pages": PAGES,
}
TABLE = tuple(row for group in GROUPS.values() for row in group)


def routes_of(app: FastAPI) -> Iterator[str]:
    """'METHOD /path' of everything that the application answers, but for static files."""
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for found in contexts() if contexts else (route,):
            for method in (getattr(found, "methods", None) or set()) - {"HEAD"}:
                yield f"{method} {found.path}"
