"""Drawings of figures: plain SVG, readable on light and dark, with words for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_SIDE, _LEFT, _TOP, _LEGEND = 320, 56, 40, 190
# Okabe and Ito's colours for people who cannot tell red from green.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
_DASHES = ("", "6 3", "2 2", "8 3 2 3")


@dataclass(frozen=True, slots=True)
class Line:
    """A named curve through (x, y) in the chart's own units."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(
    title: str,
    description: str,
    lines: Sequence[Line],
    *,
    across: str,
    up: str,
    most_x: float = 1.0,
    diagonal: bool = False,
) -> str:
    """A chart of curves over 0 to `most_x`, up from 0 to 1; `diagonal` marks where both agree."""
    size = f"{_LEFT + _SIDE + _LEGEND} {_TOP + _SIDE + 60}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        'role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" font-weight="bold" fill="#111111">{escape(title)}</text>',
    ]
    for step in range(6):
        share = step / 5
        x, y = _place(share * most_x, share, most_x)
        parts.append(f'<path d="M{_LEFT} {y}h{_SIDE}M{x} {_TOP}v{_SIDE}" stroke="#dddddd" fill="none"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{share:.1f}", "end"))
        parts.append(_text(x, _TOP + _SIDE + 18, f"{share * most_x:g}", "middle"))
    if diagonal:
        parts.append(f'<path d="M{_LEFT} {_TOP + _SIDE}L{_LEFT + _SIDE} {_TOP}" stroke="#999999"/>')
    for index, line in enumerate(lines):
        parts += _curve(line, index, most_x)
    parts.append(_text(_LEFT + _SIDE / 2, _TOP + _SIDE + 42, across, "middle"))
    middle = _TOP + _SIDE / 2
    parts.append(f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, up, "middle")}</g></svg>\n')
    return "".join(parts)


def _curve(line: Line, index: int, most_x: float) -> list[str]:
    colour = _COLOURS[index % len(_COLOURS)]
    dash = _DASHES[index // len(_COLOURS) % len(_DASHES)]
    inside = [_place(min(x, most_x), y, most_x) for x, y in line.points]
    path = "L".join(f"{x:g} {y:g}" for x, y in inside)
    drawn = f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    y = _TOP + 14 + 20 * index
    x = _LEFT + _SIDE + 14
    key = f'<path d="M{x} {y - 4}h22" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    return [drawn if inside else "", key, _text(x + 28, y, line.name, "start")]


def _place(x: float, y: float, most_x: float) -> tuple[float, float]:
    return round(_LEFT + _SIDE * x / most_x, 1), round(_TOP + _SIDE * (1 - y), 1)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="#333333">{escape(words)}</text>'
