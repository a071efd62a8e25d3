"""Files for operators name only what exists: metrics, commands, settings, pages; no secret is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from dentalization.cli.main import app
from dentalization.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY, HOW_TO = ROOT / "deploy", ROOT / "docs" / "how-to"
DOCUMENTS = [*HOW_TO.glob("*.md"), *(path for path in DEPLOY.rglob("*") if path.is_file())]
OTHERS = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
"""Settings of the object store's library, and of the images of others."""
METRIC = re.compile(r"\b(dentalization_[a-z_]+|up)\b(?=[{\[\s<>=)]|$)")


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> Iterator[str]:
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


async def exported(api: httpx.AsyncClient) -> set[str]:
    """Names of all series that the running program has, also those without a value yet."""
    text = (await api.get("/metrics")).text
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    return names | {f"{name}{suffix}" for name in names for suffix in ("_bucket", "_count", "_sum", "_total")}


async def test_every_metric_of_an_alert_or_a_panel_exists(api: httpx.AsyncClient) -> None:
    known = await exported(api) | {"up"}
    used = {
        name
        for expression in (*(rule["expr"] for rule in alerts()), *panels())
        for name in METRIC.findall(expression)
    }
    assert len(used) > 12
    assert used <= known


def test_every_alert_says_what_to_do() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        page, _, anchor = rule["annotations"]["action"].partition("#")
        headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, rule["alert"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_setting_exists(path: Path) -> None:
    text = path.read_text()
    for command in re.findall(r"dentalization ((?:[a-z][a-z-]+ ?)+)", text):
        assert is_command(command.split()), command
    for listed in re.findall(r'"dentalization", ("[a-z-]+"(?:, "[a-z-]+")*)', text):
        assert is_command(re.findall(r'"([a-z-]+)"', listed)), listed
    variables = {item.metadata["variable"] for item in fields(Settings)}
    for variable in re.findall(r"\bDENTALIZATION_[A-Z_]+[A-Z]\b|\bDATABASE_[A-Z_]*URLS?\b", text):
        assert variable in variables, variable
    for link in re.findall(r"\]\(([a-z-]+\.md)\)", text):
        assert (path.parent / link).exists(), link


def is_command(words: list[str]) -> bool:
    """Whether the first words name a command; what follows are arguments or the sentence around it."""
    found: Any = get_command(app)
    for word in words:
        commands = getattr(found, "commands", None)
        if commands is None:
            return True
        if word not in commands:
            return False
        found = commands[word]
    return not hasattr(found, "commands") or len(words) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--host", "--port", "--workers", "--no-worker", "--demo"],
        ["backup", "restore", "--into", "--replace", "--home", "--to", "--passwords", "--identity"],
        ["backup", "create", "--format", "--incremental"],
        ["backup", "verify", "--deep", "--identity"],
    ],
)
def test_the_options_of_the_documents_exist(arguments: list[str]) -> None:
    words = [word for word in arguments if not word.startswith("--")]
    said = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    for option in arguments[len(words) :]:
        assert option in said, option


def test_compose_has_no_password_of_its_own_and_starts_in_order() -> None:
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in document["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY|SECRET|_USER$", variable) and variable != "DB_USER":
                inside = str(value)
                assert "${" in inside or variable == "POSTGRES_USER", f"{name}: {variable}"
            assert ":-" not in str(value), f"{name}: a default of {variable}"
            if "://" in str(value) and "@" in str(value):
                assert "${" in str(value).split("@")[0], f"{name}: {variable}"
        for other in service.get("depends_on", {}):
            assert other in document["services"], name
    server = document["services"]["server"]
    assert set(server["environment"]) - OTHERS <= {item.metadata["variable"] for item in fields(Settings)}
    assert server["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert "DATABASE_OWNER_URL" not in server["environment"]
    assert "DATABASE_OWNER_URL" not in document["services"]["worker"]["environment"]


def test_units_stop_by_sigterm_and_wait_long_enough() -> None:
    unit = (DEPLOY / "systemd" / "dentalization.service").read_text()
    assert "KillSignal=SIGTERM" in unit
    seconds = re.search(r"TimeoutStopSec=(\d+)", unit)
    assert seconds
    assert int(seconds[1]) > 40  # 30 for requests and jobs, and what the database needs to stop
    assert "User=dentalization" in unit
    assert (DEPLOY / "Containerfile").read_text().count("\nUSER dentalization\n") == 1


async def test_metrics_ask_for_their_token_where_one_is_set(context: Any) -> None:
    from dataclasses import replace

    from dentalization.api.app import create_app

    chosen = replace(context, settings=replace(context.settings, metrics_token="t" * 20))
    transport = httpx.ASGITransport(app=create_app(chosen))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        assert (await client.get("/metrics")).status_code == 401
        wrong = {"Authorization": "Bearer wrong"}
        assert (await client.get("/metrics", headers=wrong)).status_code == 401
        right = {"Authorization": f"Bearer {'t' * 20}"}
        assert (await client.get("/metrics", headers=right)).status_code == 200


async def test_the_queue_is_counted(api: httpx.AsyncClient, owner: Any) -> None:
    owner.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 'nothing', 'failed')"
    )
    text = (await api.get("/metrics")).text
    failed = re.search(r'dentalization_jobs\{state="failed"\} (\S+)', text)
    assert failed
    assert float(failed[1]) >= 1
    assert "dentalization_database_up 1.0" in text
    assert "dentalization_backup_age_seconds +Inf" in text
    owner.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'nothing'")
