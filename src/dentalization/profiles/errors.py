"""What can go wrong with profiles."""

from __future__ import annotations

from dentalization.errors import Conflict, DentalizationError, InvalidInput, NotFound


class InvalidPhone(InvalidInput):
    """A telephone number is given with its country code, as +62 812 3456 7890, or as an Indonesian 08…."""

    code = "invalid-phone"


class LicenseTaken(Conflict):
    """This licence number belongs to another account; if it is yours, ask the administrator."""

    code = "license-taken"


class ChangedMeanwhile(DentalizationError):
    """Somebody has changed this since you loaded it; load it again and repeat your change."""

    code = "changed-meanwhile"


class NoSuchPatient(NotFound):
    """There is no patient with this id or address."""

    code = "no-such-patient"
