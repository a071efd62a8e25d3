"""What the database does for recalls and for the letters about them and about offers: each is sent once."""

from __future__ import annotations

from typing import Final

from dentalization.appointments.recall_tables import NOTICE_TASK, NoticeKind
from dentalization.appointments.reminder_access import CLAIM_SECONDS
from dentalization.appointments.reminder_tables import Outcome
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import acting_doctor, in_care, own_patient

REMINDED_DAYS: Final = 14
"""So many days before it is due a recall is told, since nobody gets an appointment for today."""
NOTICES_KEPT_DAYS: Final = 365

_NEW_ID = "'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24)"


def write_notice(patient: str, kind: NoticeKind, about: str) -> str:
    """The PL/pgSQL that writes one letter down with its job, unless there is one about the same already."""
    return f"PERFORM public.app_write_notice({patient}, '{kind}', {about});"


function(
    "app_write_notice(text, text, text)",
    f"""app_write_notice(p_patient text, p_kind text, p_about text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE v_notice text;
BEGIN
  INSERT INTO public.care_notices (id, patient_id, kind, about_id)
    VALUES ({_NEW_ID}, p_patient, p_kind, p_about)
    ON CONFLICT (about_id, kind) DO NOTHING RETURNING id INTO v_notice;
  IF v_notice IS NOT NULL THEN
    PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('default', '{NOTICE_TASK}', 0,
      'care notice ' || v_notice, NULL, jsonb_build_object('notice_id', v_notice),
      NULL)::public.procrastinate_job_to_defer_v1]);
  END IF;
END $$""",
    app_may_call=False,
)
function(
    "app_remind_recalls()",
    f"""app_remind_recalls() RETURNS TABLE (id text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
DECLARE v_recall public.recalls;
BEGIN
  IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
    RETURN;
  END IF;
  FOR v_recall IN SELECT r.* FROM public.recalls r
    WHERE r.status = 'OPEN' AND r.due_on <= current_date + {REMINDED_DAYS}
      AND NOT EXISTS (SELECT 1 FROM public.care_notices n WHERE n.about_id = r.id AND n.kind = 'RECALL')
    ORDER BY r.due_on, r.id LIMIT 1000
  LOOP
    {write_notice("v_recall.patient_id", NoticeKind.RECALL, "v_recall.id")}
    RETURN QUERY SELECT v_recall.id;
  END LOOP;
END $$""",
)

# As for letters about appointments: the claim and all that is needed in one step, for the worker alone.
# Nothing is returned where there is nothing to tell any more; an offer is told to whoever joined the line,
# a recall to who consented to reminders.
function(
    "app_claim_notice(text)",
    f"""app_claim_notice(p_notice text) RETURNS TABLE (
  claimed boolean, id text, kind text, scheduled_at timestamptz, duration integer, expires_at timestamptz,
  due_on date, time_zone text, doctor_id text, email text, language text, first_name text, last_name text,
  clinic_name text, clinic_address text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
DECLARE
  v_notice public.care_notices;
  v_offer public.slot_offers;
  v_recall public.recalls;
  v_claimed boolean;
BEGIN
  IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
    RETURN;
  END IF;
  SELECT n.* INTO v_notice FROM public.care_notices n
    WHERE n.id = p_notice AND n.settled_at IS NULL FOR UPDATE;
  IF v_notice.id IS NULL THEN
    RETURN;
  END IF;
  v_claimed := coalesce(
    v_notice.claimed_at NOT BETWEEN clock_timestamp() - interval '{CLAIM_SECONDS} seconds'
      AND clock_timestamp(), true);
  SELECT o.* INTO v_offer FROM public.slot_offers o WHERE v_notice.kind = '{NoticeKind.OFFER}'
    AND o.id = v_notice.about_id AND o.status = 'OPEN' AND o.expires_at > clock_timestamp();
  SELECT r.* INTO v_recall FROM public.recalls r WHERE v_notice.kind = '{NoticeKind.RECALL}'
    AND r.id = v_notice.about_id AND r.status = 'OPEN'
    AND EXISTS (SELECT 1 FROM public.app_consented(ARRAY[v_notice.patient_id], 'REMINDERS'));
  IF v_offer.id IS NULL AND v_recall.id IS NULL THEN
    UPDATE public.care_notices n SET settled_at = now(), outcome = '{Outcome.NOT_WANTED}'
      WHERE n.id = p_notice;
    RETURN;
  END IF;
  IF v_claimed THEN
    UPDATE public.care_notices n SET claimed_at = clock_timestamp() WHERE n.id = p_notice;
  END IF;
  RETURN QUERY SELECT v_claimed, v_notice.id, v_notice.kind, v_offer.scheduled_at, v_offer.duration,
      v_offer.expires_at, v_recall.due_on, s.time_zone, d.id, u.email::text,
      coalesce((SELECT c.language::text FROM public.consents c WHERE c.user_id = u.id
        ORDER BY c.given_at DESC, c.id DESC LIMIT 1), 'en'),
      d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
    FROM public.patient_profiles p
    JOIN public.users u ON u.id = p.user_id
    JOIN public.doctor_profiles d ON d.id = coalesce(v_offer.doctor_id, v_recall.doctor_id)
    LEFT JOIN public.doctor_schedules s ON s.doctor_id = d.id
    WHERE p.id = v_notice.patient_id;
END $$""",
)
function(
    "app_left_notices()",
    f"""app_left_notices() RETURNS TABLE (id text) LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT n.id FROM public.care_notices n
  WHERE current_setting('app.role', true) = 'WORKER' AND n.settled_at IS NULL
    AND n.created_at < now() - interval '5 minutes'
    AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j
      WHERE j.lock = 'care notice ' || n.id AND j.status IN ('todo', 'doing'))
  ORDER BY n.created_at LIMIT 1000
$$""",
)

_WORKER = f"{setting('role')} = 'WORKER'"
_OWN = own_patient("patient_id")
_MINE = acting_doctor("doctor_id")
access(
    "recalls",
    Policy("SELECT", f"{_OWN} OR {_MINE}"),
    Policy("INSERT", check=f"{_MINE} AND status = 'OPEN' AND {in_care('recalls.patient_id')}"),
    Policy("UPDATE", f"{_MINE} AND status = 'OPEN'", f"{_MINE} AND status = 'WITHDRAWN'"),
    grants="SELECT, INSERT, UPDATE (status, closed_at)",
)
access(
    "care_notices",
    Policy("SELECT", f"({_OWN}) OR {_WORKER}"),
    Policy("UPDATE", f"{_WORKER} AND settled_at IS NULL", _WORKER),
    Policy("DELETE", f"{_WORKER} AND created_at < now() - interval '{NOTICES_KEPT_DAYS} days'"),
    grants="SELECT, UPDATE (claimed_at, settled_at, outcome), DELETE",
)
