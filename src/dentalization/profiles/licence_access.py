"""What the database itself does about licences: decisions, their end by the calendar, and the ledger."""

from __future__ import annotations

from dentalization.db.base import trigger_says
from dentalization.db.objects import Policy, access, function, lookup, setting, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.licence_tables import MOST_DOCUMENTS, TRANSITIONS

NOTICE_DAYS = (7, 30, 60)
"""So many days before its end a licence's doctor is told."""

_TRANSITION = trigger_says(
    "licence_submissions_transition", "A licence in this state cannot be decided like that any more."
)
_CLOSED = trigger_says(
    "licence_documents_closed", "Documents are added while the licence waits for its decision, not later."
)
_FULL = trigger_says(
    "licence_documents_full", f"A licence has at most {MOST_DOCUMENTS} documents; withdraw it to begin anew."
)
_LEDGER = trigger_says("licence_events_append_only", "What has happened to a licence is never rewritten.")

_ALLOWED = ", ".join(f"('{before}', '{after}')" for before, after in sorted(TRANSITIONS))


def _ended(row: str) -> str:
    """The SQL that says whether a submission's last day is over, where the doctor practises."""
    return f"(({row}.sip_expires_on + 1)::timestamp AT TIME ZONE {row}.time_zone <= now())"


function(
    "app_write_licence_event(text, text, text, text, integer)",
    f"""app_write_licence_event(p_doctor text, p_submission text, p_step text, p_reason text, p_days integer)
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
  INSERT INTO public.licence_events (id, doctor_id, submission_id, step, days, actor_id, actor_role, reason,
    happened_at)
  SELECT 'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), p_doctor, p_submission, p_step,
    p_days, CASE WHEN NOT calendar THEN nullif(current_setting('app.user_id', true), '') END,
    CASE WHEN calendar THEN 'WORKER'
      ELSE coalesce(nullif(current_setting('app.role', true), ''), 'OWNER') END,
    p_reason, clock_timestamp()
  FROM (SELECT p_step IN ('EXPIRED', 'NOTICE') AS calendar) AS who
  ON CONFLICT (submission_id, days) WHERE step = 'NOTICE' DO NOTHING
$$""",
    app_may_call=False,
)

function(
    "app_keep_licence()",
    f"""app_keep_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status THEN
    IF (OLD.status, NEW.status) NOT IN ({_ALLOWED}) THEN
      RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = '{_TRANSITION}';
    END IF;
    NEW.decided_at := now();
  END IF;
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "licence_submissions_keep",
    "licence_submissions",
    "BEFORE UPDATE OF status ON {table} FOR EACH ROW EXECUTE FUNCTION app_keep_licence()",
)

function(
    "app_note_licence()",
    f"""app_note_licence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM public.app_write_licence_event(NEW.doctor_id, NEW.id, 'SUBMITTED', NULL, NULL);
  ELSIF NEW.status <> OLD.status THEN
    PERFORM public.app_write_licence_event(NEW.doctor_id, NEW.id,
      CASE WHEN OLD.status = 'VERIFIED' AND NEW.status = 'REJECTED' THEN 'REVOKED' ELSE NEW.status END,
      CASE WHEN NEW.status IN ('VERIFIED', 'REJECTED') THEN NEW.reason END, NULL);
  END IF;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "licence_submissions_note",
    "licence_submissions",
    "AFTER INSERT OR UPDATE OF status ON {table} FOR EACH ROW EXECUTE FUNCTION app_note_licence()",
)

# The submission is locked, so that no document slips in beside its decision, nor an eleventh beside a tenth.
function(
    "app_take_document()",
    f"""app_take_document() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE found_submission public.licence_submissions;
BEGIN
  SELECT s.* INTO found_submission FROM public.licence_submissions s
    WHERE s.id = NEW.submission_id FOR UPDATE;
  IF found_submission.status IS DISTINCT FROM 'SUBMITTED' THEN
    RAISE EXCEPTION 'this licence is decided'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_CLOSED}';
  END IF;
  IF (SELECT count(*) FROM public.licence_documents d
      WHERE d.submission_id = NEW.submission_id) >= {MOST_DOCUMENTS} THEN
    RAISE EXCEPTION 'this licence has its documents'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_FULL}';
  END IF;
  PERFORM public.app_write_licence_event(
    found_submission.doctor_id, found_submission.id, 'DOCUMENT_ADDED', NULL, NULL);
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "licence_documents_take",
    "licence_documents",
    "BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION app_take_document()",
)

function(
    "app_keep_ledger()",
    f"""app_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only added to'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_LEDGER}';
END $$""",
    app_may_call=False,
)
trigger(
    "licence_events_keep",
    "licence_events",
    "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION app_keep_ledger()",
)
trigger(
    "licence_events_keep_all",
    "licence_events",
    "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION app_keep_ledger()",
)

# Doctors are locked before their submissions, here as in decisions, so that neither waits for the other.
function(
    "app_end_licences(text)",
    f"""app_end_licences(p_doctor text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE doctor text; changed integer; ended integer := 0;
BEGIN
  FOR doctor IN SELECT DISTINCT s.doctor_id FROM public.licence_submissions s
      WHERE s.status = 'VERIFIED' AND {_ended("s")} AND (p_doctor IS NULL OR s.doctor_id = p_doctor)
      ORDER BY 1 LOOP
    PERFORM 1 FROM public.doctor_profiles d WHERE d.id = doctor FOR UPDATE;
    UPDATE public.licence_submissions s SET status = 'EXPIRED'
      WHERE s.doctor_id = doctor AND s.status = 'VERIFIED' AND {_ended("s")};
    GET DIAGNOSTICS changed = ROW_COUNT;
    ended := ended + changed;
    IF changed > 0 THEN
      UPDATE public.doctor_profiles d SET is_verified = false WHERE d.id = doctor AND d.is_verified
        AND NOT EXISTS (SELECT 1 FROM public.licence_submissions s
          WHERE s.doctor_id = doctor AND s.status = 'VERIFIED');
    END IF;
  END LOOP;
  RETURN ended;
END $$""",
    app_may_call=False,
)

# The licence is the one thing about a profile that its owner must not decide. Of several who decide one
# submission at once the first to lock its doctor wins. Without an open submission the decision is by hand.
function(
    "app_decide_licence(text, text, boolean, text, text)",
    f"""app_decide_licence(
  p_doctor text, p_submission text, p_verified boolean, p_reason text, p_zone text
) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE was_verified boolean; waiting public.licence_submissions; holds boolean; known boolean;
  admin text := current_setting('app.user_id', true);
BEGIN
  IF current_setting('app.role', true) IS DISTINCT FROM 'ADMIN' THEN
    RETURN 'not allowed';
  END IF;
  PERFORM 1 FROM public.doctor_profiles d WHERE d.id = p_doctor FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'no doctor';
  END IF;
  PERFORM public.app_end_licences(p_doctor);
  SELECT d.is_verified INTO was_verified FROM public.doctor_profiles d WHERE d.id = p_doctor;
  SELECT s.* INTO waiting FROM public.licence_submissions s
    WHERE s.doctor_id = p_doctor AND s.status = 'SUBMITTED' FOR UPDATE;
  IF p_submission <> '' AND waiting.id IS DISTINCT FROM p_submission THEN
    RETURN 'decided';
  END IF;
  IF p_reason = '' AND (NOT p_verified OR waiting.id IS NULL) THEN
    RETURN 'no reason';
  END IF;
  IF waiting.id IS NOT NULL THEN
    waiting.time_zone := p_zone;
    IF p_verified AND {_ended("waiting")} THEN
      RETURN 'expired';
    END IF;
    UPDATE public.licence_submissions s
      SET status = CASE WHEN p_verified THEN 'VERIFIED' ELSE 'REJECTED' END, decided_by = admin,
        reason = nullif(p_reason, ''), time_zone = p_zone
      WHERE s.id = waiting.id;
    UPDATE public.doctor_profiles d SET is_verified = EXISTS (SELECT 1 FROM public.licence_submissions s
      WHERE s.doctor_id = p_doctor AND s.status = 'VERIFIED') WHERE d.id = p_doctor;
    RETURN 'done';
  END IF;
  SELECT count(*) > 0, coalesce(bool_or(s.status = 'VERIFIED'), false) INTO known, holds
    FROM public.licence_submissions s WHERE s.doctor_id = p_doctor;
  IF (p_verified AND was_verified AND holds) OR (NOT p_verified AND NOT was_verified AND known) THEN
    RETURN 'decided';
  END IF;
  IF holds AND NOT p_verified THEN
    UPDATE public.licence_submissions s SET status = 'REJECTED', decided_by = admin, reason = p_reason
      WHERE s.doctor_id = p_doctor AND s.status = 'VERIFIED';
  ELSE
    PERFORM public.app_write_licence_event(p_doctor, NULL, CASE WHEN p_verified THEN 'VERIFIED'
      WHEN was_verified THEN 'REVOKED' ELSE 'REJECTED' END, p_reason, NULL);
  END IF;
  UPDATE public.doctor_profiles d SET is_verified = p_verified WHERE d.id = p_doctor;
  RETURN 'done';
END $$""",
)

_NOTICE = " ".join(f"WHEN left_days <= {days} THEN {days}" for days in NOTICE_DAYS)

function(
    "app_watch_licences(text)",
    f"""app_watch_licences(p_zone text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE ended integer;
BEGIN
  IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
    RETURN 0;
  END IF;
  UPDATE public.licence_submissions s SET time_zone = p_zone
    WHERE s.status IN ('SUBMITTED', 'VERIFIED') AND s.time_zone <> p_zone;
  ended := public.app_end_licences(NULL);
  PERFORM public.app_write_licence_event(one.doctor_id, one.id, 'NOTICE', NULL, one.days)
    FROM (SELECT latest.doctor_id, latest.id, CASE {_NOTICE} END AS days
      FROM (SELECT DISTINCT ON (s.doctor_id) s.doctor_id, s.id,
          s.sip_expires_on - (now() AT TIME ZONE p_zone)::date AS left_days
        FROM public.licence_submissions s WHERE s.status = 'VERIFIED'
        ORDER BY s.doctor_id, s.sip_expires_on DESC) AS latest) AS one
    WHERE one.days IS NOT NULL;
  RETURN ended;
END $$""",
)

_MY_PROFILE = lookup(
    "app_my_doctor_profile",
    f"(SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = {setting('user_id')})",
    returns="text",
)
"""Of a doctor who is not verified too, whom app_identify gives no doctor_id."""
_MINE = f"doctor_id = {_MY_PROFILE}"
_ADMIN = f"{setting('role')} = 'ADMIN'"

access(
    "licence_submissions",
    Policy("SELECT", f"{_MINE} OR {_ADMIN}"),
    Policy("INSERT", check=f"{_MINE} AND status = 'SUBMITTED'"),
    Policy("UPDATE", f"{_MINE} AND status = 'SUBMITTED'", f"{_MINE} AND status = 'WITHDRAWN'"),
    grants="SELECT, INSERT (id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number, time_zone), "
    "UPDATE (status)",
)
# The worker clears away objects that no row names, so it sees which are named. What may be seen of a licence
# may be seen of its documents; a scalar look-up, since EXISTS would be hashed over all licences.
_LICENCE_SEEN = lookup(
    "app_licence_seen",
    "(SELECT true FROM licence_submissions s WHERE s.id = {0})",
    "licence_documents.submission_id",
)
_LICENCE_MINE = lookup(
    "app_licence_mine",
    f"EXISTS (SELECT 1 FROM licence_submissions s WHERE s.id = {{0}} AND s.{_MINE})",
    "licence_documents.submission_id",
)
access(
    "licence_documents",
    Policy("SELECT", f"{setting('role')} = 'WORKER' OR {_LICENCE_SEEN}"),
    Policy("INSERT", check=_LICENCE_MINE),
    grants="SELECT, INSERT (id, submission_id, object_key, content_type, bytes, sha256)",
)
access("licence_events", Policy("SELECT", f"{_MINE} OR {_ADMIN}"), grants="SELECT")
