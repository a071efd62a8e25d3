"""Commands as documents and units name them, held against those that the program has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from dentalization.cli.main import app

_ROOT = typer.main.get_command(app)
_INLINE = re.compile(r"`(dentalization(?: [^`]*)?)`")
_IN_BLOCK = re.compile(r"(?:^|[(&|;]|\b[A-Z_]+=\S*)\s*(?:\S*/)?(dentalization (?:[^#\n&|>)]*))")
_QUOTED = re.compile(r"'(dentalization [^']*)'")


def named(text: str) -> Iterator[str]:
    """Every command of ours in Markdown, in comments of rules, and in lines of a shell."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines() if language in ("", "sh") else ():
            code = line.split(" #")[0]
            yield from (found.strip() for found in _IN_BLOCK.findall(code))
    yield from _INLINE.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    yield from _QUOTED.findall(text)


def problem(command: str) -> str:
    """What is wrong with it; '' for one that exists with all its options."""
    words = shlex.split(command.replace("…", " "), comments=True)[1:]
    found: Any = _ROOT
    while hasattr(found, "commands") and words and not words[0].startswith("-"):
        child = found.commands.get(words[0])
        if child is None:
            return f"'{command}': there is no '{words[0]}'"
        found, words = child, words[1:]
    known = {"--help", *(option for one in found.params for option in (*one.opts, *one.secondary_opts))}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    return f"'{command}': there is no '{unknown[0]}'" if unknown else ""
