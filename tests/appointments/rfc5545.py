"""A reader of iCalendar written from RFC 5545 alone: strict where the RFC is, and without our library."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# 3.1: name *(";" param) ":" value; a quoted parameter value holds neither a quotation mark nor a control.
_NAME = re.compile(r"[A-Za-z0-9-]+")
_QUOTED = re.compile(r'"([^"\x00-\x08\x0a-\x1f\x7f]*)"')
_BARE = re.compile(r'([^";:,\x00-\x08\x0a-\x1f\x7f]*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass
class Line:
    name: str
    value: str
    parameters: dict[str, list[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """3.3.11: a TEXT, in which nothing that must be escaped stands by itself."""
        rest = _ESCAPED.sub("", self.value)
        assert not re.search(r"[\\;,]", rest), self.value
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass
class Component:
    name: str
    lines: list[Line] = field(default_factory=list)
    inner: list[Component] = field(default_factory=list)

    def one(self, name: str) -> Line:
        [found] = [line for line in self.lines if line.name == name]
        return found


def read(data: bytes) -> Component:
    """The one VCALENDAR in ``data``; an AssertionError for whatever the RFC forbids."""
    assert data.endswith(b"\r\n")
    physical = data[:-2].split(b"\r\n")
    for line in physical:
        assert len(line) <= 75, line  # octets, without the line break
        assert b"\n" not in line
        assert b"\r" not in line
    unfolded = data[:-2].replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode("utf-8")
    open_: list[Component] = []
    found: list[Component] = []
    for text in unfolded.split("\r\n"):
        line = _line(text)
        if line.name == "BEGIN":
            open_.append(Component(line.value))
        elif line.name == "END":
            done = open_.pop()
            assert done.name == line.value
            (open_[-1].inner if open_ else found).append(done)
        else:
            open_[-1].lines.append(line)
    assert not open_
    [calendar] = found
    assert calendar.name == "VCALENDAR"
    return calendar


def _line(text: str) -> Line:
    name = _NAME.match(text)
    assert name, text
    place, parameters = name.end(), {}
    while text[place] == ";":
        key = _NAME.match(text, place + 1)
        assert key
        assert text[key.end()] == "="
        place, values = key.end(), []
        while text[place] in "=,":
            value = _QUOTED.match(text, place + 1) or _BARE.match(text, place + 1)
            assert value
            values.append(value[1])
            place = value.end()
        parameters[key[0].upper()] = values
    assert text[place] == ":", text
    value = text[place + 1 :]
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value), text
    return Line(name[0].upper(), value, parameters)
