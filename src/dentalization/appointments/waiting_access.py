"""What the database does for who waits: a freed time goes to the next in line, and is held for them."""

from __future__ import annotations

from typing import Final

from dentalization.appointments.recall_access import write_notice
from dentalization.appointments.recall_tables import NoticeKind
from dentalization.appointments.tables import OCCUPYING, occupies
from dentalization.db.objects import Policy, access, function, setting, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.events.tables import EventKind
from dentalization.profiles.care import acting_doctor, own_patient

LONGEST_HOLD: Final = "interval '2 hours'"
"""Long enough to read a letter between two things, short enough for the next in line."""
SHORTEST_HOLD: Final = "interval '15 minutes'"
"""A time of which less than this is left, once the doctor's notice is taken off, is offered to nobody."""

_occupying = ", ".join(f"'{status}'" for status in OCCUPYING)
_NEW_ID = "'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24)"

# To be called in the transaction that frees the time, or passes it on. In the order of joining, whoever can
# use it; not who has just given it back, nor who has had this very time before. Once some minutes are too
# many, more of them need not be tried.
function(
    "app_offer_time(text, timestamptz, integer)",
    f"""app_offer_time(p_doctor text, p_at timestamptz, p_minutes integer) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE
  v_calendar public.doctor_schedules;
  v_entry public.waiting_entries;
  v_local timestamp;
  v_minute integer;
  v_left interval;
  v_too_many integer := p_minutes + 1;
  v_offer text;
BEGIN
  SELECT s.* INTO v_calendar FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor;
  IF v_calendar.doctor_id IS NULL OR NOT EXISTS (SELECT 1 FROM public.waiting_entries w
      WHERE w.doctor_id = p_doctor AND w.status = 'WAITING') THEN
    RETURN NULL;
  END IF;
  PERFORM public.app_lock_calendar(p_doctor, NULL);
  v_left := p_at - make_interval(mins => v_calendar.minimum_notice_minutes) - clock_timestamp();
  IF v_left < {SHORTEST_HOLD} OR p_at > now() + make_interval(hours => 24 * v_calendar.furthest_days)
      OR NOT public.app_practises(p_doctor) THEN
    RETURN NULL;
  END IF;
  v_local := p_at AT TIME ZONE v_calendar.time_zone;
  v_minute := extract(hour FROM v_local) * 60 + extract(minute FROM v_local);
  FOR v_entry IN SELECT w.* FROM public.waiting_entries w
    WHERE w.doctor_id = p_doctor AND w.status = 'WAITING' AND w.minutes <= p_minutes
      AND v_local::date BETWEEN w.earliest_on AND w.latest_on
      AND (w.weekdays >> (extract(isodow FROM v_local)::integer - 1)) & 1 = 1
      AND w.opens <= v_minute AND v_minute + w.minutes <= w.closes
      AND NOT EXISTS (SELECT 1 FROM public.slot_offers o WHERE o.entry_id = w.id
        AND (o.scheduled_at = p_at OR (o.status = 'OPEN' AND o.expires_at > clock_timestamp())))
      AND NOT EXISTS (SELECT 1 FROM public.appointments a
        WHERE a.patient_id = w.patient_id AND a.scheduled_at > p_at - interval '1 day'
          AND a.scheduled_at < p_at + make_interval(mins => w.minutes)
          AND (({occupies("a.")} AND public.appointment_span(a.scheduled_at, a.duration)
              && public.appointment_span(p_at, w.minutes))
            OR (a.doctor_id = p_doctor AND a.scheduled_at = p_at)))
    ORDER BY w.created_at, w.id
  LOOP
    CONTINUE WHEN v_entry.minutes >= v_too_many;
    IF EXISTS (SELECT 1 FROM public.app_booking_terms(
        p_doctor, v_entry.patient_id, p_at, v_entry.minutes, NULL) t
        WHERE t.is_open AND NOT t.doctor_busy) THEN
      INSERT INTO public.slot_offers
        (id, entry_id, patient_id, doctor_id, scheduled_at, duration, freed_minutes, expires_at)
      VALUES ({_NEW_ID}, v_entry.id, v_entry.patient_id, p_doctor, p_at, v_entry.minutes, p_minutes,
        clock_timestamp() + least({LONGEST_HOLD}, v_left,
          greatest({SHORTEST_HOLD}, (p_at - clock_timestamp()) / 4)))
      RETURNING id INTO v_offer;
      {write_notice("v_entry.patient_id", NoticeKind.OFFER, "v_offer")}
      PERFORM public.app_tell(v_entry.patient_id, '{EventKind.OFFER}', v_offer);
      RETURN v_offer;
    END IF;
    v_too_many := v_entry.minutes;
  END LOOP;
  RETURN NULL;
END $$""",
    app_may_call=False,
)

function(
    "app_free_time()",
    f"""app_free_time() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  PERFORM public.app_offer_time(OLD.doctor_id, OLD.scheduled_at, OLD.duration);
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_waiting",
    "appointments",
    f"AFTER UPDATE OF status, scheduled_at, duration ON {{table}} FOR EACH ROW "
    f"WHEN (OLD.status IN ({_occupying}) AND (NEW.status = 'CANCELLED' "
    "OR (OLD.scheduled_at, OLD.duration) IS DISTINCT FROM (NEW.scheduled_at, NEW.duration))) "
    "EXECUTE FUNCTION app_free_time()",
)

# However an offer ends but by its acceptance, its time goes to the next.
function(
    "app_pass_on_offer()",
    f"""app_pass_on_offer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  PERFORM public.app_offer_time(NEW.doctor_id, NEW.scheduled_at, NEW.freed_minutes);
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "slot_offers_pass_on",
    "slot_offers",
    "AFTER UPDATE OF status ON {table} FOR EACH ROW "
    "WHEN (OLD.status = 'OPEN' AND NEW.status IN ('DECLINED', 'EXPIRED', 'WITHDRAWN')) "
    "EXECUTE FUNCTION app_pass_on_offer()",
)
function(
    "app_leave_line()",
    f"""app_leave_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  UPDATE public.slot_offers o SET status = 'WITHDRAWN' WHERE o.entry_id = NEW.id AND o.status = 'OPEN';
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "waiting_entries_leave",
    "waiting_entries",
    "AFTER UPDATE OF status ON {table} FOR EACH ROW "
    "WHEN (OLD.status = 'WAITING' AND NEW.status <> 'WAITING') EXECUTE FUNCTION app_leave_line()",
)

# What was held for this patient at this time is accepted by it, before its place in the line is closed.
function(
    "app_fulfil_wishes()",
    f"""app_fulfil_wishes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  UPDATE public.slot_offers o SET status = 'ACCEPTED' FROM booked_rows b
    WHERE o.doctor_id = b.doctor_id AND o.patient_id = b.patient_id AND o.scheduled_at = b.scheduled_at
      AND o.status = 'OPEN' AND {occupies("b.")};
  UPDATE public.waiting_entries w SET status = 'FULFILLED', closed_at = now()
    FROM booked_rows b JOIN public.doctor_schedules s ON s.doctor_id = b.doctor_id
    WHERE w.doctor_id = b.doctor_id AND w.patient_id = b.patient_id AND w.status = 'WAITING'
      AND {occupies("b.")}
      AND (b.scheduled_at AT TIME ZONE s.time_zone)::date BETWEEN w.earliest_on AND w.latest_on;
  UPDATE public.recalls r SET status = 'FULFILLED', closed_at = now() FROM booked_rows b
    WHERE r.doctor_id = b.doctor_id AND r.patient_id = b.patient_id AND r.status = 'OPEN'
      AND {occupies("b.")} AND b.scheduled_at > now();
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_fulfil",
    "appointments",
    "AFTER INSERT ON {table} REFERENCING NEW TABLE AS booked_rows FOR EACH STATEMENT "
    "EXECUTE FUNCTION app_fulfil_wishes()",
)

_OWN = own_patient("patient_id")
_WORKER = f"{setting('role')} = 'WORKER'"
access(
    "waiting_entries",
    Policy("SELECT", f"{_OWN} OR {acting_doctor('doctor_id')}"),
    Policy("INSERT", check=f"{_OWN} AND status = 'WAITING' AND created_at = now()"),
    Policy("UPDATE", f"{_OWN} AND status = 'WAITING'", f"{_OWN} AND status = 'LEFT'"),
    grants="SELECT, INSERT, UPDATE (status, closed_at)",
)
access(
    "slot_offers",
    Policy("SELECT", f"{_OWN} OR {acting_doctor('doctor_id')} OR {_WORKER}"),
    Policy("UPDATE", f"{_OWN} AND status = 'OPEN'", f"{_OWN} AND status = 'DECLINED'"),
    Policy("UPDATE", f"{_WORKER} AND status = 'OPEN'", f"{_WORKER} AND status = 'EXPIRED'"),
    grants="SELECT, UPDATE (status)",
)
