"""What the database does for letters about appointments: no change is forgotten, none is sent twice."""

from __future__ import annotations

from typing import Final

from dentalization.appointments.reminder_tables import AHEAD, TASK, LetterKind, Outcome
from dentalization.db.objects import Policy, access, function, setting, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import own_patient

CLAIM_SECONDS: Final = 45
"""So long a letter is its worker's, longer than sending may take; then the worker counts as killed."""
KEPT_DAYS: Final = 90

_ahead = ", ".join(
    f"('{kind}', interval '{int(ahead.total_seconds())} seconds')" for kind, ahead in AHEAD.items()
)
_reminders = ", ".join(f"'{kind}'" for kind in AHEAD)
_NEW_ID = "'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24)"

# In the transaction of the change, whoever makes it. A letter that waits tells what is true no more, so it
# goes; one that is being sent at this moment arrives before its correction, which has the higher sequence.
function(
    "app_write_appointment_letters()",
    f"""app_write_appointment_letters() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE
  v_coming boolean := NEW.status IN ('SCHEDULED', 'CONFIRMED') AND NEW.scheduled_at > now();
  v_kind text;
  v_sequence integer;
  v_letter public.appointment_letters;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF v_coming THEN
      v_kind := '{LetterKind.REQUEST}';
    END IF;
  ELSIF (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration) THEN
    v_kind := '{LetterKind.REQUEST}';
  ELSIF NEW.status = 'CANCELLED' AND OLD.status <> 'CANCELLED' THEN
    v_kind := '{LetterKind.CANCEL}';
  ELSIF v_coming THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM public.appointment_letters l WHERE l.appointment_id = NEW.id AND l.settled_at IS NULL;
  END IF;
  IF v_kind IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.appointment_invitations AS i (appointment_id, patient_id, sequence, changed_at)
    VALUES (NEW.id, NEW.patient_id, CASE TG_OP WHEN 'INSERT' THEN 0 ELSE 1 END, now())
    ON CONFLICT (appointment_id) DO UPDATE
      SET sequence = i.sequence + 1, changed_at = greatest(i.changed_at, now())
    RETURNING i.sequence INTO v_sequence;
  IF NEW.scheduled_at <= now() THEN
    RETURN NULL;
  END IF;
  FOR v_letter IN
    INSERT INTO public.appointment_letters
      (id, appointment_id, patient_id, kind, sequence, scheduled_at, duration, due_at)
    SELECT {_NEW_ID}, NEW.id, NEW.patient_id, d.kind, v_sequence, NEW.scheduled_at, NEW.duration, d.due_at
    FROM (SELECT v_kind AS kind, now() AS due_at
      UNION ALL SELECT r.kind, NEW.scheduled_at - r.ahead
        FROM (VALUES {_ahead}) AS r (kind, ahead)
        WHERE v_coming AND NEW.scheduled_at - r.ahead > now()) AS d
    RETURNING *
  LOOP
    PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('default', '{TASK}', 0,
      'appointment letter ' || v_letter.id, NULL, jsonb_build_object('letter_id', v_letter.id),
      nullif(v_letter.due_at, now()))::public.procrastinate_job_to_defer_v1]);
  END LOOP;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_letters",
    "appointments",
    "AFTER INSERT OR UPDATE OF status, scheduled_at, duration ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION app_write_appointment_letters()",
)

# All that a letter needs, and the claim, in one step for the worker alone. Nothing is returned where there is
# nothing to send; 'claimed' is false while another worker may be sending it. A claim from the future is one
# from before the clock went back; and who waited for the row must not take a fresh claim for such a one, so
# here now(), at which the transaction began, does not count.
function(
    "app_claim_appointment_letter(text)",
    f"""app_claim_appointment_letter(p_letter text) RETURNS TABLE (
  claimed boolean, id text, appointment_id text, kind text, sequence integer, changed_at timestamptz,
  scheduled_at timestamptz, duration integer, time_zone text, email text, language text,
  first_name text, last_name text, clinic_name text, clinic_address text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
DECLARE v_letter public.appointment_letters; v_claimed boolean;
BEGIN
  IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
    RETURN;
  END IF;
  SELECT l.* INTO v_letter FROM public.appointment_letters l
    WHERE l.id = p_letter AND l.settled_at IS NULL AND l.scheduled_at > now() FOR UPDATE;
  IF v_letter.id IS NULL THEN
    RETURN;
  END IF;
  v_claimed := coalesce(
    v_letter.claimed_at NOT BETWEEN clock_timestamp() - interval '{CLAIM_SECONDS} seconds'
      AND clock_timestamp(), true);
  IF v_letter.kind IN ({_reminders}) AND NOT EXISTS (
      SELECT 1 FROM public.app_consented(ARRAY[v_letter.patient_id], 'REMINDERS')) THEN
    UPDATE public.appointment_letters l SET settled_at = now(), outcome = '{Outcome.NOT_WANTED}'
      WHERE l.id = p_letter;
    RETURN;
  END IF;
  IF v_claimed THEN
    UPDATE public.appointment_letters l SET claimed_at = clock_timestamp() WHERE l.id = p_letter;
  END IF;
  RETURN QUERY SELECT v_claimed, v_letter.id, v_letter.appointment_id, v_letter.kind, v_letter.sequence,
      i.changed_at, v_letter.scheduled_at, v_letter.duration, s.time_zone, u.email::text,
      coalesce((SELECT c.language::text FROM public.consents c WHERE c.user_id = u.id
        ORDER BY c.given_at DESC, c.id DESC LIMIT 1), 'en'),
      d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
    FROM public.appointments a
    JOIN public.appointment_invitations i ON i.appointment_id = a.id
    JOIN public.patient_profiles p ON p.id = a.patient_id
    JOIN public.users u ON u.id = p.user_id
    JOIN public.doctor_profiles d ON d.id = a.doctor_id
    LEFT JOIN public.doctor_schedules s ON s.doctor_id = a.doctor_id
    WHERE a.id = v_letter.appointment_id;
END $$""",
)

# Letters that are due and have no job: it was given up, or the clock was wrong when it ran.
function(
    "app_left_appointment_letters()",
    f"""app_left_appointment_letters() RETURNS TABLE (id text)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT l.id FROM public.appointment_letters l
  WHERE current_setting('app.role', true) = 'WORKER' AND l.settled_at IS NULL
    AND l.due_at < now() - interval '5 minutes' AND l.scheduled_at > now()
    AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j
      WHERE j.lock = 'appointment letter ' || l.id AND j.status IN ('todo', 'doing'))
  ORDER BY l.due_at LIMIT 1000
$$""",
)

_WORKER = f"{setting('role')} = 'WORKER'"
_OWN = own_patient("patient_id")
access("appointment_invitations", Policy("SELECT", _OWN), grants="SELECT")
access(
    "appointment_letters",
    Policy("SELECT", f"({_OWN}) OR {_WORKER}"),
    Policy("UPDATE", f"{_WORKER} AND settled_at IS NULL", _WORKER),
    Policy("DELETE", f"{_WORKER} AND scheduled_at < now() - interval '{KEPT_DAYS} days'"),
    grants="SELECT, UPDATE (claimed_at, settled_at, outcome), DELETE",
)
