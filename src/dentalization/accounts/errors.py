"""What can go wrong with accounts and sessions."""

from __future__ import annotations

from dentalization.errors import Conflict, DentalizationError, InvalidInput, NotAllowed


class SignInFailed(DentalizationError):
    """The e-mail address or the password is not right."""

    code = "sign-in-failed"


class TokenRefused(DentalizationError):
    """This token is not valid, or not any more; sign in again."""

    code = "token-refused"


class WeakPassword(InvalidInput):
    """A password has at least 8 and at most 128 characters, and is not the e-mail address."""

    code = "weak-password"


class ConsentMissing(NotAllowed):
    """The patient has not agreed that an AI looks at the photos; this can be agreed to under 'Privacy'."""

    code = "consent-missing"


class ConsentTextChanged(Conflict):
    """The text of this consent has changed; read the present version and decide again."""

    code = "consent-text-changed"


class ConsentNeeded(Conflict):
    """The service cannot be had without this; to end it, erase your account under 'Privacy'."""

    code = "consent-needed"


class LinkOver(Conflict):
    """This link has been used, or its time is over; ask for a new one."""

    code = "link-over"


class AlreadyVerified(Conflict):
    """This e-mail address is verified already."""

    code = "already-verified"


class AddressTaken(Conflict):
    """There is an account with this e-mail address already; sign in with it, or choose another address."""

    code = "address-taken"


class AddressUnchanged(InvalidInput):
    """This is the address that the account has already; give another one."""

    code = "address-unchanged"
