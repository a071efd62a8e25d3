"""Why an appointment is not made, moved or changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dentalization.db.row import row
from dentalization.errors import Conflict, InvalidInput, NotAllowed


@row
class Slot:
    """A free time; ``duration`` in minutes."""

    scheduled_at: datetime
    duration: int


class NotVerified(NotAllowed):
    """Only dentists whose licence is verified have a calendar; yours is not verified yet."""

    code = "not-verified"


class NoCalendar(NotAllowed):
    """Only patients and dentists have appointments."""

    code = "no-calendar"


class DoctorNotVerified(Conflict):
    """The licence of this dentist is not verified, or has run out; choose another dentist."""

    code = "doctor-not-verified"


class NoSchedule(Conflict):
    """This dentist has not said yet when the practice is open; no appointment can be made."""

    code = "no-schedule"


class InThePast(InvalidInput):
    """An appointment begins in the future; this time is over."""

    code = "in-the-past"


class NoticeTooShort(InvalidInput):
    """This is too soon for the dentist, who asks for some notice; choose a later time."""

    code = "notice-too-short"


class TooFarAhead(InvalidInput):
    """This is further ahead than the dentist's calendar is open; choose an earlier time."""

    code = "too-far-ahead"


class TooLong(InvalidInput):
    """This is longer than the dentist's appointments last; choose a shorter duration."""

    code = "appointment-too-long"


class OutsideWorkingHours(InvalidInput):
    """The practice is closed at this time; choose one of the free slots."""

    code = "outside-working-hours"


class SlotTaken(Conflict):
    """Somebody else has this time; choose another one."""

    code = "slot-taken"

    def __init__(self, slots: Sequence[Slot] = ()) -> None:
        super().__init__()
        self.slots = slots
        """The next that are free."""

    @property
    def members(self) -> Mapping[str, Any]:
        """What a problem document says beside the sentence."""
        return {
            "nextSlots": [
                {"scheduledAt": slot.scheduled_at.isoformat(), "duration": slot.duration}
                for slot in self.slots
            ]
        }


class PatientBusy(Conflict):
    """The patient has another appointment at this time; choose another time, or move the other one."""

    code = "patient-busy"


class WrongState(Conflict):
    """This appointment is in another state by now; load it again."""

    code = "wrong-state"


class NotYours(NotAllowed):
    """Only the dentist of this appointment can do this."""

    code = "only-the-dentist"


class TooLate(Conflict):
    """It is too late to do this oneself; call the practice."""

    code = "too-late"


class TooEarly(Conflict):
    """It is too early to do this; the appointment has not come yet."""

    code = "too-early"


class OverbookingForDoctors(NotAllowed):
    """Only the dentist can book beside another appointment, in the own calendar."""

    code = "overbooking-for-dentists"


class NoSuchTime(InvalidInput):
    """A time of day is written as 09:30, and on this day the clock shows it."""

    code = "no-such-time"


class UnknownTimeZone(InvalidInput):
    """A time zone is written as in the IANA database, as Asia/Jakarta, Asia/Makassar or Asia/Jayapura."""

    code = "unknown-time-zone"


class HoursOverlap(InvalidInput):
    """Sessions of one weekday do not overlap; join them, or move one."""

    code = "hours-overlap"
