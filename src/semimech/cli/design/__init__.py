"""`semimech design`: which layout of batches shows the most, and what to perturb next."""

from __future__ import annotations

from cyclopts import App

# name -> what it does; each is the function of that name in semimech/cli/design/<name>.py, imported when it is called.
COMMANDS = {
    "components": "Tell the variance of cells, batches, their interactions and guides apart.",
    "plan": "Plan batches: which perturbations, guides and controls go where, and what that will show.",
    "next": "Rank untested conditions in batches, and say whether such an order pays.",
}

design = App(name="design", help="Which layout of batches shows the most, and what to perturb next.")
for _name, _sentence in COMMANDS.items():
    design.command(f"semimech.cli.design.{_name}:{_name}", name=_name, help=_sentence)
