"""What every report is made of: a template, its style, and figures that stand in the page and beside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from semimech.plot.style import inlined, save

LARGEST_SVG = 500_000  # characters; a figure with more is embedded as a picture, so that the page stays small


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure for one section of the report; `name` is its file name."""

    section: str
    name: str
    title: str
    caption: str
    figure: Figure


def template(name: str) -> Any:
    """The template of that file name."""
    # Autoescape: every name comes from somebody's data. StrictUndefined: a forgotten value is an error, not a blank.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource(name))


def resource(name: str) -> str:
    """The text of a file beside this one."""
    return files("semimech.report").joinpath(name).read_text(encoding="utf-8")


def placed(folder: Path, drawn: Drawn) -> dict[str, Any]:
    """Save a figure as SVG and PNG in `folder`/figures, and make the element that stands in the page."""
    svg, png = save(drawn.figure, folder / "figures" / drawn.name)
    width = drawn.figure.get_size_inches()[0] * 100
    if len(svg) > LARGEST_SVG:
        image = embedded(png, "png", drawn.title, width)
    else:
        image = Markup(inlined(svg, drawn.name, drawn.title, width))
    return {
        "section": drawn.section,
        "name": drawn.name,
        "title": drawn.title,
        "caption": drawn.caption,
        "image": image,
    }


def embedded(picture: bytes, kind: str, title: str, width: float) -> Markup:
    """A picture (kind png or svg+xml) as an element that holds it, at most `width` pixels wide."""
    source = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
    return Markup('<img alt="{}" style="max-width:{:.0f}px" src="{}">').format(title, width, source)
