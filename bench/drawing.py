"""Lines on two logarithmic axes, as SVG text."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 720, 460, 70
COLOURS = ("#1f77b4", "#9ecae1", "#d62728", "#ff9896", "#2ca02c", "#98df8a")


class Line(NamedTuple):
    """Points with x and y above 0."""

    title: str
    points: Sequence[tuple[float, float]]


class _Axis(NamedTuple):
    """From 10**low to 10**high, laid on the pixels between two ends."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        low = floor(log10(min(values)))
        return cls(low, max(low + 1, ceil(log10(max(values)))), start, end)

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def drawn(title: str, lines: Sequence[Line]) -> str:
    """The whole drawing."""
    across = _Axis.over([x for line in lines for x, _ in line.points], MARGIN, WIDTH - MARGIN)
    up = _Axis.over([y for line in lines for _, y in line.points], HEIGHT - MARGIN, MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="15">{escape(title)}</text>',
        *_grid(across, up),
    ]
    for place, line in enumerate(lines):
        parts += _line(line, across, up, place)
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: _Axis, up: _Axis) -> list[str]:
    found = []
    for power in range(across.low, across.high + 1):
        x = across.at(10.0**power)
        found.append(_ruled((x, up.start), (x, up.end)))
        found.append(
            _written(x, up.start + 18, f"{10**power:,}" if power >= 0 else f"{10.0**power:g}")
        )
    for power in range(up.low, up.high + 1):
        y = up.at(10.0**power)
        found.append(_ruled((across.start, y), (across.end, y)))
        found.append(_written(across.start - 32, y + 4, f"{10.0**power:,g}"))
    return found


def _ruled(a: tuple[float, float], b: tuple[float, float]) -> str:
    ends = f'x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"'
    return f'<line {ends} stroke="#ddd"/>'


def _written(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _line(line: Line, across: _Axis, up: _Axis, place: int) -> list[str]:
    colour = COLOURS[place % len(COLOURS)]
    points = [(across.at(x), up.at(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{told[1]:,.4g}</title></circle>'
        for (x, y), told in zip(points, line.points, strict=True)
    ]
    legend = f'<text x="{MARGIN + 8}" y="{MARGIN + 16 * (place + 1)}" fill="{colour}">'
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *marks,
        f"{legend}{escape(line.title)}</text>",
    ]
