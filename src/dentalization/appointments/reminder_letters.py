"""What letters about appointments say, in English and Indonesian: when, where and with whom, never why."""

from __future__ import annotations

from typing import Final, NamedTuple

from dentalization.appointments import invitations
from dentalization.appointments.invitations import Entry, Method, Party
from dentalization.appointments.reminder_queries import ClaimedLetter
from dentalization.appointments.reminder_tables import LetterKind
from dentalization.appointments.wall_clock import spoken
from dentalization.mail.message import Calendar, Message, only_address


class _Words(NamedTuple):
    subject: str
    text: str


_SUMMARY: Final = {"en": "Dentist: {doctor}", "id": "Dokter gigi: {doctor}"}
_DESCRIPTION: Final = {
    "en": "See, move or cancel the appointment: {home}",
    "id": "Lihat, pindahkan, atau batalkan janji temu: {home}",
}
_END: Final = {
    "en": "\n{when}\n{minutes} minutes with {doctor}\n{place}\n{description}\n",
    "id": "\n{when}\n{minutes} menit bersama {doctor}\n{place}\n{description}\n",
}
_MOVED: Final = "MOVED"
_WORDS: Final[dict[str, dict[str, _Words]]] = {
    LetterKind.REQUEST: {
        "en": _Words("Your appointment: {when}", "Your appointment with the dentist is booked.\n"),
        "id": _Words("Janji temu Anda: {when}", "Janji temu Anda dengan dokter gigi telah dibuat.\n"),
    },
    _MOVED: {
        "en": _Words("Your appointment was moved: {when}", "Your appointment has a new time.\n"),
        "id": _Words("Janji temu Anda dipindahkan: {when}", "Janji temu Anda memiliki waktu baru.\n"),
    },
    LetterKind.CANCEL: {
        "en": _Words("Your appointment was cancelled: {when}", "This appointment will not take place.\n"),
        "id": _Words("Janji temu Anda dibatalkan: {when}", "Janji temu ini tidak akan berlangsung.\n"),
    },
    LetterKind.DAY_BEFORE: {
        "en": _Words("Reminder: appointment on {when}", "We remind you of your appointment.\n"),
        "id": _Words("Pengingat: janji temu {when}", "Kami mengingatkan Anda akan janji temu Anda.\n"),
    },
    LetterKind.HOUR_BEFORE: {
        "en": _Words("Soon: appointment on {when}", "Your appointment begins soon.\n"),
        "id": _Words("Segera: janji temu {when}", "Janji temu Anda segera dimulai.\n"),
    },
}
_METHODS: Final[dict[str, Method]] = {LetterKind.REQUEST: "REQUEST", LetterKind.CANCEL: "CANCEL"}


def written(letter: ClaimedLetter, *, sender: str, public_url: str, usual_zone: str) -> Message:
    """The letter; an invitation or a cancellation brings what the receiver's calendar is to do.

    ``sender`` is the address that letters come from: calendars believe an organizer alone who sends the
    letter. ``usual_zone`` is that of dentists who have not said theirs.
    """
    language = letter.language if letter.language in _SUMMARY else "en"
    doctor = " ".join(f"{letter.first_name} {letter.last_name}".split())
    place = place_of(letter.clinic_name, letter.clinic_address)
    home = public_url.rstrip("/")
    when = spoken(letter.scheduled_at, letter.time_zone or usual_zone, language)
    moved = letter.kind == LetterKind.REQUEST and letter.sequence > 0
    words = _WORDS[_MOVED if moved else letter.kind][language]
    description = _DESCRIPTION[language].format(home=home)
    rest = _END[language].format(
        when=when, minutes=letter.duration, doctor=doctor, place=f"{place}\n" if place else "",
        description="" if letter.kind == LetterKind.CANCEL else description,
    )  # fmt: skip
    calendar = None
    if letter.kind in _METHODS:
        method = _METHODS[letter.kind]
        entry = Entry(
            letter.appointment_id, letter.sequence, letter.changed_at, letter.scheduled_at, letter.duration,
            summary(doctor, language), place, description, home,
        )  # fmt: skip
        organizer = Party(only_address(sender).addr_spec, doctor)
        data = invitations.invitation(entry, method=method, organizer=organizer, attendee=Party(letter.email))
        calendar = Calendar(method, data)
    return Message(
        to=letter.email,
        subject=words.subject.format(when=when),
        text=f"{words.text}{rest.rstrip()}\n",
        language=language,
        id=letter.id,
        calendar=calendar,
    )


def summary(doctor: str, language: str) -> str:
    """What an appointment is called in its patient's calendar."""
    return _SUMMARY[language].format(doctor=doctor)


def place_of(clinic: str | None, address: str | None) -> str:
    """On one line, as far as it is known."""
    return ", ".join(" ".join(one.split()) for one in (clinic, address) if one and one.strip())
