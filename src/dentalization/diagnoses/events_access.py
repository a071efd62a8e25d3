"""Who hears that a diagnosis has changed: the patient, its dentist, and all while nobody has it."""

from __future__ import annotations

from dentalization.db.objects import function, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.events.tables import MOST_AT_ONCE, QUEUE, EventKind

_WAITS = "({row}status = 'PENDING' AND {row}doctor_id IS NULL)"

function(
    "app_tell_new_diagnoses()",
    f"""app_tell_new_diagnoses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  IF (SELECT count(*) FROM (SELECT 1 FROM new_rows LIMIT {MOST_AT_ONCE + 1}) AS counted) > {MOST_AT_ONCE} THEN
    RETURN NULL;
  END IF;
  PERFORM public.app_tell(n.patient_id, '{EventKind.DIAGNOSIS}', n.id),
    public.app_tell(n.doctor_id, '{EventKind.DIAGNOSIS}', n.id),
    CASE WHEN {_WAITS.format(row="n.")} THEN public.app_tell('{QUEUE}', '{EventKind.QUEUE}', n.id) END
    FROM new_rows n;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "ai_diagnoses_tell_new",
    "ai_diagnoses",
    "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT "
    "EXECUTE FUNCTION app_tell_new_diagnoses()",
)
function(
    "app_tell_diagnosis()",
    f"""app_tell_diagnosis() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  PERFORM public.app_tell(NEW.patient_id, '{EventKind.DIAGNOSIS}', NEW.id);
  PERFORM public.app_tell(NEW.doctor_id, '{EventKind.DIAGNOSIS}', NEW.id);
  IF OLD.doctor_id <> coalesce(NEW.doctor_id, '') THEN
    PERFORM public.app_tell(OLD.doctor_id, '{EventKind.DIAGNOSIS}', NEW.id);
  END IF;
  IF {_WAITS.format(row="OLD.")} <> {_WAITS.format(row="NEW.")} THEN
    PERFORM public.app_tell('{QUEUE}', '{EventKind.QUEUE}', NEW.id);
  END IF;
  RETURN NULL;
END $$""",
    app_may_call=False,
)
trigger(
    "ai_diagnoses_tell",
    "ai_diagnoses",
    "AFTER UPDATE OF status, doctor_id ON {table} FOR EACH ROW "
    "WHEN ((OLD.status, OLD.doctor_id) IS DISTINCT FROM (NEW.status, NEW.doctor_id)) "
    "EXECUTE FUNCTION app_tell_diagnosis()",
)
