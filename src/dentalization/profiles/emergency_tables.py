"""Emergency access: an administrator sees one patient's data, for an hour, and the patient reads why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from dentalization.db.base import Base, Id, check, reference
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import own_patient

MINUTES = 60
SHORTEST_REASON = 10


class EmergencyAccess(Base):
    __tablename__ = "emergency_accesses"
    __table_args__ = (
        check(
            "emergency_accesses_reason",
            f"length(btrim(reason)) BETWEEN {SHORTEST_REASON} AND 1000",
            says=f"Say why, in {SHORTEST_REASON} to 1000 characters; the patient will read it.",
            field="reason",
        ),
        check(
            "emergency_accesses_minutes",
            f"expires_at <= granted_at + interval '{MINUTES} minutes'",
            says=f"An emergency access lasts {MINUTES} minutes at most.",
        ),
        Index("ix_emergency_accesses_user_id", "user_id", text("granted_at DESC"), text("id DESC")),
        Index("ix_emergency_accesses_patient_id", "patient_id", "user_id", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    reason: Mapped[str]
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime]


# By the address of an account or by the patient's id; an administrator sees no profile to look it up in.
OPEN = function(
    "app_open_emergency(text, text, text, text)",
    f"""app_open_emergency(p_id text, p_patient text, p_email text, p_reason text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
DECLARE patient text;
BEGIN
  IF nullif(current_setting('app.role', true), '') IS DISTINCT FROM 'ADMIN' THEN
    RETURN NULL;
  END IF;
  SELECT p.id INTO patient FROM public.patient_profiles p JOIN public.users u ON u.id = p.user_id
    WHERE p.id = p_patient OR u.email = p_email;
  IF patient IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.emergency_accesses (id, user_id, patient_id, reason, granted_at, expires_at)
  VALUES (p_id, current_setting('app.user_id'), patient, btrim(p_reason), now(),
    now() + interval '{MINUTES} minutes');
  RETURN patient;
END $$""",
)

END = function(
    "app_end_emergency(text)",
    f"""app_end_emergency(p_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  UPDATE public.emergency_accesses SET expires_at = now()
    WHERE id = p_id AND user_id = nullif(current_setting('app.user_id', true), '') AND expires_at > now();
  RETURN FOUND;
END $$""",
)

access(
    "emergency_accesses",
    Policy("SELECT", f"{setting('role')} = 'ADMIN' OR {own_patient('patient_id')}"),
    grants="SELECT",
)
