"""The history of appointments, written by triggers alone, so that no statement can forget it."""

from __future__ import annotations

from dentalization.appointments.tables import AppointmentStep
from dentalization.db.base import trigger_says
from dentalization.db.objects import function, trigger
from dentalization.db.tables import SAFE_PATH

_LEDGER = trigger_says("appointment_events_append_only", "What has happened is never rewritten.")

_FIELDS = (
    "id, appointment_id, patient_id, doctor_id, step, status_before, status_after, scheduled_before, "
    "scheduled_after, duration_before, duration_after, actor_id, actor_role"
)
_NEW_ID = "'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24)"
_ACTING = (
    "nullif(current_setting('app.user_id', true), ''), "
    "coalesce(nullif(current_setting('app.role', true), ''), 'OWNER')"
)
_Step = AppointmentStep
function(
    "app_note_bookings()",
    f"""app_note_bookings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  INSERT INTO public.appointment_events ({_FIELDS})
  SELECT {_NEW_ID}, b.id, b.patient_id, b.doctor_id, '{_Step.BOOKED}', NULL, b.status, NULL, b.scheduled_at,
    NULL, b.duration, {_ACTING} FROM booked_rows b;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_note_booking",
    "appointments",
    "AFTER INSERT ON {table} REFERENCING NEW TABLE AS booked_rows FOR EACH STATEMENT "
    "WHEN (current_setting('app.role', true) <> '') EXECUTE FUNCTION app_note_bookings()",
)
function(
    "app_note_appointment()",
    f"""app_note_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  INSERT INTO public.appointment_events ({_FIELDS})
  VALUES ({_NEW_ID}, NEW.id, NEW.patient_id, NEW.doctor_id,
    CASE WHEN (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration)
        THEN '{_Step.RESCHEDULED}'
      WHEN NEW.status = 'IN_PROGRESS' THEN '{_Step.STARTED}' ELSE NEW.status::text END,
    OLD.status, NEW.status, OLD.scheduled_at, NEW.scheduled_at, OLD.duration, NEW.duration, {_ACTING});
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_note",
    "appointments",
    "AFTER UPDATE OF status, scheduled_at, duration ON {table} FOR EACH ROW WHEN ((OLD.status, "
    "OLD.scheduled_at, OLD.duration) IS DISTINCT FROM (NEW.status, NEW.scheduled_at, NEW.duration)) "
    "EXECUTE FUNCTION app_note_appointment()",
)
function(
    "app_note_check_in()",
    f"""app_note_check_in() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  INSERT INTO public.appointment_events ({_FIELDS})
  SELECT {_NEW_ID}, a.id, a.patient_id, a.doctor_id, '{_Step.CHECKED_IN}', a.status, a.status,
    a.scheduled_at, a.scheduled_at, a.duration, a.duration, {_ACTING}
  FROM public.appointments a WHERE a.id = NEW.appointment_id;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointment_check_ins_note",
    "appointment_check_ins",
    "AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION app_note_check_in()",
)

# The reason is sealed by the application, which adds it right after, and may be sealed anew, or go.
function(
    "app_keep_appointment_event()",
    f"""app_keep_appointment_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'reason' - 'actor_id' <> to_jsonb(OLD) - 'reason' - 'actor_id'
      OR NEW.actor_id <> OLD.actor_id THEN
    RAISE EXCEPTION 'the history is only added to'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_LEDGER}';
  END IF;
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "appointment_events_keep",
    "appointment_events",
    "BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION app_keep_appointment_event()",
)
