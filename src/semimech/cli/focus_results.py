"""What the commands that measure a focus write and print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semimech.audit.focus.found import Focus


def keep_focus(found: Focus, out: Path, *, figures: bool, thresholds: str = "threshold, p = -log10(M)") -> None:
    """Write surface.csv, focus.json and, if asked for, the curves and the surface (SVG and PNG)."""
    from semimech.support.files import write_json, write_text

    write_text(out / "surface.csv", found.curves.to_csv(index=False))
    write_json(out / "focus.json", found.as_dict())
    if figures:
        _draw(found, out, thresholds)


def _draw(found: Focus, out: Path, thresholds: str) -> None:
    from semimech.plot.focus import focus_curves, focus_surface
    from semimech.plot.style import save

    table = found.curves
    whole = table[table["outside"] == "all"]
    best = {one.reading: one.best for one in found.gains if one.threshold is None}
    save(focus_curves(whole, best, found.theory.fitted if found.theory else None), out / "curves")
    save(focus_surface(whole, thresholds), out / "surface")


def show_focus(found: Focus, out: Path) -> None:
    """Print the readings without outsiders, with N* and with all, and what they say."""
    surface = found.surface
    print(
        f"{surface.learner}: {len(surface.outer)} halvings of {sum(surface.sizes)} {found.rows}, up to "
        f"{surface.counts[-1]:,} outsiders, {len(surface.thresholds)} thresholds"
    )
    print(f"{'reading':<16} {'none':>6} {'N*':>6} {'all':>6}   N*      focus gain A(N*) - A(all)   all - none")
    for one in found.gains:
        if one.threshold is None:
            gain, pooled = (f"{e.mean:+.3f} [{e.low:+.3f}, {e.high:+.3f}]" for e in (one.focus, one.pooling))
            scores = " ".join(f"{part.mean:6.3f}" for part in (one.none, one.chosen, one.all))
            print(f"{one.reading:<16} {scores}   {one.best:<7,.0f} {gain:<27} {pooled}")
    for sentence in found.sentences():
        print(sentence)
    print(f"written  {out}")
