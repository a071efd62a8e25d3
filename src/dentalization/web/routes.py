"""Mounts the pages of every slice."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response


def mount(app: FastAPI) -> None:
    """Adds the pages to the application."""


def html_error(request: Request, error: Exception, status: int) -> Response:
    return Response(str(status), status)
