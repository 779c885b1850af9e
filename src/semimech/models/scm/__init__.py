"""The linear interventional SCM: options, what a fit becomes, and its law in closed form."""

from semimech.models.scm.estimator import LinearSCM
from semimech.models.scm.fitted import FittedSCM
from semimech.models.scm.law import Law

__all__ = ["FittedSCM", "Law", "LinearSCM"]
