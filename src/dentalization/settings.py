"""Every setting, from the environment; docs/reference/settings.md is made from this table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from dentalization.errors import InvalidInput
from dentalization.settings_rules import check


def _setting(variable: str, says: str, default: Any, *, shown: str = "") -> Any:
    return field(
        default=default,
        repr=False,
        metadata={"variable": variable, "says": says, "shown": shown or str(default)},
    )


@dataclass(frozen=True)
class Settings:
    """What the operator decides. Values that are secret never appear in ``repr``."""

    database_url: str = _setting(
        "DATABASE_URL", "The app's login. Empty: an embedded PostgreSQL 18 under DENTALIZATION_HOME.", ""
    )
    database_owner_url: str = _setting(
        "DATABASE_OWNER_URL", "The owner's login, used by the 'db' and 'backup' commands alone.", ""
    )
    database_replica_urls: tuple[str, ...] = _setting(
        "DATABASE_REPLICA_URLS", "Read replicas, separated by commas.", (), shown="none"
    )
    replica_max_lag_seconds: float = _setting(
        "DENTALIZATION_REPLICA_MAX_LAG_SECONDS", "A replica further behind than this is not read from.", 5.0
    )
    pool_connections: int = _setting(
        "DENTALIZATION_POOL_CONNECTIONS", "Connections of one process to one database server.", 10
    )
    pool_wait_seconds: float = _setting(
        "DENTALIZATION_POOL_WAIT_SECONDS", "How long a request waits for a free one before it gets 503.", 5.0
    )
    database_silence_seconds: float = _setting(
        "DENTALIZATION_DATABASE_SILENCE_SECONDS",
        "A connection whose server says nothing for so long after a statement is given up. More than the "
        "logins' 'statement_timeout' of 30 seconds.",
        35.0,
    )
    prepared_statements: bool = _setting(
        "DENTALIZATION_PREPARED_STATEMENTS",
        "'false' behind a pooler in transaction mode that knows no prepared statements.",
        True,
        shown="true",
    )
    sharded: bool = _setting(
        "DENTALIZATION_SHARDED",
        "'true' where DATABASE_URL is the coordinator of a database that 'db distribute' has distributed.",
        False,
        shown="false",
    )
    listen_url: str = _setting(
        "DENTALIZATION_LISTEN_URL",
        "Where to listen for events, past a pooler in transaction mode, which cannot pass them on.",
        "",
        shown="DATABASE_URL",
    )
    remembered_answers: int = _setting(
        "DENTALIZATION_REMEMBERED_ANSWERS",
        "How many searches in the directory of dentists each process remembers until it changes; 0: none.",
        1000,
    )
    redis_url: str = _setting(
        "DENTALIZATION_REDIS_URL",
        "A Redis or Valkey in which processes remember them together: 'redis://host:6379/0'. It holds what "
        "the directory shows, nothing about patients.",
        "",
        shown="none: each process remembers by itself",
    )
    home: Path = _setting(
        "DENTALIZATION_HOME",
        "Where the embedded database, photos and keys live; nothing is written elsewhere.",
        Path(),
        shown="the platform's data folder",
    )
    storage_url: str = _setting(
        "DENTALIZATION_STORAGE_URL", "Where photos are kept: a folder, or 's3://bucket/prefix'.", "",
        shown="'objects' under DENTALIZATION_HOME",
    )  # fmt: skip
    backup_folder: Path = _setting(
        "DENTALIZATION_BACKUP_FOLDER", "Where backups are made; better on another disk.", Path(),
        shown="'backups' under DENTALIZATION_HOME",
    )  # fmt: skip
    backup_url: str = _setting(
        "DENTALIZATION_BACKUP_URL",
        "Where every backup is copied: another folder, or 's3://bucket/prefix', with the AWS_ variables.",
        "",
        shown="none: backups are in their folder alone",
    )
    backup_recipient: str = _setting(
        "DENTALIZATION_BACKUP_RECIPIENT",
        "A public key of age, 'age1…', to which backups are encrypted. Only its secret identity opens them.",
        "",
        shown="none: backups are not encrypted",
    )
    backup_keep_days: int = _setting(
        "DENTALIZATION_BACKUP_KEEP_DAYS", "Of so many days the last backup is kept,", 7
    )
    backup_keep_weeks: int = _setting("DENTALIZATION_BACKUP_KEEP_WEEKS", "of so many weeks,", 4)
    backup_keep_months: int = _setting("DENTALIZATION_BACKUP_KEEP_MONTHS", "and of so many months.", 12)
    backup_at: str = _setting(
        "DENTALIZATION_BACKUP_AT",
        "When the worker makes a backup, as cron writes it ('30 2 * * *'); on Sundays it drills one, too.",
        "",
        shown="never: by hand, or by the machine's own timer",
    )
    model_threads: int = _setting(
        "DENTALIZATION_MODEL_THREADS", "Threads of the process that looks at one picture.", 2
    )
    blind_share: float = _setting(
        "DENTALIZATION_BLIND_SHARE",
        "Share of diagnoses, 0 to 1, that a dentist answers before seeing what the AI found.",
        0.0,
    )
    request_seconds: float = _setting(
        "DENTALIZATION_REQUEST_SECONDS",
        "A request that has no answer after so long, be it that its body is still not here, is ended.",
        60.0,
    )
    audit_key: str = _setting(
        "DENTALIZATION_AUDIT_KEY",
        "At least 32 characters; binds the rows of the audit log. The same in every process, for good.",
        "",
        shown="made once, kept in 'audit.key' under DENTALIZATION_HOME",
    )
    secret_key: str = _setting(
        "DENTALIZATION_SECRET_KEY",
        "At least 32 characters; signs access tokens and photo addresses. The same in every process.",
        "",
        shown="made once, kept in 'secret.key' under DENTALIZATION_HOME",
    )
    field_keys: tuple[str, ...] = _setting(
        "DENTALIZATION_FIELD_KEYS",
        "Keys that seal contact and medical texts: `id:base64` of 256 bits each, separated by commas, the "
        "current one first. The same in every process. Whoever loses them loses these texts.",
        (),
        shown="made once, kept in 'field.keys' under DENTALIZATION_HOME",
    )
    request_limits: tuple[str, ...] = _setting(
        "DENTALIZATION_REQUEST_LIMITS",
        "Changes to the limits on requests, separated by commas, such as 'reading=600/60' for 600 in 60 "
        "seconds; 'off' for none. An account has 'reading', 'writing', 'pictures' and 'archives', an address "
        "that nobody has signed in from 'visitors'.",
        (),
        shown="reading=600/60, writing=120/60, pictures=60/60, archives=10/3600, visitors=300/60",
    )
    require_second_factor: tuple[str, ...] = _setting(
        "DENTALIZATION_REQUIRE_SECOND_FACTOR",
        "Roles, separated by commas, that can do nothing without a second factor: 'DOCTOR,ADMIN'.",
        (),
        shown="none",
    )
    public_url: str = _setting(
        "DENTALIZATION_PUBLIC_URL", "The address under which people reach the service.",
        "http://127.0.0.1:8000",
    )  # fmt: skip
    time_zone: str = _setting(
        "DENTALIZATION_TIMEZONE",
        "Where the dentists practise: a licence ends with its last day there.",
        "Asia/Jakarta",
    )
    smtp_url: str = _setting(
        "DENTALIZATION_SMTP_URL",
        "The mail server: 'smtp://user:password@host:587' (STARTTLS required), 'smtps://…' (TLS), or "
        "'smtp+plain://…' (no TLS).",
        "",
        shown="none: letters become files in 'mail' under DENTALIZATION_HOME",
    )
    mail_from: str = _setting(
        "DENTALIZATION_MAIL_FROM",
        "The sender of all letters: 'Name <name@host>'. Needed with a mail server.",
        "",
    )
    explain_over_milliseconds: int = _setting(
        "DENTALIZATION_EXPLAIN_OVER_MILLISECONDS",
        "The embedded PostgreSQL logs the plan of every statement that takes longer (auto_explain), without "
        "parameters, into 'postgres.log'. Counts when it is started.",
        -1,
        shown="-1: never",
    )
    environment: str = _setting(
        "DENTALIZATION_ENVIRONMENT", "'production' or 'development' (readable logs, statements logged).",
        "production",
    )  # fmt: skip
    otlp_endpoint: str = _setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Where OpenTelemetry traces go, by OTLP over HTTP; the library's other variables count too.",
        "",
        shown="none: no traces",
    )
    metrics_token: str = _setting(
        "DENTALIZATION_METRICS_TOKEN",
        "At least 32 characters; '/metrics' answers only who sends it as 'Authorization: Bearer …'.",
        "",
        shown="none: '/metrics' answers everybody; it names no person",
    )
    log_level: str = _setting("DENTALIZATION_LOG_LEVEL", "debug, info, warning or error.", "info")
    trusted_proxies: int = _setting(
        "DENTALIZATION_TRUSTED_PROXIES",
        "How many reverse proxies of yours add to X-Forwarded-For; 0: the header is ignored.",
        0,
    )

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads every setting; raises InvalidInput naming the variable whose value makes no sense."""
    source = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for item in fields(Settings):
        text = source.get(item.metadata["variable"], "").strip()
        if text:
            values[item.name] = _parse(item.metadata["variable"], item.default, text)
    values.setdefault("home", user_data_path("dentalization"))
    settings = Settings(**values)
    check(settings)
    return settings


def _parse(variable: str, default: Any, text: str) -> Any:
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if isinstance(default, tuple):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if isinstance(default, Path):
            return Path(text).expanduser().absolute()
        return type(default)(text)
    except (KeyError, ValueError):
        kind = {bool: "'true' or 'false'", int: "a whole number", float: "a number"}[type(default)]
        raise InvalidInput(f"{variable} must be {kind}, not '{text}'.") from None


def reference() -> str:
    """The table of all settings, in Markdown."""
    rows = [
        f"| `{item.metadata['variable']}` | {item.metadata['says']} | {item.metadata['shown'] or 'empty'} |"
        for item in fields(Settings)
    ]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows, ""])
