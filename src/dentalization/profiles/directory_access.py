"""How the database finds verified doctors by name, clinic and specialization."""

from __future__ import annotations

from typing import Final

from dentalization.db.objects import function, search_index
from dentalization.db.tables import SAFE_PATH
from dentalization.db.version_tables import keeps_version

_NAME: Final = "lower({row}first_name || ' ' || {row}last_name)"
_WORDS: Final = (
    "lower({row}first_name || ' ' || {row}last_name || ' ' || coalesce({row}clinic_name, '') "
    "|| ' ' || coalesce({row}clinic_address, ''))"
)
_FIELD: Final = "lower({row}specialization)"


MOST_WORDS: Final = 4


def _of(expression: str, row: str = "") -> str:
    return expression.format(row=row)


_LIKE: Final = " ".join(
    f"AND (p_patterns[{one}] IS NULL OR {_of(_WORDS, 'd.')} LIKE p_patterns[{one}])"
    for one in range(1, MOST_WORDS + 1)
)

search_index("ix_doctor_profiles_directory", "doctor_profiles", f"(({_of(_NAME)}), id) WHERE is_verified")
search_index(
    "ix_doctor_profiles_specialization",
    "doctor_profiles",
    f"({_of(_FIELD)}, ({_of(_NAME)}), id) WHERE is_verified",
)
# What is written seldom and searched often pays at the write: no list of pending entries to read through.
search_index(
    "ix_doctor_profiles_search",
    "doctor_profiles",
    f"USING gin (({_of(_WORDS)}) gin_trgm_ops) WITH (fastupdate = off) WHERE is_verified",
)

# LIKE is not leakproof, and under the policies would read every doctor there is; so this runs as its owner,
# for whoever has signed in, and shows what a dentist shows to everybody. Planned anew at each call: what is
# not asked for drops out of the plan, and another index fits.
function(
    "app_doctor_directory(text, text[], text, text, integer)",
    f"""app_doctor_directory(
  p_specialization text, p_patterns text[], p_after_name text, p_after_id text, p_most integer
) RETURNS TABLE (id text, first_name text, last_name text, specialization text, subspecialties text[],
  years_experience integer, clinic_name text, clinic_address text, clinic_phone text, sort_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER {SAFE_PATH} SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
  IF coalesce(current_setting('app.user_id', true), '') = '' THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT d.id, d.first_name, d.last_name, d.specialization, d.subspecialties, d.years_experience,
      d.clinic_name, d.clinic_address, d.clinic_phone::text, {_of(_NAME, "d.")}
    FROM public.doctor_profiles d
    WHERE d.is_verified
      AND (p_specialization IS NULL OR {_of(_FIELD, "d.")} = lower(p_specialization))
      {_LIKE}
      AND ({_of(_NAME, "d.")}, d.id) > (p_after_name, p_after_id)
    ORDER BY {_of(_NAME, "d.")}, d.id LIMIT p_most;
END $$""",
)

keeps_version(
    "directory",
    "doctor_profiles",
    columns="first_name, last_name, specialization, subspecialties, years_experience, clinic_name, "
    "clinic_address, clinic_phone, is_verified",
    shown="{row}.is_verified",
)
