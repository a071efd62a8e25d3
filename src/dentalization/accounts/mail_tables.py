"""Links that are sent by mail, each good for one use, and addresses that have been shown to be theirs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, check, native_enum, reference
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH


class MailPurpose(StrEnum):
    """What whoever follows the link may do."""

    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a name
    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    EMAIL_CHANGE = "EMAIL_CHANGE"


class MailToken(Base):
    """One link. The row is made with the request; its token only by the job that sends it."""

    __tablename__ = "mail_tokens"
    __table_args__ = (
        check(
            "mail_tokens_replaces",
            "(purpose = 'EMAIL_CHANGE') = (replaces IS NOT NULL)",
            says="A link that changes an address, and no other, names the address that it replaces.",
        ),
        check(
            "mail_tokens_email_lower_case",
            "email = lower(email) AND email <> ''",
            says="An e-mail address is kept in lower case.",
            field="email",
        ),
        Index("ix_mail_tokens_digest", "digest", unique=True),
        Index("ix_mail_tokens_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", index=True)
    purpose: Mapped[MailPurpose] = mapped_column(native_enum(MailPurpose))
    digest: Mapped[str | None]
    """SHA-256 of the token, in hexadecimal; NULL until the letter is written."""
    email: Mapped[str] = mapped_column(String(255))
    """Where the link was sent: it opens nothing for any other address."""
    replaces: Mapped[str | None] = mapped_column(String(255))
    """The address that this one is to replace, and that is told so."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class VerifiedEmail(Base):
    """The address that the account has shown to be its own; another one in the account is not verified."""

    __tablename__ = "verified_emails"

    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", primary_key=True)
    email: Mapped[str] = mapped_column(String(255))
    verified_at: Mapped[CreatedAt]


# Nobody is identified yet. The caller is not told whether there is an account: the same job follows either
# way, and finds a row or none.
ASK_PASSWORD_RESET = function(
    "app_ask_password_reset(text, text, timestamptz)",
    f"""app_ask_password_reset(p_id text, p_email text, p_expires timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
  INSERT INTO public.mail_tokens (id, user_id, purpose, email, expires_at)
  SELECT p_id, u.id, 'PASSWORD_RESET', u.email, p_expires FROM public.users u WHERE u.email = p_email
$$""",
)

# What a link would do, to whoever holds it; it is not used up. Good for the account's present address only.
OPEN_MAIL_TOKEN = function(
    "app_open_mail_token(text)",
    f"""app_open_mail_token(p_digest text) RETURNS TABLE (purpose public.mail_purpose, email text)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT t.purpose, t.email FROM public.mail_tokens t JOIN public.users u ON u.id = t.user_id
  WHERE t.digest = p_digest AND t.used_at IS NULL AND t.expires_at > now()
    AND u.email = coalesce(t.replaces, t.email)
$$""",
)

# Internal: uses a link up and voids the account's others of these purposes. NULL where it is used, over, or
# for an address that the account no longer has. The lock on the account lets one of several through.
USE_MAIL_TOKEN = function(
    "app_use_mail_token(text, mail_purpose[])",
    f"""app_use_mail_token(p_digest text, p_purposes public.mail_purpose[]) RETURNS public.mail_tokens
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE token public.mail_tokens;
BEGIN
  PERFORM 1 FROM public.users u
    WHERE u.id = (SELECT t.user_id FROM public.mail_tokens t WHERE t.digest = p_digest) FOR UPDATE;
  UPDATE public.mail_tokens t SET used_at = now() FROM public.users u
    WHERE t.digest = p_digest AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL
      AND t.expires_at > now() AND u.id = t.user_id AND u.email = coalesce(t.replaces, t.email)
    RETURNING t.* INTO token;
  UPDATE public.mail_tokens t SET used_at = now()
    WHERE t.user_id = token.user_id AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL;
  RETURN token;
END $$""",
    app_may_call=False,
)

# Who knew the old password may have asked for another address with it: that must not outlive the password.
RESET_PASSWORD = function(
    "app_reset_password(text, text)",
    f"""app_reset_password(p_digest text, p_password text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE token public.mail_tokens := public.app_use_mail_token(
  p_digest, ARRAY['PASSWORD_RESET']::public.mail_purpose[]);
BEGIN
  UPDATE public.users u SET password = p_password WHERE u.id = token.user_id;
  UPDATE public.mail_tokens t SET used_at = now()
    WHERE t.user_id = token.user_id AND t.purpose = 'EMAIL_CHANGE' AND t.used_at IS NULL;
  DELETE FROM public.sessions s WHERE s.user_id = token.user_id;
  DELETE FROM public.factor_challenges c WHERE c.user_id = token.user_id;
  RETURN token.id;
END $$""",
)

CONFIRM_EMAIL = function(
    "app_confirm_email(text)",
    f"""app_confirm_email(p_digest text) RETURNS TABLE (id text, purpose public.mail_purpose, email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE token public.mail_tokens := public.app_use_mail_token(
  p_digest, ARRAY['EMAIL_VERIFICATION', 'EMAIL_CHANGE']::public.mail_purpose[]);
BEGIN
  IF token.id IS NULL THEN
    RETURN;
  END IF;
  IF token.purpose = 'EMAIL_CHANGE' THEN
    UPDATE public.users u SET email = token.email WHERE u.id = token.user_id;
  END IF;
  INSERT INTO public.verified_emails AS v (user_id, email) VALUES (token.user_id, token.email)
    ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, verified_at = now();
  RETURN QUERY SELECT token.id, token.purpose, token.email::text;
END $$""",
)

_OWN = f"user_id = {setting('user_id')}"
_WORKER = f"{setting('role')} = 'WORKER'"

# A link that is over is kept for a while: letters that tell of its use may still wait for the mail server.
access(
    "mail_tokens",
    Policy("SELECT", f"({_OWN}) OR {_WORKER}"),
    Policy("INSERT", check=f"{_OWN} AND digest IS NULL AND used_at IS NULL"),
    Policy("UPDATE", f"{_WORKER} AND used_at IS NULL", f"{_WORKER} AND used_at IS NULL"),
    Policy("DELETE", f"{_WORKER} AND expires_at < now() - interval '7 days'"),
    grants="SELECT, INSERT, UPDATE (digest, expires_at), DELETE",
)
access("verified_emails", Policy("SELECT", _OWN), grants="SELECT")
