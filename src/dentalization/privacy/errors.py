"""What can go wrong when somebody asks for their data, or that it be erased."""

from __future__ import annotations

from dentalization.errors import DentalizationError, InvalidInput


class PasswordWrong(InvalidInput):
    """This is not the password of this account; nothing was erased."""

    code = "password-wrong"


class ErasureUnfinished(DentalizationError):
    """Something about this person keeps appearing while it is erased; the worker goes on later."""

    code = "erasure-unfinished"
