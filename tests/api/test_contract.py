"""The OpenAPI document is kept: no 5xx, no undocumented status, no answer that breaks its schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    UndefinedStatusCode,
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)
from tests.program import V1, Running, demo_program

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("program")]

EXAMPLES = int(os.environ.get("DENTALIZATION_CONTRACT_EXAMPLES", "12"))
"""For each operation, role and kind of data; `make contract` asks for many more."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ROLES = {
    "nobody": None,
    "patient": ("patient@example.com", "patient123"),
    "doctor": ("doctor@dentalization.com", "doctor123"),
    "admin": ("admin@dentalization.com", "admin123"),
    "unverified": ("unverified@example.com", "a good one 9"),
}
# They would end the session, wear out the limits on attempts that the other requests need, or never end.
APART = {
    "POST /auth/logout",
    "POST /auth/login",
    "POST /auth/refresh",
    "DELETE /me/sessions/{session_id}",
    "POST /me/erasure",
    "POST /me/email",
    "POST /me/password",
    "GET /me/events",
    "POST /auth/reauthentication",
    "POST /me/factors/totp/confirmation",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with demo_program(tmp_path_factory.mktemp("contract")) as found:
        found.client.post(
            f"{V1}/auth/register",
            json={
                "email": "unverified@example.com",
                "password": "a good one 9",
                "role": "DOCTOR",
                "firstName": "Dewi",
                "lastName": "Lestari",
                "licenseNumber": "SIP-1",
            },
        ).raise_for_status()
        yield found


@pytest.fixture(scope="module")
def schema(running: Running) -> Any:
    return schemathesis.openapi.from_url(f"{running.client.base_url}{V1}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", ROLES)
def test_every_operation_keeps_to_the_document(
    running: Running, schema: Any, role: str, mode: GenerationMode
) -> None:
    login = ROLES[role]
    headers = running.sign_in(*login) if login else {}
    broken = []
    for found in schema.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path.removeprefix(V1)}"
        if name in APART and headers:
            continue
        try:
            _fuzz(operation, mode, headers)
        except Exception as error:  # every operation gets its turn; all findings are shown
            broken.append(f"{name}: {error}")
    assert not broken, "\n\n".join(broken)


def _fuzz(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        # Waiting for an analysis is no part of the contract.
        case.headers = {key: value for key, value in (case.headers or {}).items() if key.lower() != "prefer"}
        checks = CHECKS if headers else [*CHECKS, ignored_auth]
        case.call_and_validate(headers=headers, checks=checks, timeout=30)

    try:
        run()
    except BaseException as error:
        if type(error).__name__ == "Unsatisfiable":  # nothing about it can be wrong
            return
        raise


def test_links_lead_from_a_photo_to_its_diagnosis(running: Running, schema: Any, picture: bytes) -> None:
    """Stateful: what one answer names, the next request uses, in any order that the links allow."""
    document = running.client.get(f"{V1}/openapi.json").json()
    linked = {
        link["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    }
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert linked <= operations
    assert len(linked) >= 5
    headers = running.sign_in("patient@example.com", "patient123")
    made = running.client.post(
        f"{V1}/photos", headers=headers, files={"file": picture}, data={"photoType": "intraoral"}
    )
    assert made.status_code == 201

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers, "timeout": 30}

        def validate_response(self, response: Any, case: Any, **options: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Walk.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=6,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )


def test_what_is_not_documented_is_found(running: Running) -> None:
    """The checks can fail: without the documented 404 the same requests are refused."""
    document = running.client.get(f"{V1}/openapi.json").json()
    del document["paths"][f"{V1}/photos/{{photo_id}}"]["get"]["responses"]["404"]
    changed = schemathesis.openapi.from_dict(document)
    changed.config.update(base_url=str(running.client.base_url))
    headers = running.sign_in("patient@example.com", "patient123")
    with pytest.raises(FailureGroup) as raised:
        _fuzz(changed[f"{V1}/photos/{{photo_id}}"]["GET"], GenerationMode.POSITIVE, headers)
    assert any(isinstance(one, UndefinedStatusCode) for one in raised.value.exceptions)


def test_a_wrong_method_is_named(running: Running) -> None:
    answer = httpx.put(f"{running.client.base_url}{V1}/photos", timeout=10)
    assert answer.status_code == 405
    assert answer.headers["allow"]
