"""One look for every figure, and its way to SVG and PNG bytes that are the same for the same input.

A colour is a role with a light and a dark value. In a page the SVG is inline, so its colours become CSS variables that
follow the reader's theme; anywhere else the light values stand. Text stays text: it can be selected, read aloud and
set in the page's font. No date, no tool name and no random id is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from PIL import Image

# Contrast with the page (white; #151c22): text at least 4.5 to 1, marks at least 3 to 1; tests measure it.
LIGHT = {
    "ink": "#1d2a33",
    "muted": "#51606b",
    "grid": "#d9e0e4",
    "paper": "#ffffff",
    "first": "#0f6b6b",
    "second": "#b3500f",
    "third": "#6a4c9c",
    "soft": "#e3eeee",
}
DARK = {
    "ink": "#e8eef2",
    "muted": "#a9b7c1",
    "grid": "#36444e",
    "paper": "#1b242b",
    "first": "#5cc4bd",
    "second": "#f2a566",
    "third": "#bda7ee",
    "soft": "#24393b",
}
SERIES = ("first", "second", "third", "muted")
LINES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
MARKERS = ("o", "s", "^", "D")
FONT = 13.0
WIDE = (720.0, 360.0)
NARROW = (290.0, 300.0)
POINTS = 72.0

_RC: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ot_eval",
    "font.family": "DejaVu Sans",  # for measuring; the page sets its own
    "font.size": FONT,
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.labelcolor": LIGHT["ink"],
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "path.simplify": False,
}


@contextmanager
def style() -> Iterator[None]:
    """Set the look inside the block only; nothing of matplotlib's global state is left changed."""
    with mpl.rc_context():
        mpl.rcdefaults()
        parameters: Any = mpl.rcParams
        parameters.update(_RC)
        yield


def canvas(size: tuple[float, float], *, fitted: bool = True) -> Canvas:
    """Return an empty figure of a size in points, which are the units of its SVG; `fitted` makes room for labels."""
    return Canvas(figsize=(size[0] / POINTS, size[1] / POINTS), dpi=POINTS, layout="constrained" if fitted else None)


def svg(draw: Callable[[tuple[float, float]], Canvas], size: tuple[float, float], name: str) -> str:
    """Return a drawing as SVG markup to be put inside a page.

    Parameters
    ----------
    draw : makes the figure for a size
    size : width and height in points
    name : goes before every id, so that two figures on a page share none
    """
    with style():
        figure = draw(size)
        FigureCanvasSVG(figure)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _inline(stream.getvalue().decode("utf-8"), name)


COLOURS = 128
"""Colours of a picture for Word: nothing drawn here needs more, and a report must go by e-mail."""


def png(draw: Callable[[tuple[float, float]], Canvas], size: tuple[float, float], dpi: int = 150) -> bytes:
    """Return a drawing as PNG bytes on white, without metadata, for Word."""
    with style():
        figure = draw(size)
        FigureCanvasAgg(figure)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    few = Image.open(stream).convert("RGB").quantize(COLOURS)
    small = io.BytesIO()
    few.save(small, format="PNG", optimize=True)
    return small.getvalue()


_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TAG = re.compile(r"<[^>]*>")


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _inline(text: str, name: str) -> str:
    """Turn a whole SVG file into markup for a page: no prologue, own ids, the page's font and colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"/>', "", text)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{name}-\2"', text)
    text = re.sub(r' (?:xmlns:xlink|version)="[^"]*"', "", text, count=2)
    text = _TAG.sub(lambda tag: _NUMBER.sub(_shorter, tag[0]), text)  # a number that is text keeps its digits
    text = re.sub(r"font-family: [^;\"]*; ", "", text)
    text = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", text)
    text = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", text)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)  # it would style the whole page
    for role, colour in LIGHT.items():
        text = text.replace(colour, f"var(--fig-{role}, {colour})")
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1)
    return re.sub(r"\n\s*", "\n", text).strip()
