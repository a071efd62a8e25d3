"""Working hours of verified doctors who have none, as the invented visits are made in them."""

from __future__ import annotations

import psycopg

from dentalization.ops.seed.plan import CLOSES, OPEN_DAYS, OPENS, SLOT_MINUTES

TIME_ZONE = "Asia/Jakarta"

_SETTINGS = """INSERT INTO doctor_schedules (doctor_id, time_zone, slot_minutes)
SELECT d.id, %s, %s FROM doctor_profiles d WHERE d.is_verified ON CONFLICT DO NOTHING RETURNING doctor_id"""
# Ids from what they belong to, so that the same seed makes the same rows.
_HOURS = """INSERT INTO working_hours (id, doctor_id, weekday, opens, closes)
SELECT 'c' || substr(md5(doctor || ' ' || weekday), 1, 24), doctor, weekday, %s, %s
FROM unnest(%s::text[]) AS doctor, generate_series(1, %s) AS weekday"""


def open_calendars(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Monday to Saturday; a calendar that is there stays as it is."""
    made = connection.execute(_SETTINGS, (TIME_ZONE, SLOT_MINUTES)).fetchall()
    connection.execute(_HOURS, (OPENS, CLOSES, [doctor for (doctor,) in made], OPEN_DAYS))
