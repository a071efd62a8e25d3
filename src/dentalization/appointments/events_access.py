"""Who hears that an appointment has changed: its patient and its dentist."""

from __future__ import annotations

from dentalization.db.objects import function, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.events.tables import MOST_AT_ONCE, EventKind

function(
    "app_tell_new_appointments()",
    f"""app_tell_new_appointments() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  IF (SELECT count(*) FROM (SELECT 1 FROM new_rows LIMIT {MOST_AT_ONCE + 1}) AS counted) > {MOST_AT_ONCE} THEN
    RETURN NULL;
  END IF;
  PERFORM public.app_tell(n.patient_id, '{EventKind.APPOINTMENT}', n.id),
    public.app_tell(n.doctor_id, '{EventKind.APPOINTMENT}', n.id) FROM new_rows n;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_tell_new",
    "appointments",
    "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT "
    "EXECUTE FUNCTION app_tell_new_appointments()",
)
function(
    "app_tell_appointment()",
    f"""app_tell_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  PERFORM public.app_tell(NEW.patient_id, '{EventKind.APPOINTMENT}', NEW.id);
  PERFORM public.app_tell(NEW.doctor_id, '{EventKind.APPOINTMENT}', NEW.id);
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "appointments_tell",
    "appointments",
    "AFTER UPDATE OF status, scheduled_at, duration ON {table} FOR EACH ROW "
    "WHEN ((OLD.status, OLD.scheduled_at, OLD.duration) "
    "IS DISTINCT FROM (NEW.status, NEW.scheduled_at, NEW.duration)) "
    "EXECUTE FUNCTION app_tell_appointment()",
)
