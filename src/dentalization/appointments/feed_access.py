"""What whoever has a feed's address may learn: the appointments of its account, and no more of each."""

from __future__ import annotations

from typing import Final

from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH

PAST_DAYS: Final = 30
MOST_EVENTS: Final = 1000

# Calendar programs hand what they fetch to their makers' servers, so of a patient only initials leave the
# database: enough for the dentist, who has the name one click away. One row at least for an address that is
# good; the appointment is NULL where there is none. A dentist who does not practise sees none.
function(
    "app_calendar_feed(text)",
    f"""app_calendar_feed(p_digest text) RETURNS TABLE (
  user_id text, role text, language text, own_patient_id text, own_doctor_id text, id text, patient_id text,
  scheduled_at timestamptz, duration integer, sequence integer, changed_at timestamptz, initials text,
  first_name text, last_name text, clinic_name text, clinic_address text)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT f.user_id, u.role::text, f.language::text, own.id, doctor.id, a.id, a.patient_id, a.scheduled_at,
    a.duration, coalesce(i.sequence, 0), coalesce(i.changed_at, a.created_at),
    CASE WHEN doctor.id IS NOT NULL THEN concat(left(p.first_name, 1), '.', left(p.last_name, 1), '.') END,
    d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
  FROM public.calendar_feeds f
  JOIN public.users u ON u.id = f.user_id
  LEFT JOIN public.patient_profiles own ON own.user_id = u.id
  LEFT JOIN public.doctor_profiles doctor ON doctor.user_id = u.id AND public.app_practises(doctor.id)
  LEFT JOIN LATERAL (
    SELECT b.* FROM public.appointments b
    WHERE (b.patient_id = own.id OR b.doctor_id = doctor.id)
      AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS', 'COMPLETED')
      AND b.scheduled_at > now() - interval '{PAST_DAYS} days'
    ORDER BY b.scheduled_at, b.id LIMIT {MOST_EVENTS}) a ON true
  LEFT JOIN public.appointment_invitations i ON i.appointment_id = a.id
  LEFT JOIN public.patient_profiles p ON p.id = a.patient_id
  LEFT JOIN public.doctor_profiles d ON d.id = a.doctor_id
  WHERE f.digest = p_digest
  ORDER BY a.scheduled_at, a.id
$$""",
)

_OWN = f"user_id = {setting('user_id')}"
access(
    "calendar_feeds",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, UPDATE (digest, language, created_at), DELETE",
)
