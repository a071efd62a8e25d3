"""OpenAPI links: what an answer names is what the next request asks for."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute

_ID = "$response.body#/id"

# Operation and status -> name of the link -> operation, its parameters and, for some, its body.
_LINKS: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("photos-upload", "201"): {
        "photo": {"operationId": "photos-photo", "parameters": {"photo_id": _ID}},
        "content": {"operationId": "photos-content", "parameters": {"photo_id": _ID}},
        "analysis": {"operationId": "diagnoses-request_analysis", "requestBody": {"photoId": _ID}},
    },
    ("diagnoses-request_analysis", "202"): {
        "state": {"operationId": "diagnoses-get_analysis", "parameters": {"analysis_id": _ID}},
        "retry": {"operationId": "diagnoses-retry_analysis", "parameters": {"analysis_id": _ID}},
    },
    ("diagnoses-request_analysis", "201"): {
        "diagnosis": {"operationId": "diagnoses-diagnosis", "parameters": {"diagnosis_id": _ID}},
    },
    ("diagnoses-get_analysis", "200"): {
        "diagnosis": {
            "operationId": "diagnoses-diagnosis",
            "parameters": {"diagnosis_id": "$response.body#/diagnosisId"},
        },
    },
    ("diagnoses-diagnoses", "200"): {
        "diagnosis": {
            "operationId": "diagnoses-diagnosis",
            "parameters": {"diagnosis_id": "$response.body#/items/0/id"},
        },
        "claim": {
            "operationId": "diagnoses-claim",
            "parameters": {"diagnosis_id": "$response.body#/items/0/id"},
        },
    },
    ("diagnoses-claim", "200"): {
        "review": {"operationId": "diagnoses-review", "parameters": {"diagnosis_id": _ID}},
    },
    ("photos-photos", "200"): {
        "photo": {"operationId": "photos-photo", "parameters": {"photo_id": "$response.body#/items/0/id"}},
    },
    ("accounts-list_sessions", "200"): {
        "end": {
            "operationId": "accounts-end_session",
            "parameters": {"session_id": "$response.body#/0/id"},
        },
    },
}


def operation_id(route: APIRoute) -> str:
    """'photos-upload': the slice and the verb, stable for generated clients."""
    return "-".join([*map(str, route.tags[:1]), route.name])


def add_links(document: dict[str, Any]) -> None:
    """Writes the links into the OpenAPI document."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                links = _LINKS.get((operation["operationId"], status))
                if links:
                    answer["links"] = links
