"""Which values of settings make no sense, alone or together."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection
from typing import TYPE_CHECKING

from dentalization.errors import InvalidInput

if TYPE_CHECKING:
    from dentalization.settings import Settings

_ROLES = ("PATIENT", "DOCTOR", "ADMIN")


def check(settings: Settings) -> None:
    """Raises InvalidInput."""
    if settings.sharded and settings.database_replica_urls:
        raise InvalidInput(
            "DENTALIZATION_SHARDED and DATABASE_REPLICA_URLS exclude each other: a replica of the "
            "coordinator does not have what is in the shards."
        )
    _check_numbers(settings)
    for name, key in (
        ("SECRET_KEY", settings.secret_key),
        ("AUDIT_KEY", settings.audit_key),
        ("METRICS_TOKEN", settings.metrics_token),
    ):
        if key and len(key) < 32:
            raise InvalidInput(f"DENTALIZATION_{name} needs at least 32 characters.")
    _check_backups(settings)
    if settings.time_zone not in known_zones(settings.time_zone):
        raise InvalidInput("DENTALIZATION_TIMEZONE is the name of a time zone, such as 'Asia/Makassar'.")
    unknown = sorted(set(settings.require_second_factor) - set(_ROLES))
    if unknown:
        raise InvalidInput(
            f"DENTALIZATION_REQUIRE_SECOND_FACTOR names roles of {', '.join(_ROLES)}, not '{unknown[0]}'."
        )
    if settings.environment not in ("production", "development"):
        raise InvalidInput("DENTALIZATION_ENVIRONMENT is 'production' or 'development'.")


def _check_numbers(settings: Settings) -> None:
    """Raises InvalidInput."""
    if settings.request_seconds <= 0:
        raise InvalidInput("DENTALIZATION_REQUEST_SECONDS is above 0.")
    if not 0 <= settings.blind_share <= 1:
        raise InvalidInput("DENTALIZATION_BLIND_SHARE lies between 0 and 1.")
    if settings.remembered_answers < 0:
        raise InvalidInput("DENTALIZATION_REMEMBERED_ANSWERS is not negative; 0 remembers none.")
    if settings.model_threads < 1:
        raise InvalidInput("DENTALIZATION_MODEL_THREADS is at least 1.")


def _check_backups(settings: Settings) -> None:
    """Raises InvalidInput."""
    if min(settings.backup_keep_days, settings.backup_keep_weeks, settings.backup_keep_months) < 0:
        raise InvalidInput("DENTALIZATION_BACKUP_KEEP_DAYS, _WEEKS and _MONTHS are not negative.")
    if settings.backup_at and len(settings.backup_at.split()) != 5:
        raise InvalidInput("DENTALIZATION_BACKUP_AT has the five fields of cron, such as '30 2 * * *'.")


def known_zones(otherwise: str) -> Collection[str]:
    """The names of all time zones; on a machine without the list, whatever was chosen."""
    return zoneinfo.available_timezones() or {otherwise}
