"""What people are asked to agree to: each purpose with its text, in both languages, and its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from dentalization.accounts.consent_tables import ConsentPurpose


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A changed text gets the next version and its date; consents given before name the one they were for.

    ``needed``: without it there is no service. Its basis is the treatment that was asked for (GDPR Art.
    9(2)(h); UU 27/2022 Art. 20(2)(b)), so it ends with the account and not before.
    """

    version: int
    since: date
    english: str
    indonesian: str
    needed: bool = False

    def in_language(self, language: str) -> str:
        return self.indonesian if language == "id" else self.english


TEXTS: Final[Mapping[ConsentPurpose, ConsentText]] = {
    ConsentPurpose.TREATMENT: ConsentText(
        1,
        date(2026, 11, 23),
        "Your profile, photos and medical records are kept so that dentists can treat you. The service "
        "cannot be had without this; it ends when you erase your account.",
        "Profil, foto, dan rekam medis Anda disimpan agar dokter gigi dapat merawat Anda. Layanan tidak "
        "dapat diberikan tanpa ini; ini berakhir saat Anda menghapus akun.",
        needed=True,
    ),
    ConsentPurpose.AI_ANALYSIS: ConsentText(
        1,
        date(2026, 11, 23),
        "An AI may look at my photos and propose what they show. A dentist decides. Without this no photo "
        "of mine is analysed.",
        "AI boleh melihat foto saya dan mengusulkan apa yang terlihat. Dokter gigi yang memutuskan. Tanpa "
        "ini tidak ada foto saya yang dianalisis.",
    ),
    ConsentPurpose.TRAINING: ConsentText(
        1,
        date(2026, 11, 23),
        "My photos and what dentists found in them may be used, under a pseudonym, to teach the AI.",
        "Foto saya dan temuan dokter gigi di dalamnya boleh dipakai, dengan nama samaran, untuk melatih AI.",
    ),
    ConsentPurpose.REMINDERS: ConsentText(
        1,
        date(2026, 11, 23),
        "I may be reminded of appointments and check-ups by e-mail.",
        "Saya boleh diingatkan tentang janji temu dan pemeriksaan melalui email.",
    ),
    ConsentPurpose.RESEARCH: ConsentText(
        1,
        date(2026, 11, 23),
        "My data may be used, under a pseudonym, for research on dental health.",
        "Data saya boleh digunakan, dengan nama samaran, untuk penelitian kesehatan gigi.",
    ),
}
