"""`semimech causal`: a fitted network as a structural causal model, with the check that it may be one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from semimech.cli.output import OutFile
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.models.structural import Answer, StructuralModel

SHOWN = 8
SMALLEST = 1e-3  # of the largest: below it a node stays where it is, as far as an eye can tell


def causal(
    run: Path, *, model: str = "cellbox", member: int = 0, do: tuple[str, ...] = (), out: OutFile | None = None
) -> None:
    """Write a fitted network as a structural causal model, and ask it for interventions.

    Parameters
    ----------
    run
        The folder that `semimech run` wrote.
    model
        The CellBox model of the run that is wanted, such as cellbox or cellbox-courses.
    member
        The member of an ensemble, counted from 0: each is a model of its own.
    do
        An intervention as NODE=LEVEL or NODE=LEVEL,NODE=LEVEL; repeat for several. Without one, every condition that
        was learnt from is checked.
    out
        JSON file to write; export/MODEL.scm.json in the run folder if not given.
    """
    from semimech.cli.progress import progress_bar
    from semimech.export.structural import write_structural
    from semimech.models.cellbox.fitted import FittedCellBox
    from semimech.models.dynamics import FittedCourses
    from semimech.models.structural import interventions_of, structural_model
    from semimech.runs.folder import RunFolder
    from semimech.runs.pipeline import load_model

    folder = RunFolder.open(run)
    fitted = load_model(folder, model).model
    if not isinstance(fitted, FittedCellBox | FittedCourses):
        raise UserError(f"{model} is no CellBox model, so it has no equations of an ODE: give --model cellbox.")
    causal_model = structural_model(fitted, member)
    asked = [_levels(text) for text in do] or [{}, *interventions_of(fitted, fitted.seen)]
    answers = []
    with progress_bar("interventions") as monitor:
        for number, levels in enumerate(asked):
            monitor("checking", number, len(asked))
            answers.append(causal_model.do(levels))
    path = out or folder.path / "export" / f"{model}.scm.json"
    write_structural(causal_model, answers, path)
    print(_as_text(causal_model, answers, bool(do)))
    print(f"written  {path}")


def _levels(text: str) -> dict[str, float]:
    levels = {}
    for part in text.split(","):
        node, _, number = part.rpartition("=")
        try:
            levels[node.strip()] = float(number)
        except ValueError:
            raise UserError(f"--do {text} is no intervention: write NODE=LEVEL, as in AKT=-1.5.") from None
    return levels


def _as_text(model: StructuralModel, answers: list[Answer], is_asked: bool) -> str:
    valid = sum(answer.is_valid for answer in answers)
    lines = [
        f"{len(model.nodes) - len(model.exogenous):,} equations, {len(model.exogenous):,} exogenous nodes, contraction "
        f"{model.contraction:.2f}; {valid:,} of {len(answers):,} interventions have one attracting equilibrium"
    ]
    failed = [answer for answer in answers if not answer.is_valid]
    for answer in answers if is_asked else failed[:SHOWN]:
        lines.append(
            f"do({', '.join(f'{node} = {level:g}' for node, level in answer.levels.items())}): {answer.status}"
        )
        if answer.is_valid:
            named = [pair for pair in zip(model.nodes, answer.values, strict=True) if pair[0] not in answer.levels]
            least = SMALLEST * max(abs(value) for value in answer.values)
            moved = sorted((pair for pair in named if abs(pair[1]) > least), key=lambda pair: -abs(pair[1]))[:SHOWN]
            lines.append("  " + (", ".join(f"{node} {value:+.3g}" for node, value in moved) or "nothing else moves"))
    return "\n".join(lines)
