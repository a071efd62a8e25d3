"""Traces, by OTLP over HTTP, to a receiver that is a server of its own."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import Urls, pooled
from tests.detectors import Fixed
from tests.people import People

from dentalization import tracing
from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.errors import InvalidInput
from dentalization.runtime import opened
from dentalization.settings import Settings
from dentalization.worker import runner

V1 = "/api/v1"
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


class Receiver(ThreadingHTTPServer):
    """Takes what a collector takes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[Any]:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Receiver)
        self.server.bodies.append(
            gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        )
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    pytest.importorskip("opentelemetry.sdk", reason="dentalization[trace] is missing")
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_one_trace_from_upload_to_model(
    receiver: Receiver, fresh_urls: Urls, tmp_path: Path, picture: bytes
) -> None:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        people = People(connection)
        patient = people.session(people.patient())
    settings = Settings(
        database_url=fresh_urls.app,
        home=tmp_path,
        public_url="http://testserver",
        otlp_endpoint=receiver.url,
        prepared_statements=not pooled(),
    )
    async with opened(settings) as made:
        context = replace(made, detectors=[Fixed([])])
        headers = {"Authorization": f"Bearer {access_token(context.signer, patient)}", **CALLER}
        transport = httpx.ASGITransport(app=create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.post(
                f"{V1}/photos", headers=headers, files={"file": picture}, data={"photoType": "intraoral"}
            )
            assert answer.status_code == 201, answer.text
            photo_id = answer.json()["id"]
            answer = await client.post(f"{V1}/diagnoses", headers=headers, json={"photoId": photo_id})
            assert answer.status_code == 202, answer.text
            app = runner.job_app(context)
            async with app.open_async():
                await app.run_worker_async(wait=False)
            answer = await client.get(f"{V1}/diagnoses", headers=headers)
            assert len(answer.json()["items"]) == 1, "the job took no offence at the trace"
    spans = receiver.spans()
    ours = [span for span in spans if span.trace_id.hex() == TRACE]
    by_id = {span.span_id: span for span in ours}

    def above(span: Any) -> Iterator[str]:
        while span.parent_span_id in by_id:
            span = by_id[span.parent_span_id]
            yield span.name

    (model,) = (span for span in ours if span.name == "model fixed")
    assert list(above(model)) == ["job diagnoses.analyse", f"POST {V1}/diagnoses"]
    (begun,) = (span for span in ours if span.name == "diagnoses.BEGIN_ANALYSIS")
    assert next(iter(above(begun))) == "job diagnoses.analyse"
    names = {span.name for span in ours}
    assert {f"POST {V1}/photos", "photos.ADD_PHOTO", "diagnoses.ADD_ANALYSIS"} <= names
    rows = {fact.key for span in ours if span.name == "diagnoses.ADD_ANALYSIS" for fact in span.attributes}
    assert rows == {"db.system.name", "db.response.returned_rows"}
    sent = b"".join(receiver.bodies)
    for value in (patient.user_id, patient.patient_id, photo_id, "intraoral"):
        assert value.encode() not in sent


async def test_an_error_shows_its_type_and_not_what_it_says(receiver: Receiver) -> None:
    with tracing.opened(receiver.url), pytest.raises(ValueError, match="Siti"), tracing.span("wrong"):
        raise ValueError("what Siti has sent")
    (span,) = receiver.spans()
    assert {fact.key: fact.value.string_value for fact in span.attributes} == {"error.type": "ValueError"}
    assert b"Siti" not in b"".join(receiver.bodies)


def test_a_receiver_that_is_away_costs_only_the_spans(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with tracing.opened("http://127.0.0.1:9"), tracing.span("nowhere"):
        assert tracing.here().startswith("00-")
    assert tracing.here() == ""


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dentalization.monitoring.opentelemetry", None)
    with pytest.raises(InvalidInput, match=r"dentalization\[trace\]"), tracing.opened("http://127.0.0.1:9"):
        pass


def test_without_the_setting_nothing_is_loaded_or_called() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from dentalization import tracing; from dentalization.api.app import create_app\n"
            "app = create_app()\n"
            "assert not any('Traced' in str(one.cls) for one in app.user_middleware)\n"
            "with tracing.opened(''), tracing.span('a') as span: span.note({})\n"
            "assert tracing.span('a') is tracing.span('b'), 'nothing is made for it'\n"
            "assert tracing.here() == ''\n"
            "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


async def test_a_job_with_a_trace_is_done_also_where_nobody_traces_any_more(
    context: Context, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    app, done = runner.job_app(context), []

    @app.task(name="tests.traced", queue="traced")
    async def note(word: str) -> None:
        done.append(word)

    owner.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        """VALUES ('traced', 'tests.traced', '{"word": "here", "traceparent": "00-0-0-00"}')"""
    )
    async with app.open_async():
        await app.run_worker_async(queues=["traced"], wait=False)
    assert done == ["here"]
