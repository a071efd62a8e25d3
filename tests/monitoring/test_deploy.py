"""What stands in deploy/ and in the docs exists: metrics, commands, settings, files. And no secret does."""

from __future__ import annotations

import configparser
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.commands import named, problem

from dentalization import metrics
from dentalization.db.objects import APP_ROLE, SERVICE_ROLE
from dentalization.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {item.metadata["variable"] for item in fields(Settings)}
OTHERS = {"OTEL_EXPORTER_OTLP_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY"}  # fmt: skip
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
_WORDS = {"by", "without", "on", "ignoring", "and", "or", "unless", "bool", "offset", "le"}


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return [*panels, *(rule["expr"] for rule in rules())]


def names_in(query: str) -> set[str]:
    """The metrics of an expression in PromQL: what is neither a label, a function, a word nor a number."""
    query = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", query)
    query = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", query)
    return set(re.findall(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()", query)) - _WORDS


def labels_in(query: str) -> set[str]:
    inside = " , ".join(re.findall(r"\{([^}]*)\}", re.sub(r'"[^"]*"', '""', query)))
    grouped = ",".join(re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", query))
    return {*re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside), *re.findall(r"\w+", grouped)}


def test_names_are_taken_out_of_promql() -> None:
    query = 'sum by (le, a) (rate(x_total{b!="rate(y)", c=~"d"}[5m])) / max(z) > 2 * 3 or absent(w{e="f"})'
    assert names_in(query) == {"x_total", "z", "w"}
    assert labels_in(query) == {"le", "a", "b", "c", "e"}


async def test_every_metric_of_alerts_and_dashboard_is_exported(api: httpx.AsyncClient) -> None:
    text = (await api.get("/metrics")).text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    exported = {"up", *kinds}
    for name, kind in kinds.items():
        if kind == "histogram":
            exported |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
    used = {name for query in queries() for name in names_in(query)}
    assert used - exported == set()
    ours = {name for name in exported if name.startswith("dentalization_")}
    assert len(used & ours) > 25


def test_every_label_of_alerts_and_dashboard_exists() -> None:
    known = {"le", "job", "kind", "part", "replica", "task", "state"}
    for one in vars(metrics).values():
        known |= set(getattr(one, "_labelnames", ()))
    assert {label for query in queries() for label in labels_in(query)} - known == set()


def test_every_alert_says_what_it_is_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "action", "runbook"}, rule["alert"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, rule["alert"]
    assert len({rule["alert"] for rule in rules()}) == len(rules())


@pytest.mark.parametrize("path", [*DOCUMENTS, DEPLOY / "prometheus/alerts.yaml"], ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    assert [wrong for command in named(path.read_text()) if (wrong := problem(command))] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    text = "Run `dentalization db nonsense`.\n```sh\nA=b dentalization serve --colour red  # paint\n```\n"
    assert [problem(command) for command in named(text)] == [
        "'dentalization serve --colour red': there is no '--colour'",
        "'dentalization db nonsense': there is no 'nonsense'",
    ]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def test_compose_names_settings_commands_and_files_that_exist() -> None:
    document = compose()
    for name, service in document["services"].items():
        build = service.get("build")
        if build:
            file = build["dockerfile"]
            assert (DEPLOY / build["context"] / file).is_file(), name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            there = (DEPLOY / source).is_file() if source.startswith(".") else source in document["volumes"]
            assert there, mount
        assert set(service.get("secrets", ())) <= set(document["secrets"]), name
        assert set(service.get("depends_on", ())) <= set(document["services"]), name
        if service.get("image") == "dentalization":
            assert set(service["environment"]) <= VARIABLES | OTHERS, name
            assert problem(" ".join(["dentalization", *service["command"]])) == "", name
    program = [one for one in document["services"].values() if one.get("image") == "dentalization"]
    assert len(program) == 4
    for name in ("server", "worker"):
        assert "DATABASE_OWNER_URL" not in document["services"][name]["environment"], name


def test_deploy_holds_no_secret() -> None:
    """Passwords and keys come out of variables that must be set, or out of files that are not here."""
    secret = re.compile(r"(PASSWORD|SECRET|KEY|TOKEN|_URL)", re.IGNORECASE)
    public = {"DENTALIZATION_STORAGE_URL", "AWS_ENDPOINT_URL"}
    for name, service in compose()["services"].items():
        for variable, value in (service.get("environment") or {}).items():
            if secret.search(variable) and variable not in public:
                asked = re.fullmatch(r"\$\{\w+:(\?.+|-)\}|/run/secrets/\w+", str(value))
                assert asked, f"{name}: {variable}"
    for one in compose()["secrets"].values():
        assert not (DEPLOY / one["file"]).exists() or one["file"].startswith("secrets/")
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/deploy/secrets/", "/deploy/.env"} <= set(ignored)
    for file in DEPLOY.rglob("*"):
        if file.is_file() and "secrets" not in file.parts and file.name != ".env":
            assert not re.search(r"://[^/\s$:]+:[^@\s$]+@", file.read_text()), file


def test_pgbouncer_and_prometheus_read_secrets_that_are_mounted() -> None:
    for path, service in (("pgbouncer/pgbouncer.ini", "pgbouncer"), ("postgres/1-owner.sql", "postgres"),
                          ("prometheus/prometheus.yaml", "prometheus")):  # fmt: skip
        wanted = set(re.findall(r"/run/secrets/(\w+)", (DEPLOY / path).read_text()))
        assert wanted
        assert wanted <= set(compose()["services"][service]["secrets"])
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    targets = {target.split(":")[0] for one in scraped for entry in one["static_configs"]
               for target in entry["targets"]}  # fmt: skip
    assert targets <= set(compose()["services"])


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda path: path.name)
def test_units_name_commands_and_settings_that_exist(path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    service = unit["Service"]
    program, _, words = service["ExecStart"].partition(" ")
    assert program.endswith("/dentalization")
    assert problem(f"dentalization {words}") == ""
    for variable in re.findall(r"^Environment=(\w+)=", path.read_text(), re.MULTILINE):
        assert variable in VARIABLES
    assert service["User"] == "dentalization"
    if service.get("Type") != "oneshot":
        assert (service["KillSignal"], service["Restart"]) == ("SIGTERM", "always")
        assert int(service["TimeoutStopSec"]) > 40, "longer than server and worker take themselves"


def test_every_unit_is_closed_in_as_the_server_is() -> None:
    """Those that know the owner's password, too."""
    closed = re.compile(
        r"^(?:Protect|Restrict|Private|SystemCall|Capability|NoNew|Lock|Remove|UMask).*$", re.M
    )
    found = {path.name: closed.findall(path.read_text()) for path in (DEPLOY / "systemd").glob("*.service")}
    assert len(found) == 4
    server = found["dentalization-server.service"]
    assert {"SystemCallFilter=@system-service", "CapabilityBoundingSet=", "UMask=0077"} <= set(server)
    assert all(lines == server for lines in found.values())


def test_the_container_file_copies_what_exists_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    assert re.search(r"^USER dentalization$", text, re.MULTILINE)
    (words,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert problem(" ".join(["dentalization", *json.loads(words)])) == ""
    for variable in re.findall(r"\b(DENTALIZATION_\w+)=", text):
        assert variable in VARIABLES


@pytest.mark.parametrize("context", [ROOT, DEPLOY], ids=["program", "pgbouncer"])
def test_an_engine_is_sent_what_the_image_copies_and_no_secret(context: Path) -> None:
    """Everything is left out but what is named, so that a new file with a secret is left out too."""
    file = DEPLOY / ("Containerfile" if context == ROOT else "Containerfile.pgbouncer")
    lines = [line for line in (context / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    text = file.read_text().replace("\\\n", " ")
    copied = {source for words in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
              for source in words.split()}  # fmt: skip
    assert copied == sent


def test_every_setting_that_a_document_names_exists() -> None:
    for path in [*DOCUMENTS, *DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.service")]:
        for variable in re.findall(r"\bDENTALIZATION_[A-Z_]+\b", path.read_text()):
            known = variable in VARIABLES or any(name.startswith(variable) for name in VARIABLES)
            assert known or variable.startswith(("DENTALIZATION_TEST", "DENTALIZATION_STORM")), path.name


def test_the_login_of_the_program_is_not_named_as_a_group() -> None:
    """'db migrate' makes the login a member of the group: of itself PostgreSQL lets nobody be one."""
    text = (DEPLOY.parent / "docs/how-to/first-deployment.md").read_text()
    logins = set(re.findall(r"^DATABASE_URL\w*=postgresql://(\w+):", text, re.MULTILINE))
    assert len(logins) == 1
    assert not logins & {APP_ROLE, SERVICE_ROLE}
    assert f'"{logins.pop()}" "%s"' in text, "PgBouncer knows the same login"
