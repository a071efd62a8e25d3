"""What letters about offers and recalls say, in English and Indonesian: when and with whom, never why."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dentalization.appointments.recall_queries import ClaimedNotice
from dentalization.appointments.recall_tables import NoticeKind
from dentalization.appointments.reminder_letters import place_of
from dentalization.appointments.wall_clock import day_spoken, spoken
from dentalization.mail.message import Message

_SUBJECTS: Final = {
    NoticeKind.OFFER: {
        "en": "A time is free for you: {when}",
        "id": "Ada waktu tersedia untuk Anda: {when}",
    },
    NoticeKind.RECALL: {
        "en": "Time to see the dentist again",
        "id": "Saatnya ke dokter gigi lagi",
    },
}
_TEXTS: Final = {
    NoticeKind.OFFER: {
        "en": "A time for which you are on the waiting list is free:\n\n{when}\n"
        "{minutes} minutes with {doctor}\n{place}\n\nIt is held for you until {until}. "
        "Take it or leave it here:\n{home}/appointments\n",
        "id": "Waktu yang Anda tunggu tersedia:\n\n{when}\n{minutes} menit bersama {doctor}\n{place}\n\n"
        "Waktu ini disimpan untuk Anda sampai {until}. Terima atau tolak di sini:\n{home}/appointments\n",
    },
    NoticeKind.RECALL: {
        "en": "{doctor} would like to see you again by {due}.\n{place}\n\nBook an appointment here:\n"
        "{home}/doctors/{doctor_id}\n",
        "id": "{doctor} ingin memeriksa Anda lagi paling lambat {due}.\n{place}\n\nBuat janji temu di sini:\n"
        "{home}/doctors/{doctor_id}\n",
    },
}


def written(notice: ClaimedNotice, *, public_url: str, usual_zone: str) -> Message:
    """The letter; ``usual_zone`` is that of dentists who have not said theirs."""
    kind = NoticeKind(notice.kind)
    language = notice.language if notice.language in _SUBJECTS[kind] else "en"
    zone = notice.time_zone or usual_zone

    def moment(at: datetime | None) -> str:
        return spoken(at, zone, language) if at else ""

    values = {
        "when": moment(notice.scheduled_at),
        "until": moment(notice.expires_at),
        "due": day_spoken(notice.due_on, language) if notice.due_on else "",
        "minutes": notice.duration,
        "doctor": " ".join(f"{notice.first_name} {notice.last_name}".split()),
        "doctor_id": notice.doctor_id,
        "place": place_of(notice.clinic_name, notice.clinic_address),
        "home": public_url.rstrip("/"),
    }
    text = _TEXTS[kind][language].format(**values)
    return Message(
        to=notice.email,
        subject=_SUBJECTS[kind][language].format(**values),
        text=text.replace("\n\n\n", "\n\n"),  # where no place is known
        language=language,
        id=notice.id,
    )
