"""Which release this is, and which schema it needs: what an operator asks first."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typer.testing import CliRunner

from dentalization.cli.main import app
from dentalization.ops import migrations


def test_version_names_the_release_and_its_schema() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    said = CliRunner().invoke(app, ["--version"])
    assert said.exit_code == 0
    assert said.output == f"dentalization {project['version']}, schema {migrations.newest_revision()}\n"
