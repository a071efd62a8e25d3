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


class LicenceWaits(Conflict):
    """A licence of yours waits for its decision already; withdraw it to send in another."""

    code = "licence-waits"


class NoLicenceWaits(Conflict):
    """No licence of yours waits for a decision; send in its numbers first."""

    code = "no-licence-waits"


class LicenceRanOut(InvalidInput):
    """This licence has run out; its last day must not lie in the past."""

    code = "licence-ran-out"


class LicenceDecided(Conflict):
    """This licence has been decided meanwhile; load it again."""

    code = "licence-decided"


class LicenceEnded(Conflict):
    """This licence has run out since it was sent in, so it cannot be verified; reject it with that reason."""

    code = "licence-ended"


class ReasonNeeded(InvalidInput):
    """Say why: a rejection, and a verification without documents sent in, need a reason."""

    code = "reason-needed"


class DocumentTooLarge(InvalidInput):
    """A document has at most 10 MB; this file is larger. Send a smaller copy."""

    code = "document-too-large"


class NotADocument(InvalidInput):
    """This file is no PDF, JPEG or PNG, whatever its name says. Send one of these."""

    code = "document-not-accepted"


class DamagedDocument(InvalidInput):
    """This PDF is incomplete: its end is missing. Save it again and send it whole."""

    code = "document-damaged"


class DocumentKnown(Conflict):
    """This document is already with your licence."""

    code = "document-known"


class DocumentsFull(Conflict):
    """A licence has at most 10 documents; withdraw it to begin anew."""

    code = "documents-full"


class LicenceTooLong(InvalidInput):
    """A licence lasts at most 30 years; look at the year."""

    code = "licence-too-long"
