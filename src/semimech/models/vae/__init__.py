"""Perturbation VAEs for cells: SAMS, CRADLE and GPO as settings of one model beside a closed form."""

from semimech.models.vae.closed import ClosedForm
from semimech.models.vae.estimator import CradleVAE, GpoVAE, GpoVAEWithPrior, GpoVAEWithShuffledPrior, SamsVAE
from semimech.models.vae.fitted import FittedVAE
from semimech.models.vae.form import Form
from semimech.models.vae.relatives import Relatives
from semimech.models.vae.residual import Residual

__all__ = [
    "ClosedForm",
    "CradleVAE",
    "FittedVAE",
    "Form",
    "GpoVAE",
    "GpoVAEWithPrior",
    "GpoVAEWithShuffledPrior",
    "Relatives",
    "Residual",
    "SamsVAE",
]
