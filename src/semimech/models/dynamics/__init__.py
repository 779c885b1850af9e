"""Models of time courses: laws, their loss, how they are fitted, and the evidence for each edge."""

from semimech.models.dynamics.estimator import CellBoxCourses, NeuralCourses, NeuralCoursesWithoutTerm
from semimech.models.dynamics.fitted import FittedCourses
from semimech.models.dynamics.fitted_states import FittedStates

__all__ = ["CellBoxCourses", "FittedCourses", "FittedStates", "NeuralCourses", "NeuralCoursesWithoutTerm"]
