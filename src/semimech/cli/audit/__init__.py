"""`semimech audit`: may bioactivities of many sources be pooled for one chemical series?"""

from __future__ import annotations

from cyclopts import App

# name -> what it does; each is the function of that name in semimech/cli/audit/<name>.py, imported when it is called.
COMMANDS = {
    "run": "Do all of the following for one series and write a report of what follows.",
    "check": "Say what is in a table of bioactivities, and what is wrong or doubtful in it.",
    "simulate": "Simulate a table of bioactivities with a known truth.",
    "graph": "Say what the causal graph lets the data tell, and by adjusting for what.",
    "focus": "Measure whether data from outside a series help its learner or harm it.",
    "conflict": "Compare what each feature of structure does in a series and outside it.",
    "mechanisms": "Seek laws of structure of their own, where no mechanism is labelled.",
    "confounding": "Score chemistry beside a model that sees only where compounds were measured.",
}

audit = App(name="audit", help="Whether bioactivities of many sources may be pooled for one chemical series.")
for _name, _sentence in COMMANDS.items():
    audit.command(f"semimech.cli.audit.{_name}:{_name}", name=_name, help=_sentence)
