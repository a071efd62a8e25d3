"""What can go wrong with accounts and sessions."""

from __future__ import annotations

from dentalization.errors import DentalizationError, InvalidInput


class SignInFailed(DentalizationError):
    """The e-mail address or the password is not right."""

    code = "sign-in-failed"


class TokenRefused(DentalizationError):
    """This token is not valid, or not any more; sign in again."""

    code = "token-refused"


class WeakPassword(InvalidInput):
    """A password has at least 8 and at most 128 characters, and is not the e-mail address."""

    code = "weak-password"
