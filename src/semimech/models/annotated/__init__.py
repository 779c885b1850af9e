"""The annotation-informed CellBox law: perturbations act through what is known of them."""

from semimech.models.annotated.estimator import AnnotatedCellBox, AnnotatedWithoutNetwork, PermutedAnnotation
from semimech.models.annotated.fitted import FittedAnnotated

__all__ = ["AnnotatedCellBox", "AnnotatedWithoutNetwork", "FittedAnnotated", "PermutedAnnotation"]
