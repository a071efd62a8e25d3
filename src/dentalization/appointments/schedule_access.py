"""What the database computes from a doctor's hours: free slots, and what stands against a booking."""

from __future__ import annotations

from dentalization.appointments.slots import LONGEST_SEARCH_DAYS, OPEN, free_slots
from dentalization.appointments.tables import held, occupies
from dentalization.db.base import trigger_says
from dentalization.db.objects import Policy, access, exclusion, function
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import acting_doctor

HOURS_OVERLAP = trigger_says(
    "working_hours_overlap", "Sessions of one weekday do not overlap.", field="hours"
)
exclusion(
    HOURS_OVERLAP,
    "working_hours",
    "USING gist (doctor_id WITH =, weekday WITH =, int4range(opens, closes) WITH &&)",
)

# Ranges are not leakproof, and under a policy no slot could be computed of rows that one must not see; so
# this runs as its owner, for whoever has signed in, and tells nothing but free times. Its search is bounded
# whatever it is asked for.
function(
    "app_free_slots(text, timestamptz, timestamptz, integer, integer)",
    f"""app_free_slots(
  p_doctor text, p_begin timestamptz, p_end timestamptz, p_minutes integer, p_most integer
) RETURNS TABLE (scheduled_at timestamptz, duration integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
BEGIN
  IF coalesce(current_setting('app.user_id', true), '') = '' OR NOT public.app_practises(p_doctor) THEN
    RETURN;
  END IF;
  p_begin := greatest(p_begin, now());
  p_end := least(p_end, p_begin + interval '{LONGEST_SEARCH_DAYS + 1} days');
  IF p_end <= p_begin OR p_minutes < 1 THEN
    RETURN;
  END IF;
  RETURN QUERY {free_slots(
    doctor="p_doctor", begin="p_begin", end="p_end", minutes="p_minutes", most="p_most")};
END $$""",
)  # fmt: skip

function(
    "app_day_begins(text, date)",
    f"""app_day_begins(p_doctor text, p_day date) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT p_day::timestamp AT TIME ZONE coalesce(
    (SELECT s.time_zone FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor), 'UTC')
$$""",
)

function(
    "app_time_zone(text)",
    f"""app_time_zone(p_doctor text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT s.time_zone FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
$$""",
)

# To be asked under the calendar's lock. Whether a patient is busy is told to that patient, and to a doctor
# who has the patient in care.
function(
    "app_booking_terms(text, text, timestamptz, integer, text)",
    f"""app_booking_terms(p_doctor text, p_patient text, p_at timestamptz, p_minutes integer, p_moving text)
RETURNS TABLE (practises boolean, allowed boolean, now timestamptz, scheduled boolean,
  minimum_notice_minutes integer, furthest_days integer, longest_minutes integer, is_open boolean,
  doctor_busy boolean, patient_busy boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
#variable_conflict use_column
DECLARE
  v_end timestamptz := p_at + make_interval(mins => p_minutes);
  v_allowed boolean := p_patient = nullif(current_setting('app.patient_id', true), '')
    OR (p_doctor = nullif(current_setting('app.doctor_id', true), '')
      AND EXISTS (SELECT 1 FROM public.care_relationships care
        WHERE care.doctor_id = p_doctor AND care.patient_id = p_patient));
BEGIN
  RETURN QUERY WITH {OPEN.format(doctor="p_doctor", begin="p_at", end="v_end")}
  SELECT public.app_practises(d.id), coalesce(v_allowed, false), now(), c.doctor_id IS NOT NULL,
    coalesce(c.minimum_notice_minutes, 0), coalesce(c.furthest_days, 0), coalesce(c.longest_minutes, 0),
    coalesce(tstzrange(p_at, v_end) <@ (SELECT range_agg(one.open)
      FROM open_days o, LATERAL unnest(o.open) AS one (open)), false),
    EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.doctor_id = p_doctor AND a.id IS DISTINCT FROM p_moving AND {occupies("a.")}
        AND a.scheduled_at > p_at - interval '2 days' AND a.scheduled_at < v_end + interval '1 day'
        AND tstzrange(a.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
          a.scheduled_at + make_interval(mins => a.duration + coalesce(c.buffer_minutes, 0)))
          && tstzrange(p_at, v_end))
      OR EXISTS (SELECT 1 FROM public.slot_offers o
        WHERE o.doctor_id = p_doctor AND {held("o.")} AND o.patient_id IS DISTINCT FROM p_patient
          AND o.scheduled_at > p_at - interval '2 days' AND o.scheduled_at < v_end + interval '1 day'
          AND tstzrange(o.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
            o.scheduled_at + make_interval(mins => o.duration + coalesce(c.buffer_minutes, 0)))
            && tstzrange(p_at, v_end)),
    coalesce(v_allowed, false) AND EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.patient_id = p_patient AND a.id IS DISTINCT FROM p_moving AND {occupies("a.")}
        AND a.scheduled_at > p_at - interval '1 day' AND a.scheduled_at < v_end
        AND public.appointment_span(a.scheduled_at, a.duration) && tstzrange(p_at, v_end))
  FROM public.doctor_profiles d LEFT JOIN calendar c ON c.doctor_id = d.id WHERE d.id = p_doctor;
END $$""",
)

_OWN = acting_doctor("doctor_id")
_SETTINGS = "time_zone, slot_minutes, buffer_minutes, minimum_notice_minutes, furthest_days, longest_minutes"
access(
    "doctor_schedules",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    grants=f"SELECT, INSERT, UPDATE ({_SETTINGS})",
)
access(
    "working_hours",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, DELETE",
)
access(
    "schedule_exceptions",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, DELETE",
)
