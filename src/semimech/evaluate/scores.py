"""The score cards: each a definition, what it needs, and where it comes from. All of them, in one tuple."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semimech.evaluate import summaries as s
from semimech.evaluate.reference import CELLS, EFFECTS, ERRORS, FALSE_DISCOVERY_RATE, TABLES

Family = Literal["control-referenced", "calibrated", "cells"]
Step = Literal["spearman-brown", "halved", "none"]


@dataclass(frozen=True)
class ScoreCard:
    """How well predicted effects x agree with observed effects y of conditions p and features g.

    `summarise(reference, predicted)` gives sums over each condition (conditions x k), `reduce(sums)` the value of
    any sum of them, so that a bootstrap over conditions is one matrix product. `best` is the value of a perfect
    prediction. `needs` is one of the things a reference may provide. `step`: how the score of half the rows against
    the other half becomes that of all rows against as many, see `ceiling_of`. `margin`: a difference up to this is of
    no consequence, however sure; 0 where the score has the unit of the data.
    """

    name: str
    title: str
    equation: str
    best: float
    higher_is_better: bool
    family: Family
    needs: str
    reference: str
    summarise: s.Summarise
    reduce: s.Reduce
    step: Step = "none"
    margin: float = 0.002

    @property
    def sign(self) -> int:
        """+1 where higher is better, else -1."""
        return 1 if self.higher_is_better else -1


CONTROL: Family = "control-referenced"
CALIBRATED: Family = "calibrated"
STEPPED: Step = "spearman-brown"
HALVED: Step = "halved"
GEARS = "Roohani et al. 2024, doi:10.1038/s41587-023-01905-6"
CELLBOX = "Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013"
SCGEN = "Lotfollahi et al. 2019, doi:10.1038/s41592-019-0494-8"
SYSTEMA = "Viñas Torné et al. 2025, doi:10.1038/s41587-025-02777-8"
BENCHMARK = "Ahlmann-Eltze et al. 2025, doi:10.1038/s41592-025-02772-6"
CHALLENGE = "Roohani et al. 2025, doi:10.1016/j.cell.2025.06.008"
CHANGED = f"D: features of Welch's t-test at FDR {FALSE_DISCOVERY_RATE:g}; D': the same test with x in place of y"

SCORES: tuple[ScoreCard, ...] = (
    ScoreCard(
        "pearson", "Pearson correlation, pooled",
        "r = cov(x, y) / (sd(x) sd(y)) over all (p, g) together; 0 where x is constant",
        1, True, CONTROL, EFFECTS, CELLBOX, s.moments, s.pearson, STEPPED,
    ),
    ScoreCard(
        "pearson-conditions", "Pearson correlation within conditions",
        "mean over p of cov_g(x, y) / (sd_g(x) sd_g(y)); 0 where x is constant",
        1, True, CONTROL, EFFECTS, GEARS, s.averaged(s.moments, s.pearson), s.ratio, STEPPED,
    ),
    ScoreCard(
        "r2", "Coefficient of determination, pooled",
        "1 - sum (y - x)^2 / sum (y - mean y)^2 over all (p, g) together",
        1, True, CONTROL, EFFECTS, SCGEN, s.moments, s.r_squared,
    ),
    ScoreCard(
        "r2-conditions", "Coefficient of determination within conditions",
        "mean over p of 1 - sum_g (y - x)^2 / sum_g (y - mean_g y)^2",
        1, True, CONTROL, EFFECTS, SCGEN, s.averaged(s.moments, s.r_squared), s.ratio,
    ),
    ScoreCard(
        "cosine", "Cosine similarity within conditions",
        "mean over p of sum_g x y / sqrt(sum_g x^2 sum_g y^2); 0 where x is zero",
        1, True, CONTROL, EFFECTS, CHALLENGE, s.averaged(s.moments, s.cosine), s.ratio, STEPPED,
    ),
    ScoreCard(
        "nmse", "Error against no change",
        "sum (y - x)^2 / sum y^2; 1 is what 'no change' gets: nothing learnt",
        0, False, CONTROL, EFFECTS, BENCHMARK, s.moments, s.nmse, HALVED,
    ),
    ScoreCard(
        "mse", "Mean squared error",
        "mean over (p, g) of (y - x)^2",
        0, False, CONTROL, EFFECTS, GEARS, s.moments, s.mse, HALVED, 0,
    ),
    ScoreCard(
        "mae", "Mean absolute error",
        "mean over (p, g) of |y - x|",
        0, False, CONTROL, EFFECTS, CHALLENGE, s.absolute, s.ratio, margin=0,
    ),
    ScoreCard(
        "jaccard", f"Overlap of the {s.TOP} largest changes",
        f"mean over p of |X & Y| / |X | Y|, X and Y the {s.TOP} features of largest |x| and |y| that are not zero",
        1, True, CONTROL, EFFECTS, "Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x", s.top_jaccard, s.ratio,
    ),
    ScoreCard(
        "de-precision", "Changed features: precision",
        f"sum_p |D' & D| / sum_p |D'|; no value where nothing is claimed. {CHANGED}",
        1, True, CONTROL, ERRORS, CHALLENGE, s.changes, lambda sums: s.ratio(sums[..., [0, 1]]),
    ),
    ScoreCard(
        "de-recall", "Changed features: recall",
        f"sum_p |D' & D| / sum_p |D|. {CHANGED}",
        1, True, CONTROL, ERRORS, CHALLENGE, s.changes, lambda sums: s.ratio(sums[..., [0, 2]]),
    ),
    ScoreCard(
        "de-direction", "Changed features: direction",
        f"sum_p |{{g in D: sign x = sign y}}| / sum_p |D|. {CHANGED}",
        1, True, CONTROL, ERRORS, CHALLENGE, s.changes, lambda sums: s.ratio(sums[..., [3, 2]]),
    ),
    ScoreCard(
        "de-reach", "Changed features: how far the change is reached",
        f"sum over p, g in D of min(|y|, max(0, x sign y)) / sum over p, g in D of |y|. {CHANGED}",
        1, True, CONTROL, ERRORS, "defined here", s.reach, s.ratio,
    ),
    ScoreCard(
        "centred-pearson", "Pearson correlation beyond the mean response, pooled",
        "r of x - m and y - m over all (p, g), m_g the mean training effect; 0 where x - m is constant",
        1, True, CALIBRATED, EFFECTS, SYSTEMA, s.centred_moments, s.pearson, STEPPED,
    ),
    ScoreCard(
        "centred-pearson-conditions", "Pearson correlation beyond the mean response, within conditions",
        "mean over p of r of x - m and y - m over g, m_g the mean training effect; 0 where x - m is constant",
        1, True, CALIBRATED, EFFECTS, SYSTEMA, s.averaged(s.centred_moments, s.pearson), s.ratio, STEPPED,
    ),
    ScoreCard(
        "centred-r2", "Coefficient of determination beyond the mean response, pooled",
        "1 - sum (y - x)^2 / sum (z - mean z)^2 over all (p, g), z = y - m, m_g the mean training effect",
        1, True, CALIBRATED, EFFECTS, SYSTEMA, s.centred_moments, s.r_squared,
    ),
    ScoreCard(
        "centred-r2-conditions", "Coefficient of determination beyond the mean response, within conditions",
        "mean over p of 1 - sum_g (y - x)^2 / sum_g (z - mean_g z)^2, z = y - m, m_g the mean training effect",
        1, True, CALIBRATED, EFFECTS, SYSTEMA, s.averaged(s.centred_moments, s.r_squared), s.ratio,
    ),
    ScoreCard(
        "pds", "Perturbation discrimination",
        "mean over p of 1 - k / (n - 1), k of the n conditions q judged nearer than p (cos(x_p, y_q) > cos(x_p, y_p)); "
        "ties count half; the targets of all perturbations are left out; .5 is chance",
        1, True, CALIBRATED, EFFECTS, f"{CHALLENGE}; Wu et al. 2024, arXiv:2408.10609", s.discrimination, s.ratio,
    ),
    ScoreCard(
        "nmse-corrected", "Error against no change, freed of measurement noise",
        "sum ((y - x)^2 - s^2) / sum (y^2 - s^2), s the standard error of y; no value where y is nothing but noise",
        0, False, CALIBRATED, ERRORS, "defined here", s.noise_corrected, s.ratio, HALVED,
    ),
    ScoreCard(
        "wmse", "Error where the response is specific",
        "mean over p of sum_g w (y - x)^2 / sum_g w, w = (y - m)^2, m_g the mean training effect",
        0, False, CALIBRATED, EFFECTS, "after Mejia et al. 2025, arXiv:2506.22641", s.weighted_error, s.ratio, margin=0,
    ),
    ScoreCard(
        "feature-pearson", "Pearson correlation over conditions, by feature",
        "mean over g of cov_p(x, y) / (sd_p(x) sd_p(y)); 0 where x_g is constant",
        1, True, CALIBRATED, TABLES, CELLBOX, s.by_feature, s.feature_pearson, STEPPED,
    ),
    ScoreCard(
        "feature-centred-pearson", "Pearson correlation with every feature centred, pooled",
        "r of x - mean_p x and y - mean_p y over all (p, g) together; 0 where x does not vary over p",
        1, True, CALIBRATED, TABLES, CELLBOX, s.by_feature, s.feature_centred_pearson, STEPPED,
    ),
    ScoreCard(
        "e-distance", "E-distance of cells",
        "mean over p of 2 E|a - b| - E|a - a'| - E|b - b'|, a: training control cells of p's batches + x_p, "
        "b: test cells of p",
        0, False, "cells", CELLS, "Peidli et al. 2024, doi:10.1038/s41592-023-02144-y", s.e_distance, s.ratio, margin=0,
    ),
    ScoreCard(
        "wasserstein", "Wasserstein distance of cells",
        "mean over p, g of W1(a, b) = mean_i |a_(i) - b_(i)|, a: training control cells of p's batches + x_p, "
        "b: test cells of p",
        0, False, "cells", CELLS, "Chevalley et al. 2022, arXiv:2210.17283", s.wasserstein, s.ratio, margin=0,
    ),
)  # fmt: skip
