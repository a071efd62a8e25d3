"""What can go wrong with analyses and reviews."""

from __future__ import annotations

from dentalization.errors import Conflict, NotAllowed


class NotVerified(NotAllowed):
    """Only dentists whose licence is verified can do this; yours is not verified yet."""

    code = "not-verified"


class AlreadyClaimed(Conflict):
    """Another dentist has taken this diagnosis on."""

    code = "already-claimed"


class NotClaimed(Conflict):
    """Take this diagnosis on before you decide about it."""

    code = "not-claimed"


class AlreadyDecided(Conflict):
    """This diagnosis has been decided; its state cannot change like that any more."""

    code = "already-decided"


class AnswerFirst(Conflict):
    """This case is reviewed blind: mark what you see, or that there is nothing, and save it as seen."""

    code = "answer-first"


class NotFailed(Conflict):
    """Only an analysis that has failed can be tried again."""

    code = "not-failed"
