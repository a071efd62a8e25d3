"""Users and sessions, and who may touch them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import (
    Base,
    CreatedAt,
    Id,
    Relation,
    UpdatedAt,
    check,
    native_enum,
    reference,
)
from dentalization.db.objects import Policy, access, function, setting, touch_updated_at
from dentalization.db.tables import SAFE_PATH


class Role(StrEnum):
    PATIENT = "PATIENT"
    DOCTOR = "DOCTOR"
    ADMIN = "ADMIN"


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        check(
            "users_email_lower_case",
            "email = lower(email) AND email <> ''",
            says="An e-mail address is kept in lower case.",
            field="email",
        ),
        Index("idx_users_email", "email", unique=True),
        Index("idx_users_role", "role"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(255))
    password: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(native_enum(Role), server_default=text("'PATIENT'"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Session(Base):
    """One signed-in device. The row stays while its refresh token rotates."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("idx_sessions_user_id", "user_id"),
        Index("idx_sessions_expires_at", "expires_at"),
        Index("idx_sessions_refresh_token", "refresh_token", unique=True),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", relation=Relation("user", "sessions"))
    refresh_token: Mapped[str]
    """SHA-256 of the token, in hexadecimal."""
    device_info: Mapped[str | None]
    ip_address: Mapped[str | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class SpentRefreshToken(Base):
    """Tokens that have been rotated away. Seeing one again means that somebody else has a copy."""

    __tablename__ = "spent_refresh_tokens"

    token: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = reference("sessions.id", ondelete="CASCADE", index=True)
    spent_at: Mapped[CreatedAt]


touch_updated_at("users")
touch_updated_at("sessions")

# Sign-in begins before anybody is identified, so it looks through the policies by this narrow window.
FIND_ACCOUNT = function(
    "app_find_account(text)",
    f"""app_find_account(p_email text)
RETURNS TABLE (id text, email text, password text, role role, patient_id text, doctor_id text)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT u.id, u.email, u.password, u.role, p.id, d.id
  FROM public.users u
  LEFT JOIN public.patient_profiles p ON p.user_id = u.id
  LEFT JOIN public.doctor_profiles d ON d.user_id = u.id
  WHERE u.email = p_email
$$""",
)

# One UPDATE decides who of several wins: the others wait for its row, find another token in it, and then
# see theirs among the spent ones. A spent token ends the session, and with it every token it ever had.
ROTATE_SESSION = function(
    "app_rotate_session(text, text, timestamptz, interval)",
    f"""app_rotate_session(p_old text, p_new text, p_expires timestamptz, p_tolerance interval)
RETURNS TABLE (outcome text, session_id text, id text, email text, role role,
  patient_id text, doctor_id text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE found_session public.sessions; spent public.spent_refresh_tokens;
BEGIN
  UPDATE public.sessions s SET refresh_token = p_new, expires_at = p_expires
    WHERE s.refresh_token = p_old AND s.expires_at > now() RETURNING s.* INTO found_session;
  IF found_session.id IS NOT NULL THEN
    INSERT INTO public.spent_refresh_tokens (token, session_id) VALUES (p_old, found_session.id);
    RETURN QUERY SELECT 'rotated'::text, found_session.id, u.id, u.email::text, u.role, p.id, d.id
      FROM public.users u
      LEFT JOIN public.patient_profiles p ON p.user_id = u.id
      LEFT JOIN public.doctor_profiles d ON d.user_id = u.id
      WHERE u.id = found_session.user_id;
    RETURN;
  END IF;
  SELECT t.* INTO spent FROM public.spent_refresh_tokens t WHERE t.token = p_old;
  IF spent.session_id IS NULL THEN
    RETURN;
  END IF;
  IF spent.spent_at < now() - p_tolerance OR p_tolerance = interval '0' THEN
    DELETE FROM public.sessions s WHERE s.id = spent.session_id;
    RETURN QUERY SELECT 'reused'::text, spent.session_id, NULL, NULL, NULL::role, NULL, NULL;
  ELSE
    RETURN QUERY SELECT 'just rotated'::text, spent.session_id, NULL, NULL, NULL::role, NULL, NULL;
  END IF;
END $$""",
)

_ME = setting("user_id")
_OWN = f"user_id = {_ME}"
_OVER = f"{setting('role')} = 'WORKER' AND expires_at < now()"

access(
    "users",
    Policy("SELECT", f"id = {_ME} OR {setting('role')} = 'ADMIN'"),
    Policy("INSERT", check=f"id = {_ME} AND role <> 'ADMIN'"),
    Policy("UPDATE", f"id = {_ME}", f"id = {_ME}"),
    # The address changes only by a link to the new one: see mail_tables.
    grants="SELECT, INSERT, UPDATE (password)",
)
access(
    "sessions",
    # The worker sees what it clears away: a DELETE with a condition reads the rows too.
    Policy("SELECT", f"({_OWN}) OR ({_OVER})"),
    Policy("INSERT", check=_OWN),
    Policy("DELETE", f"({_OWN}) OR ({_OVER})"),
    grants="SELECT, INSERT, DELETE",
)
access("spent_refresh_tokens", grants="SELECT")
