"""Models of time courses: laws, their loss, how they are fitted, and the evidence for each edge."""

from semimech.models.dynamics.estimator import CellBoxCourses, NeuralCourses, NeuralCoursesWithoutTerm
from semimech.models.dynamics.fitted import FittedCourses
from semimech.models.dynamics.fitted_states import FittedStates
from semimech.models.dynamics.production import Experiments, ProductionFit, fit_production
from semimech.models.dynamics.regulators import log_odds

__all__ = [
    "CellBoxCourses",
    "Experiments",
    "FittedCourses",
    "FittedStates",
    "NeuralCourses",
    "NeuralCoursesWithoutTerm",
    "ProductionFit",
    "fit_production",
    "log_odds",
]
