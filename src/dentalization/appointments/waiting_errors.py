"""Why somebody does not wait, or gets no offer."""

from __future__ import annotations

from dentalization.errors import Conflict, NotAllowed


class WaitingForPatients(NotAllowed):
    """Only patients wait for a freed time."""

    code = "waiting-for-patients"


class OfferOver(Conflict):
    """This offer is over, or answered already; the time has gone to the next in line."""

    code = "offer-over"


class AlreadyWaiting(Conflict):
    """You are in this dentist's line already."""

    code = "already-waiting"


class AlreadyRecalled(Conflict):
    """This patient has a recall already; withdraw it first."""

    code = "already-recalled"


class RecallsForDentists(NotAllowed):
    """Only dentists set when a patient is to be seen again."""

    code = "recalls-for-dentists"
