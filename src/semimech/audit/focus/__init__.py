"""Focus: how a learner of one series fares as data from outside it are added."""

from semimech.audit.focus.control import Matched, matched
from semimech.audit.focus.gains import Estimate, Gains, curves, gains, verdict
from semimech.audit.focus.kernel import Kernel
from semimech.audit.focus.learner import Learner, Predictions, Task
from semimech.audit.focus.neighbours import Neighbours
from semimech.audit.focus.pool import Pool
from semimech.audit.focus.scikit import Scikit
from semimech.audit.focus.surface import Protocol, Surface, measure
from semimech.audit.focus.theory import Theory, theory

__all__ = [
    "Estimate",
    "Gains",
    "Kernel",
    "Learner",
    "Matched",
    "Neighbours",
    "Pool",
    "Predictions",
    "Protocol",
    "Scikit",
    "Surface",
    "Task",
    "Theory",
    "curves",
    "gains",
    "matched",
    "measure",
    "theory",
    "verdict",
]
