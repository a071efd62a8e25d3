"""What the database itself keeps about diagnoses: transitions, the model's boxes, and who sees what."""

from __future__ import annotations

from dentalization.db.base import trigger_says
from dentalization.db.objects import Policy, access, function, setting, trigger
from dentalization.db.tables import SAFE_PATH
from dentalization.diagnoses.policy import TRANSITIONS
from dentalization.profiles.care import acting_doctor, in_care, may_see, own_patient

_TRANSITION = trigger_says(
    "ai_diagnoses_status_transition", "A diagnosis in this state cannot be decided like that any more."
)
_BOXES = trigger_says(
    "ai_diagnoses_model_output", "What the model found is never overwritten; corrections go into a review."
)
_ALLOWED = ", ".join(f"('{before.value}', '{after.value}')" for before, after in sorted(TRANSITIONS))

function(
    "app_keep_diagnosis()",
    f"""app_keep_diagnosis() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND (OLD.status::text, NEW.status::text) NOT IN ({_ALLOWED}) THEN
    RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = '{_TRANSITION}';
  END IF;
  IF NEW.detections <> OLD.detections THEN
    RAISE EXCEPTION 'detections of a model are never overwritten'
      USING ERRCODE = 'check_violation', CONSTRAINT = '{_BOXES}';
  END IF;
  RETURN NEW;
END $$""",
    app_may_call=False,
)
trigger(
    "ai_diagnoses_keep",
    "ai_diagnoses",
    "BEFORE UPDATE OF status, detections ON {table} FOR EACH ROW EXECUTE FUNCTION app_keep_diagnosis()",
)

function(
    "app_photo_waits(text)",
    f"""app_photo_waits(p_photo text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT EXISTS (SELECT 1 FROM public.analyses a JOIN public.ai_diagnoses d ON d.id = a.diagnosis_id
    WHERE a.photo_id = p_photo AND d.status = 'PENDING' AND d.doctor_id IS NULL)
$$""",
)

_WORKER = f"{setting('role')} = 'WORKER'"
_UNCLAIMED = f"(status = 'PENDING' AND doctor_id IS NULL AND {setting('doctor_id')} IS NOT NULL)"

access(
    "ai_diagnoses",
    Policy(
        "SELECT",
        f"{own_patient('patient_id')} OR {acting_doctor('doctor_id')} "
        f"OR user_id = {setting('user_id')} OR {_UNCLAIMED} "
        f"OR {may_see('ai_diagnoses.patient_id')} OR {_WORKER}",
    ),
    Policy("INSERT", check=_WORKER),
    Policy("UPDATE", f"{_UNCLAIMED} OR {acting_doctor('doctor_id')}", acting_doctor("doctor_id")),
    grants="SELECT, INSERT, UPDATE (doctor_id, status, notes)",
)
_OF_PATIENT = f"{own_patient('patient_id')} OR {in_care('analyses.patient_id')}"
access(
    "analyses",
    Policy("SELECT", f"{own_patient('patient_id')} OR {may_see('analyses.patient_id')} OR {_WORKER}"),
    Policy("INSERT", check=f"requested_by = {setting('user_id')} AND status = 'queued' AND ({_OF_PATIENT})"),
    Policy("UPDATE", f"({_OF_PATIENT}) AND status = 'failed'", "status = 'queued'"),
    Policy("UPDATE", _WORKER, _WORKER),
    grants="SELECT, INSERT, UPDATE (status, reason, diagnosis_id)",
)
access(
    "diagnosis_reviews",
    Policy("SELECT", f"{own_patient('patient_id')} OR {acting_doctor('doctor_id')} "
           f"OR {may_see('diagnosis_reviews.patient_id')} OR {_WORKER}"),
    Policy("INSERT", check=acting_doctor("doctor_id")),
    grants="SELECT, INSERT",
)  # fmt: skip
access(
    "shadow_findings",
    Policy("SELECT", _WORKER),
    Policy("INSERT", check=_WORKER),
    grants="SELECT, INSERT",
)
