"""Every model by name: the baselines that are always fitted, and the models to be judged beside them."""

from __future__ import annotations

from semimech.data.screen import Screen
from semimech.models.annotated import AnnotatedCellBox, AnnotatedWithoutNetwork, PermutedAnnotation
from semimech.models.base import Estimator
from semimech.models.baselines import BASELINES
from semimech.models.cellbox import CellBox, CellBoxWithoutNetwork, CellBoxWithPrior, CellBoxWithShuffledPrior
from semimech.models.combinations import Combinations
from semimech.models.composition import Composition
from semimech.models.dynamics import CellBoxCourses, NeuralCourses, NeuralCoursesWithoutTerm
from semimech.models.effects import EffectEstimator
from semimech.models.hybrid import Hybrid
from semimech.models.knowledge import is_informed
from semimech.models.scm import LinearSCM
from semimech.models.vae import CradleVAE, GpoVAE, GpoVAEWithPrior, GpoVAEWithShuffledPrior, SamsVAE

MODELS: tuple[Estimator, ...] = (
    CellBox(),
    CellBoxWithoutNetwork(),
    CellBoxWithPrior(),
    CellBoxWithShuffledPrior(),
    AnnotatedCellBox(),
    AnnotatedWithoutNetwork(),
    PermutedAnnotation(),
    LinearSCM(),
    EffectEstimator(),
    Combinations(),
    Composition(),
    Hybrid(),
    CellBoxCourses(),
    NeuralCourses(),
    NeuralCoursesWithoutTerm(),
    SamsVAE(),
    CradleVAE(),
    GpoVAE(),
    GpoVAEWithPrior(),
    GpoVAEWithShuffledPrior(),
)

# Models that are told of an edge table, and the model they are without it.
WITH_PRIOR = {
    model.name: model.name.removesuffix("-prior").removesuffix("-shuffled")
    for model in MODELS
    if getattr(model, "needs_prior", False)
}

__all__ = ["BASELINES", "MODELS", "WITH_PRIOR", "suits"]


def suits(estimator: Estimator, screen: Screen) -> bool:
    """Baselines that live on annotations are fitted only where the screen has some."""
    return not getattr(estimator, "needs_annotation", False) or is_informed(screen)
