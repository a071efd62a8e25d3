"""Static files: kept for good by browsers where the address names their version."""

from __future__ import annotations

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class Assets(StaticFiles):
    """A module that another one imports has no version in its address: browsers ask whether it changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = _FOR_GOOD if versioned else _ASK_AGAIN
        return response
