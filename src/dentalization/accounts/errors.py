"""What can go wrong with accounts, sessions and second factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


class SecondFactorNeeded(DentalizationError):
    """The password is right; now send the second factor with this challenge, within five minutes."""

    code = "second-factor-needed"

    def __init__(self, challenge: str, factors: Sequence[str]) -> None:
        super().__init__()
        self.challenge = challenge
        self.factors = tuple(factors)

    @property
    def members(self) -> dict[str, Any]:
        """What the problem document says besides."""
        return {"challenge": self.challenge, "factors": list(self.factors)}


class FactorRefused(DentalizationError):
    """This code or passkey is not right, or was used before; wait for the next code and send that."""

    code = "factor-refused"


class ChallengeOver(DentalizationError):
    """This sign-in took longer than five minutes or has ended; begin again with address and password."""

    code = "challenge-over"


class SecondFactorRequired(NotAllowed):
    """Your role needs a second factor: add one under 'me/factors', then refresh the access token."""

    code = "second-factor-required"


class ConfirmationNeeded(NotAllowed):
    """Show that it is still you: send your password or a code to 'auth/reauthentication', then repeat."""

    code = "confirmation-needed"


class WrongProof(InvalidInput):
    """This is not right, or was used before."""

    code = "wrong-proof"


class FactorExists(Conflict):
    """This account has an authenticator app already; remove that one before you add another."""

    code = "factor-exists"


class TooManyPasskeys(Conflict):
    """An account has at most 20 passkeys; remove one that you do not use any more."""

    code = "too-many-passkeys"


class PasskeysUnavailable(Conflict):
    """Passkeys need a service with a name: its public address is a number here; use an authenticator app."""

    code = "passkeys-unavailable"


class PasskeyRefused(InvalidInput):
    """This passkey's answer is not valid for this account and this service; begin again."""

    code = "passkey-refused"
