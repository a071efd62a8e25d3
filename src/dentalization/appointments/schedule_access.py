"""What the database computes from a doctor's hours: free slots, and what stands against a booking."""

from __future__ import annotations

from typing import Final

from dentalization.appointments.access import occupies
from dentalization.db.base import trigger_says
from dentalization.db.objects import Policy, access, exclusion, function
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.tables import acting_doctor

HOURS_OVERLAP = trigger_says("working_hours_overlap", "Sessions of one weekday do not overlap.", field="hours")
exclusion(
    HOURS_OVERLAP,
    "working_hours",
    "USING gist (doctor_id WITH =, weekday WITH =, int4range(opens, closes) WITH &&)",
)

LONGEST_SEARCH_DAYS: Final = 60

# For each local day from {begin} to {end}: the moments at which the doctor's wall clock shows an open minute,
# as "open". Minutes are cut out of minutes first; then each range of minutes becomes moments. On a day whose
# clocks change, it does so once by the offset before the change and once by that after it, each on its own
# side: what the clock leaves out yields no moment, what it shows twice yields two. Changes happen at full
# quarters of an hour, of UTC as well.
_OPEN: Final = """
  calendar AS (
    SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = {doctor}
  ),
  days AS (
    SELECT d.day::date AS day, c.time_zone,
      (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
      ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
    FROM calendar c, generate_series(({begin} AT TIME ZONE c.time_zone)::date::timestamp,
      ({end} AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
  ),
  offsets AS (
    SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
      (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
    FROM days d
  ),
  turns AS (
    SELECT o.*, CASE WHEN o.old <> o.new THEN (
      SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
      WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
    FROM offsets o
  ),
  exceptions AS (
    SELECT e.day,
      range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
        AS closed,
      range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
    FROM public.schedule_exceptions e
    WHERE e.doctor_id = {doctor} AND e.day >= ({begin})::date - 2 AND e.day <= ({end})::date + 2
    GROUP BY e.day
  ),
  weekdays AS (
    SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
    FROM public.working_hours h WHERE h.doctor_id = {doctor} GROUP BY h.weekday
  ),
  minutes AS (
    SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{{}}'::int4multirange)
      - coalesce(e.closed, '{{}}'::int4multirange) + coalesce(e.extra, '{{}}'::int4multirange)) AS open
    FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
      LEFT JOIN exceptions e ON e.day = t.day
  ),
  open_days AS (
    SELECT m.day, range_agg(part.open) AS open FROM minutes m,
      LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
        m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
      LATERAL (VALUES
        (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
          * tstzrange(NULL, m.turn)),
        (CASE WHEN m.turn IS NOT NULL THEN
          tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
            * tstzrange(m.turn, NULL) END)) AS part (open)
    WHERE NOT isempty(part.open) GROUP BY m.day
  )"""

_SLOTS: Final = f"""
  WITH {_OPEN},
  busy AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(a.scheduled_at - make_interval(mins => c.buffer_minutes),
      a.scheduled_at + make_interval(mins => a.duration + c.buffer_minutes))), '{{{{}}}}'::tstzmultirange) AS busy
    FROM calendar c JOIN public.appointments a ON a.doctor_id = c.doctor_id
    WHERE a.doctor_id = {{doctor}} AND a.scheduled_at > {{begin}} - interval '2 days'
      AND a.scheduled_at < {{end}} + interval '2 days' AND {occupies("a.")}
  )
  SELECT slot.at AS scheduled_at, wanted.minutes AS duration
  FROM calendar c CROSS JOIN busy b CROSS JOIN open_days o,
    LATERAL (SELECT coalesce({{minutes}}, c.slot_minutes) AS minutes) AS wanted,
    LATERAL unnest(o.open) AS session,
    LATERAL generate_series(lower(session), upper(session) - make_interval(mins => wanted.minutes),
      make_interval(mins => c.slot_minutes + c.buffer_minutes)) AS slot (at)
  WHERE slot.at >= {{begin}} AND slot.at < {{end}}
    AND slot.at > now() AND slot.at >= now() + make_interval(mins => c.minimum_notice_minutes)
    AND slot.at <= now() + make_interval(hours => 24 * c.furthest_days)
    AND NOT b.busy && tstzrange(slot.at, slot.at + make_interval(mins => wanted.minutes))
  ORDER BY 1 LIMIT {{most}}"""


def free_slots(*, doctor: str, begin: str, end: str, minutes: str, most: str) -> str:
    """The statement behind the function, with these expressions; ``db check`` looks at its plan by itself."""
    return _SLOTS.format(doctor=doctor, begin=begin, end=end, minutes=minutes, most=most)


# Ranges are not leakproof, and under a policy no slot could be computed of rows that one must not see; so
# this runs as its owner, for whoever has signed in, and tells nothing but free times. Its search is bounded
# whatever it is asked for.
function(
    "app_free_slots(text, timestamptz, timestamptz, integer, integer)",
    f"""app_free_slots(p_doctor text, p_begin timestamptz, p_end timestamptz, p_minutes integer, p_most integer)
RETURNS TABLE (scheduled_at timestamptz, duration integer)
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
  RETURN QUERY WITH {_OPEN.format(doctor="p_doctor", begin="p_at", end="v_end")}
  SELECT public.app_practises(d.id), coalesce(v_allowed, false), now(), c.doctor_id IS NOT NULL,
    coalesce(c.minimum_notice_minutes, 0), coalesce(c.furthest_days, 0), coalesce(c.longest_minutes, 0),
    coalesce(tstzrange(p_at, v_end) <@ (SELECT range_agg(one.open)
      FROM open_days o, LATERAL unnest(o.open) AS one (open)), false),
    EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.doctor_id = p_doctor AND a.id IS DISTINCT FROM p_moving AND {occupies("a.")}
        AND a.scheduled_at > p_at - interval '2 days' AND a.scheduled_at < v_end + interval '1 day'
        AND tstzrange(a.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
          a.scheduled_at + make_interval(mins => a.duration + coalesce(c.buffer_minutes, 0)))
          && tstzrange(p_at, v_end)),
    coalesce(v_allowed, false) AND EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.patient_id = p_patient AND a.id IS DISTINCT FROM p_moving AND {occupies("a.")}
        AND a.scheduled_at > p_at - interval '1 day' AND a.scheduled_at < v_end
        AND public.appointment_span(a.scheduled_at, a.duration) && tstzrange(p_at, v_end))
  FROM public.doctor_profiles d LEFT JOIN calendar c ON c.doctor_id = d.id WHERE d.id = p_doctor;
END $$""",
)

_OWN = acting_doctor("doctor_id")
_SETTINGS = (
    "time_zone, slot_minutes, buffer_minutes, minimum_notice_minutes, furthest_days, longest_minutes"
)
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
