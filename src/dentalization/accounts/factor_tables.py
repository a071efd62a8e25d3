"""Second factors of accounts, what a sign-in waits for, and when a session last showed who it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, check, reference
from dentalization.db.objects import Policy, access, lookup, setting


class TotpFactor(Base):
    """One authenticator app of an account; it counts once a first code has confirmed it."""

    __tablename__ = "totp_factors"

    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", primary_key=True)
    secret: Mapped[str]
    """Sealed with AES-256-GCM under a key of the server; the user's id is the associated data."""
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The newest time step whose code was accepted: none up to it is ever accepted again."""
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class RecoveryCode(Base):
    """A code on paper, kept as a keyed digest; the row goes when the code is used."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    created_at: Mapped[CreatedAt]


class Passkey(Base):
    """A WebAuthn credential: its public key, and how often its authenticator says it was used."""

    __tablename__ = "passkeys"
    __table_args__ = (
        Index("idx_passkeys_user_id", "user_id"),
        Index(
            "idx_passkeys_credential_id",
            "credential_id",
            unique=True,
            info={"says": "This passkey is registered already."},
        ),
        check("passkeys_sign_count", "sign_count >= 0", says="A sign count is never below zero."),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    name: Mapped[str] = mapped_column(String(100))
    credential_id: Mapped[str]
    """base64url, as in WebAuthn's JSON."""
    public_key: Mapped[str]
    """A COSE key, base64url."""
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]


class FactorChallenge(Base):
    """What a sign-in or an enrolment must answer once, and soon; the row goes with the answer."""

    __tablename__ = "factor_challenges"
    __table_args__ = (
        Index("idx_factor_challenges_user_id", "user_id"),
        Index("idx_factor_challenges_expires_at", "expires_at"),
        check(
            "factor_challenges_purpose",
            "purpose IN ('sign-in', 'enrolment')",
            says="A challenge is for a sign-in or for an enrolment.",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    purpose: Mapped[str]
    challenge: Mapped[str]
    """32 random bytes for a passkey to sign, base64url."""
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class SessionConfirmation(Base):
    """When the person at this session last showed a password or a factor."""

    __tablename__ = "session_confirmations"

    session_id: Mapped[str] = reference("sessions.id", ondelete="CASCADE", primary_key=True)
    confirmed_at: Mapped[CreatedAt]


_OWN = f"user_id = {setting('user_id')}"
_OVER = f"{setting('role')} = 'WORKER' AND expires_at < now()"
_OWN_SESSION = lookup(
    "app_own_session",
    f"EXISTS (SELECT 1 FROM sessions s WHERE s.id = {{0}} AND s.user_id = {setting('user_id')})",
    "session_confirmations.session_id",
)

access(
    "totp_factors",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, UPDATE (secret, last_step, confirmed_at, created_at), DELETE",
)
access(
    "recovery_codes",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, DELETE",
)
access(
    "passkeys",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, UPDATE (sign_count, last_used_at), DELETE",
)
# A DELETE with a condition reads the rows too, so the worker needs to see what it clears away.
access(
    "factor_challenges",
    Policy("SELECT", f"({_OWN}) OR ({_OVER})"),
    Policy("INSERT", check=_OWN),
    Policy("DELETE", f"({_OWN}) OR ({_OVER})"),
    grants="SELECT, INSERT, DELETE",
)
access(
    "session_confirmations",
    Policy("SELECT", _OWN_SESSION),
    Policy("INSERT", check=_OWN_SESSION),
    Policy("UPDATE", _OWN_SESSION, _OWN_SESSION),
    grants="SELECT, INSERT, UPDATE (confirmed_at)",
)
