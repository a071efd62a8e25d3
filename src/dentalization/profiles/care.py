"""Who cares for whom: how policies ask for it, and the triggers that count what founds it."""

from __future__ import annotations

from dentalization.db.objects import SqlObject, function, lookup, setting, trigger
from dentalization.db.tables import SAFE_PATH


def in_care(patient: str) -> str:
    """The SQL that says whether the acting doctor cares for the patient in column ``patient``.

    One correlated look-up of the primary key: ``IN (SELECT ...)`` would hash all the doctor's patients at
    every statement.
    """
    return lookup(
        "app_in_care",
        "EXISTS (SELECT 1 FROM care_relationships care "
        f"WHERE care.doctor_id = {setting('doctor_id')} AND care.patient_id = {{0}})",
        patient,
    )


def may_see(patient: str) -> str:
    """The SQL that says whether the actor may see the patient in column ``patient`` without being them.

    By care, or as an administrator by an emergency access (`profiles.emergency_tables`), which is looked up
    for administrators alone.
    """
    in_emergency = lookup(
        "app_in_emergency",
        "EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = {0} "
        f"AND emergency.user_id = {setting('user_id')} AND emergency.expires_at > now())",
        patient,
    )
    return f"{in_care(patient)} OR ({setting('role')} = 'ADMIN' AND {in_emergency})"


def own_patient(patient: str) -> str:
    """The SQL that says whether column ``patient`` is the acting patient."""
    return f"{patient} = {setting('patient_id')}"


def acting_doctor(doctor: str) -> str:
    """The SQL that says whether column ``doctor`` is the acting, verified doctor."""
    return f"{doctor} = {setting('doctor_id')}"


# Whole statements at once, so that a million rows brought in by COPY cost one grouping and not a million
# updates. The count goes in one direction a call; an update that moves a row is done row by row.
COUNT_CARE = function(
    "app_count_care()",
    f"""app_count_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE counter text := TG_ARGV[0];
  counted text := coalesce('status <> ' || quote_literal(TG_ARGV[1]), 'true');
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
      SELECT doctor_id, patient_id, count(*) FROM changed_rows
      WHERE doctor_id IS NOT NULL AND patient_id IS NOT NULL AND %2$s GROUP BY 1, 2 ORDER BY 1, 2
      ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + excluded.%1$I', counter, counted);
  ELSE
    EXECUTE format('UPDATE public.care_relationships c SET %1$I = c.%1$I - gone.n
      FROM (SELECT doctor_id, patient_id, count(*) AS n FROM changed_rows WHERE %2$s GROUP BY 1, 2) AS gone
      WHERE c.doctor_id = gone.doctor_id AND c.patient_id = gone.patient_id', counter, counted);
    DELETE FROM public.care_relationships c USING changed_rows g
      WHERE c.doctor_id = g.doctor_id AND c.patient_id = g.patient_id
        AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
  END IF;
  RETURN NULL;
END $$""",
    app_may_call=False,
)

MOVE_CARE = function(
    "app_move_care()",
    f"""app_move_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE counter text := TG_ARGV[0]; uncounted text := coalesce(TG_ARGV[1], '');
BEGIN
  IF OLD.doctor_id IS NOT NULL AND OLD.patient_id IS NOT NULL
      AND coalesce(to_jsonb(OLD)->>'status', '-') <> uncounted THEN
    EXECUTE format('UPDATE public.care_relationships SET %1$I = %1$I - 1
      WHERE doctor_id = $1 AND patient_id = $2', counter) USING OLD.doctor_id, OLD.patient_id;
    DELETE FROM public.care_relationships c
      WHERE c.doctor_id = OLD.doctor_id AND c.patient_id = OLD.patient_id
        AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
  END IF;
  IF NEW.doctor_id IS NOT NULL AND NEW.patient_id IS NOT NULL
      AND coalesce(to_jsonb(NEW)->>'status', '-') <> uncounted THEN
    EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
      VALUES ($1, $2, 1)
      ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + 1', counter)
      USING NEW.doctor_id, NEW.patient_id;
  END IF;
  RETURN NULL;
END $$""",
    app_may_call=False,
)


def keeps_care(table: str, counter: str, *, uncounted: str = "") -> list[SqlObject]:
    """Triggers by which ``table`` (with doctor_id and patient_id) keeps care_relationships.``counter``.

    A row whose status is ``uncounted`` joins nobody.
    """
    arguments = f"'{counter}', '{uncounted}'" if uncounted else f"'{counter}'"
    watched = "doctor_id, patient_id, status" if uncounted else "doctor_id, patient_id"
    old, new = (
        f"({row}.doctor_id, {row}.patient_id" + (f", {row}.status = '{uncounted}')" if uncounted else ")")
        for row in ("OLD", "NEW")
    )
    return [
        trigger(
            f"{table}_care_{event.lower()}",
            table,
            f"AFTER {event} ON {{table}} REFERENCING {rows} TABLE AS changed_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION app_count_care({arguments})",
        )
        for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD"))
    ] + [
        trigger(
            f"{table}_care_update",
            table,
            f"AFTER UPDATE OF {watched} ON {{table}} FOR EACH ROW "
            f"WHEN ({old} IS DISTINCT FROM {new}) EXECUTE FUNCTION app_move_care({arguments})",
        )
    ]
