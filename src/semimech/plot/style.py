"""One look for every figure: readable from the back of a room, and with colour-blind eyes."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from semimech.support.files import replacing

# Okabe and Ito 2008, the palette that all kinds of colour vision tell apart.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
INK, GREY, PALE, PAPER = "#1F2933", "#7B8794", "#E4E7EB", "#FFFFFF"
MODEL, BASELINE, CEILING = BLUE, GREY, "#BFE3D5"
POSITIVE, NEGATIVE = BLUE, VERMILION
DIVERGING = LinearSegmentedColormap.from_list("vermilion-white-blue", [VERMILION, "#F7B58A", PAPER, "#8CC3E3", BLUE])

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12.5,
    "axes.titlesize": 13.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 12.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 11.5,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "figure.facecolor": PAPER,
    "figure.dpi": 100,
    "svg.fonttype": "path",  # the same in every browser, whatever fonts it has
    "svg.hashsalt": "semimech",  # the same file for the same figure
    "text.parse_math": False,  # a name such as $x_1$ is a name
    "text.usetex": False,
    "axes.unicode_minus": True,
}

Arguments = ParamSpec("Arguments")


def styled(make: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Make a figure in the project's style, and leave matplotlib's settings as they were."""

    @functools.wraps(make)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(RC)
            figure = make(*args, **kwargs)
            figure.draw_without_rendering()  # ticks are made when drawn: make them in this style too
            figure.set_layout_engine("none")  # the layout is found: to find it again at each saving is half the time
        return figure

    return wrapped


def new_figure(width: float, height: float) -> Figure:
    """An empty figure (inches), bound to no window."""
    # The pads (inches) take up what one pass of the layout misjudges where axes keep their shape.
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def shortened(name: object, limit: int = 28) -> str:
    """A name short enough for an axis: the middle is left out, since names often differ at their ends."""
    text = " ".join(str(name).split())
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def to_svg(figure: Figure) -> str:
    """The figure as SVG text; the same figure gives the same text."""
    with mpl.rc_context(), io.StringIO() as text:
        mpl.rcParams.update(RC)
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, dpi=150)
        return text.getvalue()


def to_png(figure: Figure, dots_per_inch: int = 150) -> bytes:
    """The figure as a PNG picture."""
    with mpl.rc_context(), io.BytesIO() as picture:
        mpl.rcParams.update(RC)
        figure.savefig(picture, format="png", dpi=dots_per_inch)
        return picture.getvalue()


def save(figure: Figure, stem: Path) -> tuple[str, bytes]:
    """Write the figure as STEM.svg and STEM.png, each whole or not at all; gives what was written."""
    svg, png = to_svg(figure), to_png(figure)
    for kind, content in (("svg", svg.encode()), ("png", png)):
        with replacing(stem.with_name(f"{stem.name}.{kind}")) as beside:
            beside.write_bytes(content)
    return svg, png


def inlined(svg: str, prefix: str, label: str, width: float) -> str:
    """An SVG element to stand in a page at most `width` pixels wide; `prefix` keeps its ids apart from others'."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    opening, rest = svg.split(">", 1)
    # The viewBox keeps the shape; the page decides how wide it stands.
    opening = re.sub(r' (?:width|height)="[^"]*"', "", opening)
    title = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'{opening} role="img" aria-label="{title}" style="max-width:{width:.0f}px">{rest}'
