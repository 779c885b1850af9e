"""`semimech design plan`: which perturbations and controls go into which batches, and how many cells of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semimech.cli.output import OutFolder
from semimech.support.errors import UserError


def plan(
    config: Path,
    *,
    components: Path | None = None,
    out: Annotated[OutFolder, Parameter(name=("--out", "-o"))],
) -> None:
    """Plan the batches of a screen: perturbations, guides and controls, from variance components and costs.

    Parameters
    ----------
    config
        TOML file with batches, costs, perturbations and target; docs/design.md lists its sections.
    components
        components.json that semimech design components wrote of a pilot; else they stand in the TOML file.
    out
        Folder for the layout (CSV), its simulation (TOML), tables, pictures and report.html.
    """
    from semimech.cli.progress import progress_bar
    from semimech.design.planner.curve import trade_off
    from semimech.design.planner.plan import plan as plan_screen
    from semimech.design.planner.request import read_request
    from semimech.design.planner.words import sentences_of
    from semimech.design.planner.write import write_plan
    from semimech.report.design_plan import build_plan_report
    from semimech.support.progress import Steps

    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: give the name of a folder to --out.")
    request = read_request(config, components)
    with progress_bar(f"plan {request.name}") as bar:
        steps = Steps(bar, 2)
        done = plan_screen(request, steps.begin("layout"))
        curve = trade_off(done, steps.begin("trade-off"))
    paths = [*write_plan(done, curve, out), build_plan_report(done, curve, out)]
    for sentence in sentences_of(done):
        print(sentence)
    print(f"written  {paths[0]}, {', '.join(path.name for path in paths[1:])}")
