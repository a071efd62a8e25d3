"""Tables and functions that belong to no slice: identity, row versions, retried requests, rate limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt
from dentalization.db.objects import Policy, access, function, setting

SAFE_PATH = "SET search_path = pg_catalog, public, pg_temp"
"""Fixed for every SECURITY DEFINER function: a caller's own schema must not supply what it calls."""


class SessionWrite(Base):
    """How far a session has written: reads from a replica that is behind go to the primary.

    Unlogged, so that a note costs no wait for the disk. A crash empties the table; the row of session '' is
    then made anew and says for all sessions how far the log was.
    """

    __tablename__ = "session_writes"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    """In bytes from the beginning of the write-ahead log."""
    written_at: Mapped[CreatedAt]


class RateLimit(Base):
    """Hits of one key in its present window. Keys are keyed digests; no address or e-mail is kept."""

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    hits: Mapped[int] = mapped_column(Integer)
    window_ends_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKey(Base):
    """The answer to a creating request, so that a retry with the same key creates nothing twice."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str]
    """SHA-256 of route and body: the same key with another request is a mistake of the client."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


# Sealing the same text under another key is no change that anybody must notice: 'db reseal' says so, and only
# who owns the table is believed.
TOUCH = function(
    "app_touch_updated_at()",
    """app_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('app.resealing', true) = 'on' AND pg_has_role(
      (SELECT relowner FROM pg_catalog.pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END $$""",
    app_may_call=False,
)

# The settings are local to the transaction. A doctor whose licence is not verified, or has run out, acts as
# one without a doctor profile; one who was verified without a submission has no date on which that ends.
# An ended session identifies nobody. One assignment: each would be a call of its own.
IDENTIFY = function(
    "app_identify(text, text, text, text, text)",
    f"""app_identify(
  p_user text, p_role text, p_patient text, p_doctor text, p_session text
) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE alive boolean := true; doctor text := ''; applied text;
BEGIN
  IF p_session <> '' THEN
    alive := EXISTS (SELECT 1 FROM public.sessions s
      WHERE s.id = p_session AND s.user_id = p_user AND s.expires_at > now());
  END IF;
  IF alive AND p_doctor <> '' THEN
    SELECT d.id INTO doctor FROM public.doctor_profiles d
      WHERE d.id = p_doctor AND d.user_id = p_user AND d.is_verified
        AND coalesce((SELECT (s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone > now()
          FROM public.licence_submissions s WHERE s.doctor_id = d.id AND s.status = 'VERIFIED'
          ORDER BY s.sip_expires_on DESC LIMIT 1), true);
  END IF;
  applied := set_config('app.user_id', CASE WHEN alive THEN p_user ELSE '' END, true)
    || set_config('app.role', CASE WHEN alive THEN p_role ELSE '' END, true)
    || set_config('app.patient_id', CASE WHEN alive THEN p_patient ELSE '' END, true)
    || set_config('app.doctor_id', coalesce(doctor, ''), true);
  RETURN alive;
END $$""",
)

# Never back: of two writes of one session the earlier may be noted last.
MARK_WRITE = function(
    "app_mark_write(text)",
    f"""app_mark_write(p_session text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
  INSERT INTO public.session_writes (session_id, position)
  VALUES (p_session, (pg_current_wal_insert_lsn() - '0/0')::bigint)
  ON CONFLICT (session_id) DO UPDATE
    SET position = greatest(session_writes.position, excluded.position), written_at = now()
$$""",
)

WRITTEN_BEFORE = function(
    "app_written_before(text, pg_lsn)",
    f"""app_written_before(p_session text, p_replayed pg_lsn) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
  INSERT INTO public.session_writes (session_id, position)
  VALUES ('', (pg_current_wal_insert_lsn() - '0/0')::bigint)
  ON CONFLICT DO NOTHING;
  SELECT NOT EXISTS (SELECT 1 FROM public.session_writes
    WHERE session_id IN (p_session, '') AND position > (p_replayed - '0/0')::bigint);
$$""",
)

SCHEMA_VERSION = function(
    "app_schema_version()",
    f"""app_schema_version() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  RETURN (SELECT version_num FROM public.alembic_version);
END $$""",
)

_OWN = f"user_id = {setting('user_id')}"

access("session_writes", grants="SELECT")
access(
    "rate_limits",
    Policy("SELECT", "true"),
    Policy("INSERT", check="true"),
    Policy("UPDATE", "true", "true"),
    Policy("DELETE", "true"),
    grants="SELECT, INSERT, UPDATE, DELETE",
)
access(
    "idempotency_keys",
    # The worker sees what it clears away: a DELETE with a condition reads the rows too.
    Policy("SELECT", f"({_OWN}) OR {setting('role')} = 'WORKER'"),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    Policy("DELETE", f"{setting('role')} = 'WORKER'"),
    grants="SELECT, INSERT, UPDATE (result), DELETE",
)
