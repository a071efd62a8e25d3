"""Everything about the person who asks, as one ZIP archive that is made while it is sent."""

from __future__ import annotations

import functools
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from dentalization.accounts.confirmations import confirmed_recently
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.query import Query
from dentalization.errors import NotFound
from dentalization.photos import service as photos
from dentalization.photos.service import Variant
from dentalization.privacy import export_queries as queries
from dentalization.storage.port import ObjectStore

_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive; ``roles`` are those whose archive has it."""

    file: str
    table: str
    query: Query[Any]
    explained: tuple[str, str]
    roles: tuple[str, ...] = ("PATIENT",)


_ALL = ("PATIENT", "DOCTOR", "ADMIN")
PARTS: Final[tuple[Part, ...]] = (
    Part("account.json", "users", queries.ACCOUNT, (
        "your account, without the password", "akun Anda, tanpa kata sandi"), _ALL),
    Part("profile.json", "patient_profiles", queries.PATIENT_PROFILE, ("your profile", "profil Anda")),
    Part("profile.json", "doctor_profiles", queries.DOCTOR_PROFILE, (
        "your profile", "profil Anda"), ("DOCTOR",)),
    Part("verified-address.json", "verified_emails", queries.VERIFIED_ADDRESS, (
        "the e-mail address that you have confirmed, and when",
        "alamat email yang telah Anda konfirmasi, dan kapan"), _ALL),
    Part("passkeys.json", "passkeys", queries.PASSKEYS, (
        "passkeys that sign in to your account, by name", "passkey untuk masuk ke akun Anda, menurut nama"),
        _ALL),
    Part("consents.json", "consents", queries.CONSENTS, (
        "what you agreed to and what you withdrew, and when",
        "yang Anda setujui dan yang Anda cabut, dan kapan"), _ALL),
    Part("sessions.json", "sessions", queries.SESSIONS, (
        "where you are signed in", "tempat Anda masuk"), _ALL),
    Part("requests.json", "idempotency_keys", queries.RETRIED, (
        "requests of the last day that a retry would not repeat",
        "permintaan dalam sehari terakhir yang tidak akan terulang"), _ALL),
    Part("photos.json", "dental_photos", queries.PHOTOS, (
        "your photos; the pictures themselves are in the folder photos, named by 'id'",
        "foto Anda; gambarnya ada di folder photos, bernama sesuai 'id'")),
    Part("analyses.json", "analyses", queries.ANALYSES, (
        "when an AI was asked to look at a photo, and how it ended",
        "kapan AI diminta melihat foto, dan hasilnya")),
    Part("diagnoses.json", "ai_diagnoses", queries.DIAGNOSES, (
        "what the AI proposed, with every finding, and the state of the dentist's decision",
        "usulan AI dengan setiap temuan, dan status keputusan dokter gigi")),
    Part("reviews.json", "diagnosis_reviews", queries.REVIEWS, (
        "what dentists decided about these diagnoses, step by step",
        "keputusan dokter gigi tentang diagnosis itu, langkah demi langkah")),
    Part("reviews-written.json", "diagnosis_reviews", queries.WRITTEN_REVIEWS, (
        "the reviews that you have written; whose they are is not yours to take along",
        "tinjauan yang Anda tulis; identitas pasien tidak disertakan"), ("DOCTOR",)),
    Part("licences.json", "licence_submissions", queries.LICENCES, (
        "the licences that you sent in, and what became of them",
        "izin praktik yang Anda kirim, dan hasilnya"), ("DOCTOR",)),
    Part("licence-documents.json", "licence_documents", queries.LICENCE_DOCUMENTS, (
        "the documents that you added to them", "dokumen yang Anda lampirkan"), ("DOCTOR",)),
    Part("licence-events.json", "licence_events", queries.LICENCE_EVENTS, (
        "every step of their verification", "setiap langkah verifikasinya"), ("DOCTOR",)),
    Part("access-log.json", "audit_log", queries.ACCESSES, (
        "who has seen or changed your data, when and why",
        "siapa yang melihat atau mengubah data Anda, kapan dan mengapa"), _ALL),
    Part("emergency-accesses.json", "emergency_accesses", queries.EMERGENCIES, (
        "when an administrator saw your data in an emergency, and the reason given",
        "kapan administrator melihat data Anda dalam keadaan darurat, dan alasannya")),
    Part("appointments.json", "appointments", queries.APPOINTMENTS, (
        "your appointments", "janji temu Anda")),
    Part("appointment-letters.json", "appointment_letters", queries.APPOINTMENT_LETTERS, (
        "which letters about them were sent to you, or will be",
        "surat tentangnya yang telah atau akan dikirim kepada Anda")),
    Part("appointment-history.json", "appointment_events", queries.APPOINTMENT_HISTORY, (
        "what happened to them, and why", "yang terjadi padanya, dan alasannya")),
    Part("waiting-lists.json", "waiting_entries", queries.WAITING, (
        "where you waited for a freed time", "tempat Anda menunggu waktu tersedia")),
    Part("offers.json", "slot_offers", queries.OFFERS, (
        "freed times that were offered to you", "waktu yang ditawarkan kepada Anda")),
    Part("recalls.json", "recalls", queries.RECALLS, (
        "when a dentist wanted to see you again", "kapan dokter gigi ingin memeriksa Anda lagi")),
    Part("notices.json", "care_notices", queries.NOTICES, (
        "which letters about them were sent to you", "surat tentangnya yang dikirim kepada Anda")),
    Part("check-ins.json", "appointment_check_ins", queries.CHECK_INS, (
        "when you arrived for them", "waktu Anda datang")),
    Part("overbookings.json", "appointment_overbookings", queries.OVERBOOKINGS, (
        "why a dentist saw you beside another appointment",
        "alasan dokter gigi menerima Anda di sela janji temu lain")),
    Part("calendar.json", "doctor_schedules", queries.SCHEDULE, (
        "settings of your calendar", "pengaturan kalender Anda"), ("DOCTOR",)),
    Part("working-hours.json", "working_hours", queries.WORKING_HOURS, (
        "your hours of the week, in minutes after midnight",
        "jam kerja mingguan Anda, dalam menit setelah tengah malam"), ("DOCTOR",)),
    Part("days-off.json", "schedule_exceptions", queries.SCHEDULE_EXCEPTIONS, (
        "days on which they differ", "hari-hari yang berbeda"), ("DOCTOR",)),
    Part("medical-records.json", "medical_records", queries.RECORDS, (
        "your medical records", "rekam medis Anda")),
    Part("care-relationships.json", "care_relationships", queries.CARE, (
        "which dentists may see your data, and by how many diagnoses, appointments and records",
        "dokter gigi yang boleh melihat data Anda, menurut jumlah diagnosis, janji temu, dan rekam medis")),
)  # fmt: skip
"""A table of a person's data that is not here fails a test, unless words.NOT_EXPORTED says why."""


class _Sink:
    """What the ZIP writer has written and nobody has sent yet. It cannot seek, so nothing is held back."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: ``taken`` is the other end."""

    def taken(self) -> bytes:
        data, self._waiting = b"".join(self._waiting), []
        return data


async def archive(db: Database, store: ObjectStore, *, actor: Actor) -> AsyncIterator[bytes]:
    """The archive in pieces: a table or a picture at a time is in memory, never the whole.

    Every row is read as the actor, through the same policies as everywhere. A picture that the store has
    lost is named in 'missing-pictures.txt'. Raises ConfirmationNeeded.
    """
    await confirmed_recently(db, actor)
    sink = _Sink()
    parts = [part for part in PARTS if actor.role in part.roles]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as made:  # type: ignore[call-overload]
        _add(made, "README.txt", _readme(parts).encode())
        pictures: Sequence[Any] = ()
        for part in parts:
            rows = await _read(db, actor, part.query)
            _add(made, part.file, _adapter(part).dump_json(rows, by_alias=True, indent=2))
            pictures = rows if part.table == "dental_photos" else pictures
            yield sink.taken()
        missing = []
        for photo in pictures:
            try:
                found = await photos.content(
                    db, store, actor=actor, photo_id=photo.id, variant=Variant.ORIGINAL
                )
            except NotFound:
                missing.append(photo.id)
                continue
            suffix = _SUFFIXES.get(found.content_type, "bin")
            _add(made, f"photos/{photo.id}.{suffix}", found.data)
            yield sink.taken()
        if missing:
            _add(made, "missing-pictures.txt", "\n".join(missing).encode())
    yield sink.taken()


async def _read(db: Database, actor: Actor, query: Query[Any]) -> list[Any]:
    ids = {"user_id": actor.user_id, "patient_id": actor.patient_id, "doctor_id": actor.doctor_id}
    return await db.read(actor, query, **{name: ids[name] for name in query.parameters})


def _add(made: zipfile.ZipFile, name: str, data: bytes) -> None:
    # Pictures are compressed already, and JSON of one person is small: stored, so that any tool reads it.
    made.writestr(zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6]), data)


@functools.cache
def _adapter(part: Part) -> TypeAdapter[Any]:
    return TypeAdapter(list[part.query.row])  # type: ignore[name-defined]


def _readme(parts: Sequence[Part]) -> str:
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        f"Dentalization, {made}",
        "",
        "Everything that the service keeps about you. Times are UTC; boxes are in pixels of the picture.",
        *(f"  {part.file}: {part.explained[0]}" for part in parts),
        "",
        "Semua yang disimpan layanan tentang Anda. Waktu dalam UTC; kotak dalam piksel gambar.",
        *(f"  {part.file}: {part.explained[1]}" for part in parts),
        "",
    ]
    return "\n".join(lines)
