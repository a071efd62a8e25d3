"""What the database itself keeps about appointments: no overlap, no wrong step, a history, who sees what."""

from __future__ import annotations

from dentalization.appointments.policy import MOVABLE, status_changes
from dentalization.appointments.tables import held, occupies
from dentalization.db.base import trigger_says
from dentalization.db.objects import Policy, access, exclusion, function, lookup, setting, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import acting_doctor, in_care, may_see, own_patient

DOCTOR_OVERLAP = trigger_says(
    "appointments_doctor_overlap", "Somebody else has this time; choose another one.", field="scheduledAt"
)
PATIENT_OVERLAP = trigger_says(
    "appointments_patient_overlap", "The patient has another appointment at this time.", field="scheduledAt"
)
_TRANSITION = trigger_says(
    "appointments_status_transition", "This appointment is in another state by now; load it again."
)
_WHO = trigger_says("appointments_status_who", "Only the dentist of this appointment can do this.")
_MOVED = trigger_says(
    "appointments_moved",
    "The time of an appointment changes before it has begun, and by rescheduling alone.",
)
_REASON = trigger_says(
    "appointments_overbooking_reason", "Only the dentist can book beside another appointment, with a reason."
)
_PRACTISES = trigger_says(
    "appointments_doctor_practises", "The licence of this dentist is not verified, or has run out."
)

# Advisory locks live in memory that all transactions share, so that a table of thousands of appointments,
# written in one transaction, must not take thousands of them. Two doctors who share one wait a little.
LOCK_DOCTOR, LOCK_PATIENT, LOCKS = 5101, 5102, 512

_movable = ", ".join(f"'{status}'" for status in MOVABLE)
_changes = list(status_changes())
_pairs = ", ".join(sorted({f"('{before}', '{after}')" for before, after, _ in _changes}))
_triples = ", ".join(sorted(f"('{before}', '{after}', '{who}')" for before, after, who in _changes))


def overbooked(row: str = "") -> str:
    """The SQL that says whether an appointment is marked as overbooked."""
    return f"""coalesce({row}metadata @> '{{"overbooked": true}}', false)"""


# Adding minutes, unlike days, does not ask the session's time zone; so the function tells the truth when it
# calls itself immutable, as an index needs it.
function(
    "appointment_span(timestamptz, integer)",
    """appointment_span(p_at timestamptz, p_minutes integer) RETURNS tstzrange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT tstzrange(p_at, p_at + make_interval(mins => p_minutes), '[)')
$$""",
    service_may_call=True,
)
exclusion(
    DOCTOR_OVERLAP,
    "appointments",
    f"USING gist (doctor_id WITH =, appointment_span(scheduled_at, duration) WITH &&) "
    f"WHERE ({occupies()} AND NOT {overbooked()})",
)
exclusion(
    PATIENT_OVERLAP,
    "appointments",
    f"USING gist (patient_id WITH =, appointment_span(scheduled_at, duration) WITH &&) WHERE ({occupies()})",
)

# Whoever writes into a calendar holds it until the commit: two inserts that meet in an exclusion constraint
# without it wait for each other, and one is ended as a deadlock. The doctor first, then the patient.
function(
    "app_lock_calendar(text, text)",
    f"""app_lock_calendar(p_doctor text, p_patient text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK_DOCTOR}, hashtext(p_doctor) & {LOCKS - 1});
  IF p_patient IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock({LOCK_PATIENT}, hashtext(p_patient) & {LOCKS - 1});
  END IF;
  RETURN true;
END $$""",
)
function(
    "app_practises(text)",
    f"""app_practises(p_doctor text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT EXISTS (SELECT 1 FROM public.doctor_profiles d WHERE d.id = p_doctor AND d.is_verified
    AND coalesce((SELECT (s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone > now()
      FROM public.licence_submissions s WHERE s.doctor_id = d.id AND s.status = 'VERIFIED'
      ORDER BY s.sip_expires_on DESC LIMIT 1), true))
$$""",
)

# After the lock every statement sees what others have committed. The exclusion constraint does not see
# overbooked rows; a normal one beside them is refused here, under the same name.
function(
    "app_guard_appointment()",
    f"""app_guard_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  IF TG_OP = 'INSERT' AND coalesce(current_setting('app.role', true), '') <> ''
      AND NOT public.app_practises(NEW.doctor_id) THEN
    RAISE EXCEPTION 'this doctor does not practise'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_PRACTISES}';
  END IF;
  IF NOT ({occupies("NEW.")}) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF {occupies("OLD.")}
        AND (OLD.doctor_id, OLD.patient_id, OLD.scheduled_at, OLD.duration, {overbooked("OLD.")})
          = (NEW.doctor_id, NEW.patient_id, NEW.scheduled_at, NEW.duration, {overbooked("NEW.")}) THEN
      RETURN NEW;
    END IF;
  END IF;
  PERFORM public.app_lock_calendar(NEW.doctor_id, NEW.patient_id);
  IF {overbooked("NEW.")} THEN
    IF NOT EXISTS (SELECT 1 FROM public.appointment_overbookings o WHERE o.appointment_id = NEW.id
        AND o.doctor_id = NEW.doctor_id AND o.patient_id = NEW.patient_id AND o.created_at = now()) THEN
      RAISE EXCEPTION 'an overbooking has a reason of its doctor'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{_REASON}';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.doctor_id = NEW.doctor_id AND a.id <> NEW.id AND {occupies("a.")} AND {overbooked("a.")}
        AND a.scheduled_at > NEW.scheduled_at - interval '1 day'
        AND a.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
        AND public.appointment_span(a.scheduled_at, a.duration)
          && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
    RAISE EXCEPTION 'an overbooked appointment has this time'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{DOCTOR_OVERLAP}';
  ELSIF EXISTS (SELECT 1 FROM public.slot_offers o
      WHERE o.doctor_id = NEW.doctor_id AND {held("o.")} AND o.patient_id <> NEW.patient_id
        AND o.scheduled_at > NEW.scheduled_at - interval '1 day'
        AND o.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
        AND public.appointment_span(o.scheduled_at, o.duration)
          && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
    RAISE EXCEPTION 'this time is held for somebody of the waiting list'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{DOCTOR_OVERLAP}';
  END IF;
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_guard",
    "appointments",
    "BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION app_guard_appointment()",
)

function(
    "app_keep_appointment()",
    f"""app_keep_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_moved boolean := (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration);
  v_role text := coalesce(current_setting('app.role', true), '');
BEGIN
  IF NEW.status <> OLD.status THEN
    IF (OLD.status::text, NEW.status::text) NOT IN ({_pairs})
        OR (NEW.status = 'SCHEDULED' AND NOT v_moved) THEN
      RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = '{_TRANSITION}';
    END IF;
    IF v_role <> '' AND (OLD.status::text, NEW.status::text, v_role) NOT IN ({_triples}) THEN
      RAISE EXCEPTION 'a % does not do this', v_role
        USING ERRCODE = 'check_violation', CONSTRAINT = '{_WHO}';
    END IF;
  END IF;
  IF v_moved AND (OLD.status NOT IN ({_movable}) OR NEW.status <> 'SCHEDULED') THEN
    RAISE EXCEPTION 'this appointment cannot move'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{_MOVED}';
  END IF;
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_keep",
    "appointments",
    "BEFORE UPDATE OF status, scheduled_at, duration ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION app_keep_appointment()",
)


def _seen(table: str) -> str:
    return f"{own_patient('patient_id')} OR {acting_doctor('doctor_id')} OR {may_see(f'{table}.patient_id')}"


_OWN = f"{own_patient('patient_id')} OR {acting_doctor('doctor_id')}"
access(
    "appointments",
    Policy("SELECT", _seen("appointments")),
    # A doctor books for patients in care alone: a booking gives care, and so must not begin it.
    Policy(
        "INSERT",
        check=f"status = 'SCHEDULED' AND ({own_patient('patient_id')} "
        f"OR ({acting_doctor('doctor_id')} AND {in_care('appointments.patient_id')}))",
    ),
    Policy("UPDATE", _OWN, _OWN),
    grants="SELECT, INSERT, UPDATE (scheduled_at, duration, status, notes, metadata)",
)
access(
    "appointment_overbookings",
    Policy("SELECT", _seen("appointment_overbookings")),
    Policy(
        "INSERT",
        check=f"{acting_doctor('doctor_id')} AND user_id = {setting('user_id')} AND created_at = now()",
    ),
    grants="SELECT, INSERT",
)
_EXPECTED = lookup(
    "app_expected",
    "EXISTS (SELECT 1 FROM appointments a "
    "WHERE a.id = {0} AND a.status IN ('SCHEDULED', 'CONFIRMED') "
    "AND a.doctor_id = {1} "
    "AND a.patient_id = {2})",
    *(f"appointment_check_ins.{column}" for column in ("appointment_id", "doctor_id", "patient_id")),
)
access(
    "appointment_check_ins",
    Policy("SELECT", _seen("appointment_check_ins")),
    Policy("INSERT", check=f"({_OWN}) AND {_EXPECTED}"),
    grants="SELECT, INSERT",
)
_JUST_NOW = f"actor_id = {setting('user_id')} AND happened_at = now()"
access(
    "appointment_events",
    Policy("SELECT", _seen("appointment_events")),
    Policy("UPDATE", f"{_JUST_NOW} AND reason IS NULL", _JUST_NOW),
    grants="SELECT, UPDATE (reason)",
)
