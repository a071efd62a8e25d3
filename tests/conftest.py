"""One PostgreSQL for the whole run, one migrated template, one copy of it for each worker process.

DATABASE_URL names another server to test on (its login must be able to make databases and roles);
without it the embedded PostgreSQL 18 is used. Tests make people of their own and never look at those of
others, so nothing needs to be cleaned up between them and any number can run at once.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dentalization import catalog
from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.audit.log import AuditLog
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.memory import Memory
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.mail.address import open_mailer
from dentalization.ops import embedded, migrations
from dentalization.photos.pictures import normalise_isolated
from dentalization.sealing.keyring import Key, Keyring
from dentalization.settings import Settings
from dentalization.signing import Signer
from dentalization.storage.address import open_store
from dentalization.vision.drawing import draw_mouth
from dentalization.vision.registry import Registry
from tests import pooler
from tests.people import People

TEMPLATE = "dentalization_test_template"
APP_LOGIN = "dentalization_test_app"
AUDIT_KEY = b"the key of the audit log of all tests"
KEYRING = Keyring([Key.new()])
"""What this process seals with."""
_OWNER = "DENTALIZATION_TEST_OWNER_URL"
_PASSWORD = "DENTALIZATION_TEST_APP_PASSWORD"
POOLER = "DENTALIZATION_TEST_POOLER"
"""Set, the app's login reaches its databases through PgBouncer in transaction mode."""
_POOLER_PORT = "DENTALIZATION_TEST_POOLER_PORT"


def pooled() -> bool:
    return bool(os.environ.get(POOLER))


if pooled():
    # As the setting DENTALIZATION_PREPARED_STATEMENTS=false does it: Debian's PgBouncer knows none.
    PoolLimits.__init__.__defaults__ = tuple(
        False if item.name == "prepare" else item.default for item in fields(PoolLimits)
    )
    os.environ["DENTALIZATION_PREPARED_STATEMENTS"] = "false"


@dataclass(frozen=True)
class Urls:
    owner: str
    app: str

    @property
    def environment(self) -> dict[str, str]:
        """By which a program finds the database, also behind the pooler."""
        if not pooled():
            return {"DATABASE_URL": self.app}
        return {
            "DATABASE_URL": self.app,
            "DENTALIZATION_LISTEN_URL": self.past_pooler,
            "DENTALIZATION_PREPARED_STATEMENTS": "false",
        }

    @property
    def past_pooler(self) -> str:
        """The app's login on a connection to the server itself, as the owner's commands have theirs."""
        return direct_url(os.environ[_OWNER], str(conninfo_to_dict(self.app)["dbname"]))


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or _OWNER in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="dz"))
    home.chmod(0o755)
    config.stash[_HOME] = home
    # Taken out of the environment: programs that a test starts must not find it.
    owner_url = os.environ.pop("DATABASE_URL", None)
    if owner_url is None:
        # By TCP for the pooler: it runs as another user, who may not enter the folder of the socket.
        server = embedded.start(home, fast=True, port=pooler.free_port() if pooled() else None)
        config.stash[_SERVER] = server
        owner_url = server.superuser_url
    os.environ[_OWNER] = owner_url
    os.environ[_PASSWORD] = secrets.token_hex(12)
    recreate(owner_url, TEMPLATE)
    template = Urls(with_database(owner_url, TEMPLATE), app_url(owner_url, TEMPLATE))
    migrations.migrate(template.owner, template.app)
    with psycopg.connect(owner_url, autocommit=True) as connection:  # an older run's password
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(APP_LOGIN), sql.Literal(os.environ[_PASSWORD])
            )
        )

    if os.environ.get(POOLER):
        config.stash[_POOLER] = pooler.start(owner_url, APP_LOGIN, os.environ[_PASSWORD])
        os.environ[_POOLER_PORT] = str(config.stash[_POOLER].port)


def pytest_unconfigure(config: pytest.Config) -> None:
    found = config.stash.get(_POOLER, None)
    if found is not None:
        found.stop()
    server = config.stash.get(_SERVER, None)
    if server is not None:
        server.stop()
        del os.environ[_OWNER]
    home = config.stash.get(_HOME, None)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)


_POOLER = pytest.StashKey[pooler.Pooler]()
_SERVER = pytest.StashKey[embedded.EmbeddedServer]()
_HOME = pytest.StashKey[Path]()


def with_database(url: str, name: str) -> str:
    return make_conninfo(url, dbname=name)


def app_url(owner_url: str, name: str) -> str:
    """By the pooler, where the tests run behind one."""
    direct = direct_url(owner_url, name)
    port = os.environ.get(_POOLER_PORT)
    return make_conninfo(direct, host="127.0.0.1", port=port) if port else direct


def direct_url(owner_url: str, name: str) -> str:
    """Past the pooler, as DENTALIZATION_LISTEN_URL must go."""
    return make_conninfo(owner_url, dbname=name, user=APP_LOGIN, password=os.environ[_PASSWORD])


def recreate(owner_url: str, name: str, *, template: str = "template1") -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def drop(owner_url: str, name: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def cluster_url() -> str:
    """The address of a login that may do everything, on the database 'postgres' or like it."""
    return os.environ[_OWNER]


@pytest.fixture(scope="session")
def urls(cluster_url: str, worker_id: str) -> Iterator[Urls]:
    """A migrated database of this worker process."""
    name = f"dentalization_test_{worker_id}"
    recreate(cluster_url, name, template=TEMPLATE)
    yield Urls(with_database(cluster_url, name), app_url(cluster_url, name))
    drop(cluster_url, name)


@pytest.fixture
def fresh_urls(cluster_url: str, worker_id: str) -> Iterator[Urls]:
    """A migrated database of this test alone, for tests that count everything or change the schema."""
    name = f"dentalization_fresh_{worker_id}_{secrets.token_hex(3)}"
    recreate(cluster_url, name, template=TEMPLATE)
    yield Urls(with_database(cluster_url, name), app_url(cluster_url, name))
    drop(cluster_url, name)


@pytest.fixture
def empty_url(cluster_url: str, worker_id: str) -> Iterator[str]:
    """The owner's address of a database with nothing in it."""
    name = f"dentalization_empty_{worker_id}_{secrets.token_hex(3)}"
    recreate(cluster_url, name)
    yield with_database(cluster_url, name)
    drop(cluster_url, name)


async def open_database(
    url: str, limits: PoolLimits | None = None, *, memory: Memory | None = None
) -> Database:
    pool = Pool(url, limits or PoolLimits(connections=8, wait_seconds=20))
    listen = direct_url(os.environ[_OWNER], str(conninfo_to_dict(url)["dbname"])) if pooled() else ""
    database = Database(
        pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), KEYRING,
        listen_url=listen, memory=memory,
    )  # fmt: skip
    await database.open()
    return database


@pytest.fixture(scope="session")
async def db(urls: Urls) -> AsyncIterator[Database]:
    """The application's database, through the app's login and its policies."""
    database = await open_database(urls.app)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def owner(urls: Urls) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner's own connection, past all policies, for arranging and for looking at what is stored."""
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def people(owner: psycopg.Connection[tuple[object, ...]]) -> People:
    return People(owner)


@pytest.fixture(scope="session")
def context(db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """What a server process has, with a store of its own."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(
        database_url=urls.app, home=home, public_url="http://testserver", request_limits=("off",)
    )
    store = open_store(str(home / "objects"))
    detectors = Registry(home / "models").open_live(threads=1)
    audit = AuditLog(db, AUDIT_KEY)
    mailer = open_mailer("", sender="", folder=home / "mail")
    signer = Signer(secrets.token_hex(32))
    return Context(settings, db, store, signer, audit, detectors, normalise_isolated, mailer)


@pytest.fixture(scope="session")
async def api(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application over ASGI; addresses as a client sees them."""
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture(scope="session")
def signed_in(context: Context) -> Callable[[Actor], dict[str, str]]:
    """The headers of somebody who has signed in, without the cost of a password."""

    def headers(actor: Actor) -> dict[str, str]:
        return {"Authorization": f"Bearer {access_token(context.signer, actor)}"}

    return headers


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A JPEG of drawn teeth, 512 x 384."""
    file = io.BytesIO()
    draw_mouth(58).picture.save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real pictures, beside the repository; tests that need them skip where they are missing."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("DENTALIZATION_TEST_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the test pictures are missing")
        pytest.skip("the test pictures are missing; set DENTALIZATION_TEST_DATA to their folder")
    return folder
