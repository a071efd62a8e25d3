"""How free slots are computed, as SQL: local hours become moments, what is booked is taken out of them."""

from __future__ import annotations

from typing import Final

from dentalization.appointments.tables import held, occupies

LONGEST_SEARCH_DAYS: Final = 60

# For each local day from {begin} to {end}: the moments at which the doctor's wall clock shows an open minute,
# as "open". Minutes are cut out of minutes first; then each range of minutes becomes moments. On a day whose
# clocks change, it does so once by the offset before the change and once by that after it, each on its own
# side: what the clock leaves out yields no moment, what it shows twice yields two. Changes happen at full
# quarters of an hour, of UTC as well.
OPEN: Final = """
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
  WITH {OPEN},
  busy AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(a.scheduled_at - make_interval(mins => c.buffer_minutes),
      a.scheduled_at + make_interval(mins => a.duration + c.buffer_minutes))),
      '{{{{}}}}'::tstzmultirange) AS busy
    FROM calendar c, LATERAL (
      SELECT a.scheduled_at, a.duration FROM public.appointments a
      WHERE a.doctor_id = {{doctor}} AND a.scheduled_at > {{begin}} - interval '2 days'
        AND a.scheduled_at < {{end}} + interval '2 days' AND {occupies("a.")}
      UNION ALL
      SELECT o.scheduled_at, o.duration FROM public.slot_offers o
      WHERE o.doctor_id = {{doctor}} AND o.scheduled_at > {{begin}} - interval '2 days'
        AND o.scheduled_at < {{end}} + interval '2 days' AND {held("o.")}
        AND o.patient_id IS DISTINCT FROM current_setting('app.patient_id', true)) AS a
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
