"""``dentalization serve`` and ``dentalization worker``."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import FrameType
from typing import Annotated

import psycopg
import typer
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from dentalization import settings
from dentalization.cli import demo as demo_data
from dentalization.cli.local import Place, place
from dentalization.cli.output import err, progress
from dentalization.logs import configure
from dentalization.monitoring import exposition, processes
from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import explaining
from dentalization.ops.errors import EmbeddedServerError, PortTaken
from dentalization.ops.seed import marks
from dentalization.runtime import opened, secret_key
from dentalization.worker import figures, runner

_PARENT = "DENTALIZATION_PARENT_PROCESS"
_PORT_SECONDS = 10
_DEMO_PATIENTS = 40
_DEMO_DIAGNOSES = 200


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    demo: Annotated[bool, typer.Option("--demo", help="Fill an empty database with demo people.")] = False,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Run no worker beside the server.")] = False,
) -> None:
    """Starts everything: the embedded database unless DATABASE_URL is set, the server, and a worker."""
    _wait_for_port(host, port)
    here = place()
    if "DENTALIZATION_PUBLIC_URL" not in os.environ:
        here = replace(here, settings=replace(here.settings, public_url=f"http://{host}:{port}"))
    # Stopping by SIGTERM as by Ctrl-C: everything below 'finally' must happen.
    signal.signal(signal.SIGTERM, _interrupt)
    stopping = threading.Event()
    try:
        if here.server is not None:
            migrations.migrate(here.owner_url, here.settings.database_url)
        if demo:
            _fill(here)
        _hand_on(here)
        _announce(here.settings.public_url, host, port, stopping)
        with processes.shared_folder(here.settings.home):
            keepers = [] if no_worker else [_keep_worker(stopping)]
            if here.server is not None:
                keepers.append(_keep_database(here.settings, stopping))
            _serve(host, port, workers)
            stopping.set()
            for keeper in keepers:
                keeper.join(timeout=40)
    except KeyboardInterrupt:
        pass
    finally:
        stopping.set()
        if here.server is not None:
            here.server.stop()


def worker(
    metrics_port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Where /metrics answers; beside a server, that does. 0: nowhere."
        ),
    ] = 0,
    metrics_host: Annotated[str, typer.Option(help="The address to answer /metrics at.")] = "127.0.0.1",
) -> None:
    """Runs jobs: analyses of photos, clean-ups."""
    here = place()
    configure(here.settings)
    asyncio.run(_work(here.settings, metrics_host, metrics_port))


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fill(here: Place) -> None:
    """Only a database without any account: a demo never mixes with real people."""
    with psycopg.connect(here.owner_url) as connection:
        if connection.execute("SELECT 1 FROM users LIMIT 1").fetchone():
            if not marks.is_development(here.owner_url):
                err("There are accounts already, so no demo people were added.")
            else:
                err(demo_data.words(demo_data.accounts(here, demo=True)))
            return
    marks.mark_development(here.owner_url)
    made = demo_data.accounts(here, demo=True)
    with progress() as bar:
        demo_data.history(here, patients=_DEMO_PATIENTS, diagnoses=_DEMO_DIAGNOSES, number=1, bar=bar)
    err(demo_data.words(made))


def _hand_on(here: Place) -> None:
    """The server's processes and the worker read their settings from the environment."""
    os.environ["DATABASE_URL"] = here.settings.database_url
    os.environ["DENTALIZATION_PUBLIC_URL"] = here.settings.public_url
    os.environ["DENTALIZATION_SECRET_KEY"] = secret_key(here.settings)
    os.environ["DENTALIZATION_HOME"] = str(here.settings.home)
    # What serves people must not be able to pass the policies, not even by mistake.
    os.environ.pop("DATABASE_OWNER_URL", None)


def _wait_for_port(host: str, port: int) -> None:
    """Raises PortTaken. The processes of a server share its port; with a stranger they must not.

    Those of a server that was killed need a moment to notice.
    """
    deadline = time.monotonic() + _PORT_SECONDS
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has ended does not count
            try:
                probe.bind((host, port))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise PortTaken(
                        f"The server cannot answer at {host}, port {port} ({error.strerror}); "
                        "stop what is there, or choose another --port."
                    ) from None
        time.sleep(0.1)


def _announce(public_url: str, host: str, port: int, stopping: threading.Event) -> None:
    """Says where the server answers as soon as it does, and not before: people click on it."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104

    def wait() -> None:
        while not stopping.wait(0.1):
            # Its processes listen once they are ready for requests, and not before.
            with contextlib.suppress(OSError), socket.create_connection((here, port), timeout=5):
                err(f"\nDentalization answers at {public_url}\n")
                return

    threading.Thread(target=wait, name="announcer", daemon=True).start()


def _serve(host: str, port: int, workers: int) -> None:
    # New interpreters: a fork would take over measurements, and locks of the thread beside this one.
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "dentalization.api.app:create_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    ).serve()


def _keep_worker(stopping: threading.Event) -> threading.Thread:
    """A worker process beside the server, started again whenever it dies."""

    def keep() -> None:
        while not stopping.is_set():
            process = subprocess.Popen(
                [sys.executable, "-m", "dentalization.cli.main", "worker"],
                env={**os.environ, _PARENT: str(os.getpid())},
            )
            while process.poll() is None and not stopping.wait(0.5):
                pass
            if stopping.is_set():
                process.terminate()
                process.wait()
                return
            stopping.wait(1)

    thread = threading.Thread(target=keep, name="worker keeper")
    thread.start()
    return thread


def _keep_database(chosen: settings.Settings, stopping: threading.Event) -> threading.Thread:
    """The embedded server is started again whenever it has ended, as after a full disk, as soon as it can."""
    given = explaining(chosen.explain_over_milliseconds)

    def keep() -> None:
        told = ""
        while not stopping.wait(1):
            try:
                if not embedded.is_running(chosen.home) and not stopping.is_set():
                    embedded.start(chosen.home, settings=given)
                    told = ""
            except (EmbeddedServerError, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    err(told)

    thread = threading.Thread(target=keep, name="database keeper")
    thread.start()
    return thread


async def _work(chosen: settings.Settings, metrics_host: str, metrics_port: int) -> None:
    async with opened(chosen) as context, exposition.sampled(context), contextlib.AsyncExitStack() as stack:
        if metrics_port:
            stack.enter_context(figures.answered(context, host=metrics_host, port=metrics_port))
        work = asyncio.create_task(runner.run(context))
        parent = os.environ.get(_PARENT)
        while not work.done():
            await asyncio.wait([work], timeout=2)
            if parent is not None and os.getppid() != int(parent):
                # The server was killed; its successor brings a worker of its own.
                os.kill(os.getpid(), signal.SIGTERM)
                parent = None
        await work
