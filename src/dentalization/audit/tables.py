"""The audit log, partitioned by month, and the ends of its chains. Only its function writes it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, UpdatedAt
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH


class AuditRow(Base):
    """One access to one person's data in one request.

    A chain is what one process wrote in one month: its rows are numbered from 1, and the hash of each
    covers that of the row before (`audit.chain`).
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_person", "person", "own", text("at DESC"), text("id DESC")),
        Index("ix_audit_log_user_id", "user_id", text("at DESC"), text("id DESC")),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    chain: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[str]
    person: Mapped[str]
    """Whose data: id of the patient profile, or of the account of somebody who is no patient."""
    own: Mapped[bool]
    user_id: Mapped[str]
    """Who; '' for the job runner."""
    role: Mapped[str]
    session_id: Mapped[str]
    address: Mapped[str]
    action: Mapped[str]
    """Method and route, such as 'GET /api/v1/diagnoses'."""
    kinds: Mapped[str]
    """Words of `db.trail.KINDS` in alphabetical order, with commas."""
    why: Mapped[str]
    """'own', 'care', 'administration', 'analysis', or 'emergency' and the id of the emergency access."""
    request_id: Mapped[str]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditChain(Base):
    """The end of each chain, so that rows missing there are noticed too."""

    __tablename__ = "audit_chains"

    chain: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[date] = mapped_column(Date, index=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[UpdatedAt]


# Several processes meet the first row of a month together; one makes its partition, the others find it made.
MAKE_PARTITION = function(
    "app_make_audit_partition(date)",
    f"""app_make_audit_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE month date := date_trunc('month', p_month)::date;
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
BEGIN
  IF to_regclass('public.' || name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('app_make_audit_partition'));
  BEGIN
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_log FOR VALUES FROM (%L) TO (%L)',
      name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY owner ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, dentalization_app, dentalization_service', name);
  EXCEPTION WHEN duplicate_table THEN
    RETURN false;
  END;
  RETURN true;
END $$""",
)

# The app's role has no other way to write. What does not continue a chain where it ends is refused, so that
# rows are never written twice, left out, or put into the middle.
APPEND = function(
    "app_append_audit(text, bigint, bytea, jsonb)",
    f"""app_append_audit(p_chain text, p_first bigint, p_previous bytea, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE written bigint := jsonb_array_length(p_rows);
  month date := date_trunc('month', (p_rows -> 0 ->> 'at')::timestamptz AT TIME ZONE 'UTC')::date;
  ending bytea := decode(p_rows -> -1 ->> 'hash', 'hex');
BEGIN
  PERFORM public.app_make_audit_partition(month);
  IF p_first = 1 THEN
    INSERT INTO public.audit_chains (chain, month, rows, hash) VALUES (p_chain, month, written, ending);
  ELSE
    UPDATE public.audit_chains c SET rows = c.rows + written, hash = ending, updated_at = now()
      WHERE c.chain = p_chain AND c.rows = p_first - 1 AND c.hash = p_previous;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'chain % does not end at %', p_chain, p_first - 1;
    END IF;
  END IF;
  INSERT INTO public.audit_log (chain, number, at, id, person, own, user_id, role, session_id, address,
    action, kinds, why, request_id, previous, hash)
  SELECT p_chain, p_first + n - 1, given.at, given.id, given.person, given.own, given.user_id, given.role,
    given.session_id, given.address, given.action, given.kinds, given.why, given.request_id,
    coalesce(lag(decode(given.hash, 'hex')) OVER (ORDER BY n), p_previous), decode(given.hash, 'hex')
  FROM ROWS FROM (jsonb_to_recordset(p_rows) AS (id text, at timestamptz, person text, own boolean,
    user_id text, role text, session_id text, address text, action text, kinds text, why text,
    request_id text, hash text)) WITH ORDINALITY AS given(id, at, person, own, user_id, role, session_id,
    address, action, kinds, why, request_id, hash, n);
  RETURN written;
END $$""",
)

_MINE = f"person IN ({setting('user_id')}, {setting('patient_id')})"

access(
    "audit_log",
    Policy("SELECT", f"{_MINE} OR {setting('role')} = 'ADMIN'"),
    grants="SELECT",
)
access("audit_chains", grants="SELECT")
