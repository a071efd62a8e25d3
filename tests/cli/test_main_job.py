"""The main job through the real program, and its commands."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.program import COMMAND, V1, Running, demo_program, free_port, serve

from dentalization.accounts import totp
from dentalization.vision.drawing import draw_panoramic

pytestmark = pytest.mark.xdist_group("program")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with demo_program(tmp_path_factory.mktemp("main-job")) as found:
        yield found


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("folder", "kind"), [("panoramic/valid", "panoramic"), ("intraoral/images", "intraoral")]
)
def test_photo_analysis_review_history(running: Running, test_data: Path, folder: str, kind: str) -> None:
    picture = sorted((test_data / folder).glob("*.jpg"))[0]
    patient = running.sign_in("patient@example.com", "patient123")
    answer = running.client.post(
        f"{V1}/photos", headers=patient, files={"file": picture.read_bytes()}, data={"photoType": kind}
    )
    assert answer.status_code == 201, answer.text
    photo = answer.json()
    assert running.client.get(photo["photoUrl"]).headers["content-type"].startswith("image/")

    made = running.client.post(
        f"{V1}/diagnoses", headers={**patient, "Prefer": "wait=25"}, json={"photoId": photo["id"]}
    )
    assert made.status_code == 201, made.text
    diagnosis = made.json()
    if kind == "panoramic":
        assert diagnosis["metadata"]["model"] == "panoramic"
        assert diagnosis["detections"]
    elif diagnosis["metadata"]["model"] is None:
        assert diagnosis["diagnosis"] == "No AI model for this kind of picture; a dentist will look."
        assert diagnosis["detections"] == []
    for found in diagnosis["detections"]:
        box = found["location"]
        assert box["x"] + box["width"] <= photo["metadata"]["width"] + 1
        assert box["y"] + box["height"] <= photo["metadata"]["height"] + 1

    dentist = running.sign_in("doctor@dentalization.com", "doctor123")
    queued: list[str] = []
    after = None
    while True:
        parameters = {"status": "PENDING", "limit": 100, **({"after": after} if after else {})}
        page = running.client.get(f"{V1}/diagnoses", headers=dentist, params=parameters).json()
        queued += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert diagnosis["id"] in queued
    path = f"{V1}/diagnoses/{diagnosis['id']}"
    assert running.client.post(f"{path}/claim", headers=dentist).status_code == 200
    corrected = [
        {"condition": "filling", "confidence": 1.0, "location": {"x": 5, "y": 6, "width": 7, "height": 8}}
    ]
    decided = running.client.post(
        f"{path}/review",
        headers=dentist,
        json={"decision": "CONFIRMED", "notes": "one filling", "detections": corrected},
    )
    assert decided.status_code == 200, decided.text
    history = running.client.get(f"{V1}/diagnoses?limit=5", headers=patient).json()["items"]
    mine = next(item for item in history if item["id"] == diagnosis["id"])
    assert (mine["status"], mine["notes"]) == ("CONFIRMED", "one filling")
    whole = running.client.get(path, headers=patient).json()
    assert whole["reviewedDetections"] == corrected
    assert whole["detections"] == diagnosis["detections"]


def run(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=running.environment, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(300)
def test_commands_speak_json_and_by_exit_code(running: Running) -> None:
    status = run(running, "db", "status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["upToDate"] is True
    assert run(running, "db", "nonsense").returncode == 2
    made = run(running, "users", "create-admin", "new@example.com", "--password", "long enough", "--json")
    assert json.loads(made.stdout) == {"email": "new@example.com"}
    again = run(running, "users", "create-admin", "new@example.com", "--password", "long enough")
    assert again.returncode == 1
    assert "already" in again.stderr
    assert "Traceback" not in again.stderr
    headers = running.sign_in("new@example.com", "long enough")
    secret = running.client.post(f"{V1}/me/factors/totp", headers=headers).json()["secret"]
    code = totp.code_at(base64.b32decode(secret), totp.step_at(time.time()))
    path = f"{V1}/me/factors/totp/confirmation"
    assert running.client.post(path, headers=headers, json={"code": code}).status_code == 200
    login = {"email": "new@example.com", "password": "long enough"}
    assert running.client.post(f"{V1}/auth/login", json=login).json()["title"] == "second-factor-needed"
    reset = run(running, "users", "reset-factors", "New@example.com", "--json")
    assert json.loads(reset.stdout) == {"email": "new@example.com"}
    running.sign_in("new@example.com", "long enough")
    assert run(running, "users", "reset-factors", "nobody@example.com").returncode == 1
    url = run(running, "db", "url", "--json")
    assert json.loads(url.stdout)["url"].startswith("postgresql://dentalization_app_login")


def test_nothing_outside_the_home_and_nothing_secret_in_the_log(running: Running) -> None:
    running.sign_in("patient@example.com", "patient123")  # else the log may still be empty of requests
    # Below the logins of the demo, which are printed on purpose, there is one JSON object a line.
    log = "\n".join(line for line in running.log.read_text().splitlines() if line.startswith("{"))
    assert '"event": "request"' in log
    home = Path(running.environment["DENTALIZATION_HOME"])
    for secret in ("app.password", "secret.key"):
        assert (home / secret).stat().st_mode & 0o077 == 0
        assert (home / secret).read_text() not in log
    for password in ("wait=25", "one filling", "patient123"):
        assert password not in log


@pytest.mark.timeout(240)
def test_an_embedded_database_that_has_ended_is_started_again(running: Running) -> None:
    """By the server that needs it: nobody else would."""
    home = Path(running.environment["DENTALIZATION_HOME"])
    before = postmaster(home)
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while postmaster(home) in (before, 0) or running.client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, running.log.read_text()[-2000:]
        time.sleep(0.2)
    running.sign_in("patient@example.com", "patient123")


def postmaster(home: Path) -> int:
    """The process id of the embedded server; 0 where none is written down."""
    try:
        return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError):
        return 0


@pytest.mark.timeout(240)
def test_killed_and_started_again_everything_is_there(running: Running) -> None:
    """kill -9 of the server while it works; what was answered is found again."""
    patient = running.sign_in("patient@example.com", "patient123")
    answer = running.client.patch(f"{V1}/me/profile", headers=patient, json={"address": "Jl. Baru 1"})
    assert answer.status_code == 200
    running.process.kill()
    running.process.wait()
    again = serve(running.environment, free_port(), running.log)
    running.process, running.client, running.port = again.process, again.client, again.port
    me = running.client.get(f"{V1}/me", headers=patient).json()  # the same token: the same secret key
    assert me["patientProfile"]["address"] == "Jl. Baru 1"


def readme_block(language: str, contains: str) -> str:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return next(block for block in blocks if contains in block)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
def test_the_readmes_curl_commands_do_what_they_say(running: Running, tmp_path: Path) -> None:
    draw_panoramic(2).picture.save(tmp_path / "teeth.jpg")
    script = readme_block("sh", "API=").replace(":8000", f":{running.port}")
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=tmp_path,
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":"CONFIRMED"' in done.stdout
    history = json.loads(done.stdout[done.stdout.rindex('{"items"') :])
    assert history["items"][0]["notes"] == "The filling at 36 is sound."


def test_the_readmes_python_example_runs(running: Running, tmp_path: Path) -> None:
    url = json.loads(run(running, "db", "url", "--json").stdout)["url"]
    example = tmp_path / "example.py"
    example.write_text(readme_block("python", "DOCTORS_PATIENTS"))
    done = subprocess.run(
        [sys.executable, example],
        env={**running.environment, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "StatusCount" in done.stdout


@pytest.mark.timeout(240)
def test_a_new_key_is_taken_up_while_the_server_runs(running: Running) -> None:
    """The running server reads what the command has sealed, and seals with the new key itself."""
    patient = running.sign_in("patient@example.com", "patient123")

    def profile() -> dict[str, str]:
        found: dict[str, str] = running.client.get(f"{V1}/me", headers=patient).json()["patientProfile"]
        return found

    ring = Path(running.environment["DENTALIZATION_HOME"]) / "field.keys"
    old = ring.read_text().partition(":")[0]
    before = profile()
    assert before["allergies"] == "penicillin"
    first = json.loads(run(running, "db", "reseal", "--json").stdout)
    assert list(first["valuesByKey"]) == [old], "everything that this program wrote is sealed"
    assert (first["rows"], first["unsealed"]) == (0, 0)

    made = json.loads(run(running, "db", "new-key", "--json").stdout)["key"]
    assert ring.stat().st_mode & 0o077 == 0
    done = run(running, "db", "reseal", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["rows"] > 0
    assert document["current"] == made
    assert document["valuesByKey"] == {made: first["valuesByKey"][old]}
    assert document["unusedKeys"] == [old]

    assert profile() == before
    answer = running.client.patch(f"{V1}/me/profile", headers=patient, json={"medications": "aspirin"})
    assert answer.status_code == 200
    kept = [line for line in ring.read_text().splitlines() if not line.startswith(old)]
    ring.write_text("\n".join(kept) + "\n")
    assert profile()["medications"] == "aspirin"
    words = run(running, "db", "reseal").stdout
    assert f"values under the key {made} (current)" in words
    assert old not in words


def test_keys_of_the_environment_are_the_operators_to_change(running: Running) -> None:
    given = {**running.environment, "DENTALIZATION_FIELD_KEYS": "k1:" + "A" * 43 + "="}
    before = (Path(given["DENTALIZATION_HOME"]) / "field.keys").read_text()
    command = [*COMMAND, "db", "new-key", "--json"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert document["setting"].startswith(document["key"] + ":")
    assert (Path(given["DENTALIZATION_HOME"]) / "field.keys").read_text() == before
    for wrong in (given, {**given, "DENTALIZATION_FIELD_KEYS": "k1:short"}):
        done = subprocess.run(
            [*COMMAND, "db", "reseal"], env=wrong, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "key" in done.stderr
