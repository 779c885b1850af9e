"""Models of time courses: laws, their loss, how they are fitted, and the evidence for each edge."""

from semimech.models.dynamics.estimator import CellBoxCourses, NeuralCourses
from semimech.models.dynamics.fitted import FittedCourses

__all__ = ["CellBoxCourses", "FittedCourses", "NeuralCourses"]
