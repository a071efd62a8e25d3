"""The application: /api/v1 from the slices, health beside it, the pages in front."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import dentalization
from dentalization import settings
from dentalization.accounts import api as accounts
from dentalization.accounts import events_api as events
from dentalization.accounts import factors_api as factors
from dentalization.accounts import mail_api
from dentalization.api import health, problems
from dentalization.api.audited import Audited
from dentalization.api.guard import Guard
from dentalization.api.links import operation_id
from dentalization.api.stopping import at_the_end, end_with_the_parent
from dentalization.api.throttled import Throttled
from dentalization.api.traced import Traced
from dentalization.appointments import api as appointments
from dentalization.appointments import feed_api, recall_api, waiting_api
from dentalization.appointments import schedule_api as schedules
from dentalization.context import Context
from dentalization.diagnoses import api as diagnoses
from dentalization.errors import DentalizationError
from dentalization.events.stream import Streams
from dentalization.logs import configure
from dentalization.monitoring import exposition
from dentalization.ops.migrations import fitting
from dentalization.photos import api as photos
from dentalization.privacy import api as privacy
from dentalization.profiles import api as profiles
from dentalization.profiles import directory_api as directory
from dentalization.profiles import licence_api as licences
from dentalization.profiles import oversight_api as oversight
from dentalization.records import api as records
from dentalization.runtime import opened
from dentalization.web import routes as web
from dentalization.web.headers import SecurityHeaders

PREFIX = "/api/v1"


def create_app(context: Context | None = None) -> FastAPI:
    """The ASGI application; without ``context`` it opens its own from the environment at start-up."""

    chosen = context.settings if context is not None else settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if context is not None:
            yield
            return
        configure(chosen)
        async with opened(chosen) as made, exposition.sampled(made):
            app.state.context = made
            with at_the_end(made.db.listener.end_waits):
                end_with_the_parent()
                yield

    app = FastAPI(
        title="Dentalization",
        version=dentalization.__version__,
        summary="Photos of teeth, what an AI proposes about them, and what dentists decide.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
    )
    app.state.context = context
    app.state.schemas = fitting()
    app.state.streams = Streams()
    for slice_ in (
        accounts,
        events,
        factors,
        mail_api,
        profiles,
        directory,
        licences,
        oversight,
        photos,
        diagnoses,
        appointments,
        schedules,
        feed_api,
        waiting_api,
        recall_api,
        records,
        privacy,
    ):
        app.include_router(slice_.router, prefix=PREFIX, responses=problems.DOCUMENTED)
    app.include_router(health.router)
    app.include_router(feed_api.calendars)
    problems.add_schemas(app)
    _add_handlers(app)
    app.include_router(events.pages)
    web.mount(app)
    app.add_middleware(Audited, apology=_apology)
    app.add_middleware(Throttled, limits=chosen.request_limits, apology=_apology)
    app.add_middleware(Guard, apology=_apology, seconds=chosen.request_seconds)
    if chosen.otlp_endpoint:
        app.add_middleware(Traced)
    app.add_middleware(SecurityHeaders, tls=chosen.secure_cookies)  # around all: refusals have them too
    return app


def _add_handlers(app: FastAPI) -> None:
    @app.exception_handler(DentalizationError)
    async def ours(request: Request, error: DentalizationError) -> Response:
        return _answer(request, error, problems.of_error(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, error, problems.of_validation(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return _answer(request, error, problems.of_http(error))


def _answer(request: Request, error: Exception, problem: Response) -> Response:
    """The problem document for the API; a page in words for a browser's address."""
    if request.url.path.startswith("/api/"):
        return problem
    page: Response = web.html_error(request, error, problem.status_code)
    if "retry-after" in problem.headers:
        page.headers["Retry-After"] = problem.headers["retry-after"]
    return page


def _apology(request: Request, error: Exception) -> Response:
    ours = problems.of_error(error) if isinstance(error, DentalizationError) else problems.of_bug()
    return _answer(request, error, ours)
