"""Opens what a process needs, from its settings."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from dentalization import catalog, tracing
from dentalization.audit.log import AuditLog
from dentalization.context import Context
from dentalization.db import observed
from dentalization.db.database import Database
from dentalization.db.memory import Memory
from dentalization.db.pool import Pool, PoolLimits, refuse_other_transport, refuse_powerful_login
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.errors import InvalidInput
from dentalization.mail.address import open_mailer
from dentalization.mail.counted import CountedMailer
from dentalization.photos.pictures import normalise_isolated
from dentalization.sealing.keyfile import open_keyring
from dentalization.sealing.keyring import Keyring
from dentalization.settings import Settings
from dentalization.signing import Signer
from dentalization.storage.address import open_store
from dentalization.vision.registry import Registry


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Context]:
    """Opens the database and refuses a login that could pass the policies.

    Raises DatabaseUnreachable, UnsafeLogin, OtherTransport, BadKeys, and what storage and mail raise for a
    bad address.
    """
    limits = PoolLimits(
        connections=settings.pool_connections,
        wait_seconds=settings.pool_wait_seconds,
        silence_seconds=settings.database_silence_seconds,
        prepare=settings.prepared_statements,
        sharded=settings.sharded,
    )
    replicas = Replicas(
        [Pool(url, limits) for url in settings.database_replica_urls],
        max_lag_seconds=settings.replica_max_lag_seconds,
    )
    db = Database(
        Pool(settings.database_url, limits),
        replicas,
        Rules(catalog.metadata),
        field_keyring(settings),
        listen_url=settings.listen_url,
        memory=_memory(settings),
    )
    mailer = open_mailer(settings.smtp_url, sender=settings.mail_from, folder=settings.home / "mail")
    models = Registry(settings.home / "models")
    live = models.open_live(threads=settings.model_threads)
    shadows = models.open_shadow(threads=settings.model_threads)
    catalog.name()
    watching = contextlib.ExitStack()
    watching.enter_context(tracing.opened(settings.otlp_endpoint))
    if settings.otlp_endpoint:
        watching.enter_context(observed.watching(observed.traced))
    if settings.development:
        watching.enter_context(observed.watching(observed.logged))
    try:
        await db.open()
        await refuse_powerful_login(db.primary)
        await refuse_other_transport(db.primary)
        yield Context(
            settings=settings,
            db=db,
            store=open_store(settings.storage_url or str(settings.home / "objects")),
            signer=Signer(secret_key(settings)),
            audit=AuditLog(db, audit_key(settings)),
            detectors=live,
            clean_picture=normalise_isolated,
            mailer=CountedMailer(mailer),
            shadows=shadows,
        )
    finally:
        watching.close()
        for model in (*live, *shadows):
            model.close()
        await db.close()


def _memory(settings: Settings) -> Memory | None:
    """None where nothing is to be remembered; raises InvalidInput for a bad address."""
    if not settings.remembered_answers or settings.sharded:  # shards keep no versions (ADR 0020)
        return None
    if not settings.redis_url:
        return Memory(settings.remembered_answers)
    try:
        from dentalization.db.redis_memory import RedisMemory  # noqa: PLC0415 - an extra of its own
    except ImportError as error:
        raise InvalidInput("DENTALIZATION_REDIS_URL needs the extra 'redis' installed.") from error
    try:
        return Memory(settings.remembered_answers, RedisMemory(settings.redis_url))
    except ValueError as error:
        raise InvalidInput("DENTALIZATION_REDIS_URL is an address such as 'redis://host:6379/0'.") from error


def secret_key(settings: Settings) -> str:
    """The operator's key, or one made once and kept where only this user can read it."""
    return settings.secret_key or kept_secret(settings.home / "secret.key")


def audit_key(settings: Settings) -> bytes:
    """The key of the audit log's hashes; every process of an installation needs the same."""
    return (settings.audit_key or kept_secret(settings.home / "audit.key")).encode()


def field_keyring(settings: Settings) -> Keyring:
    """The operator's field keys, or a ring made once and kept beside the secret key. Raises BadKeys."""
    if settings.field_keys:
        return Keyring.parse(settings.field_keys)
    return open_keyring(field_key_file(settings))


def field_key_file(settings: Settings) -> Path:
    return settings.home / "field.keys"


def kept_secret(path: Path) -> str:
    """The secret in ``path``, made at first use; of several processes at once, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        try:
            os.link(made, path)  # unlike a rename, this fails where another process was first
        finally:
            made.unlink()
    return path.read_text()
