"""Who agreed to what: an append-only ledger, and the one question that others ask of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, Index, Integer, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, Id, check, native_enum, reference
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH


class ConsentPurpose(StrEnum):
    """What a person's data may be used for; their texts are in ``consent_policy``."""

    TREATMENT = "TREATMENT"
    AI_ANALYSIS = "AI_ANALYSIS"
    TRAINING = "TRAINING"
    REMINDERS = "REMINDERS"
    RESEARCH = "RESEARCH"


class Consent(Base):
    """One act of giving or withdrawing. The newest row of a purpose holds; none is ever changed."""

    __tablename__ = "consents"
    __table_args__ = (
        check("consents_version", "version > 0", says="Versions of a consent's text begin at 1."),
        Index("ix_consents_user_id", "user_id", "purpose", text("given_at DESC"), text("id DESC")),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    purpose: Mapped[ConsentPurpose] = mapped_column(native_enum(ConsentPurpose))
    version: Mapped[int] = mapped_column(Integer)
    """Of the text that was read, in this language."""
    language: Mapped[str] = mapped_column(String(2))
    granted: Mapped[bool] = mapped_column(Boolean)
    given_at: Mapped[datetime] = mapped_column(server_default=func.now())
    address_digest: Mapped[str | None]
    """A keyed digest of the address that it came from: evidence without the address itself."""


# Others than the person learn nothing but yes or no, and only where they treat the person or do a job.
CONSENTED = function(
    "app_consented(text[], text)",
    f"""app_consented(p_patients text[], p_purpose text) RETURNS TABLE (patient_id text)
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT p.id FROM public.patient_profiles p
  WHERE p.id = ANY (p_patients)
    AND (current_setting('app.role', true) = 'WORKER'
      OR p.user_id = nullif(current_setting('app.user_id', true), '')
      OR EXISTS (SELECT 1 FROM public.care_relationships care
        WHERE care.doctor_id = nullif(current_setting('app.doctor_id', true), '')
          AND care.patient_id = p.id))
    AND (SELECT c.granted FROM public.consents c
      WHERE c.user_id = p.user_id AND c.purpose = p_purpose::consent_purpose
      ORDER BY c.given_at DESC, c.id DESC LIMIT 1)
$$""",
)

_OWN = f"user_id = {setting('user_id')}"

access(
    "consents",
    Policy("SELECT", _OWN),
    Policy("INSERT", check=_OWN),
    grants="SELECT, INSERT",
)
