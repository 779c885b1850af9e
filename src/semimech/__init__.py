"""From a perturbation screen to a mechanistic model you can trust, and to the next experiment.

Public names are imported on first use: `import semimech` itself loads no JAX and touches no files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semimech.data.check import check_screen as check_screen
    from semimech.data.condition import Condition as Condition
    from semimech.data.condition import Perturbation as Perturbation
    from semimech.data.effects import Effects as Effects
    from semimech.data.effects import effects_of as effects_of
    from semimech.data.network import Network as Network
    from semimech.data.options import ReadOptions as ReadOptions
    from semimech.data.protocol import Phase as Phase
    from semimech.data.protocol import Protocol as Protocol
    from semimech.data.protocol import read_protocols as read_protocols
    from semimech.data.readers import read_screen as read_screen
    from semimech.data.screen import Screen as Screen
    from semimech.data.splits import Split as Split
    from semimech.data.splits import split_screen as split_screen
    from semimech.design.components import Components as Components
    from semimech.design.contrasts import contrast_variance as contrast_variance
    from semimech.design.estimate import components_of as components_of
    from semimech.design.layout import Layout as Layout
    from semimech.design.next.ranking import rank_next as rank_next
    from semimech.design.next.surrogate import surrogate_of as surrogate_of
    from semimech.evaluate.assumptions import assumptions_of as assumptions_of
    from semimech.evaluate.evidence import EdgeEvidence as EdgeEvidence
    from semimech.evaluate.evidence import edge_evidence as edge_evidence
    from semimech.evaluate.interactions import interactions_of as interactions_of
    from semimech.evaluate.interventions import score_network as score_network
    from semimech.evaluate.judge import judge as judge
    from semimech.evaluate.scores import SCORES as SCORES
    from semimech.models.base import Prediction as Prediction
    from semimech.models.baselines import BASELINES as BASELINES
    from semimech.models.cellbox import CellBox as CellBox
    from semimech.models.combinations import Combinations as Combinations
    from semimech.models.direct import screen_network as screen_network
    from semimech.models.effects import EffectEstimator as EffectEstimator
    from semimech.models.intervals import with_intervals as with_intervals
    from semimech.models.vae import CradleVAE as CradleVAE
    from semimech.models.vae import GpoVAE as GpoVAE
    from semimech.models.vae import SamsVAE as SamsVAE
    from semimech.runs.folder import RunFolder as RunFolder
    from semimech.runs.options import RunOptions as RunOptions
    from semimech.runs.pipeline import load_model as load_model
    from semimech.runs.pipeline import run_screen as run_screen
    from semimech.simulate.build import simulate_screen as simulate_screen
    from semimech.simulate.demo import simulate_demo as simulate_demo

    __version__: str

# Where each public name lives; the block above tells the same to type checkers (a test holds them together).
_HOMES = {
    "Screen": "semimech.data.screen",
    "Perturbation": "semimech.data.condition",
    "Condition": "semimech.data.condition",
    "Network": "semimech.data.network",
    "Phase": "semimech.data.protocol",
    "Protocol": "semimech.data.protocol",
    "Effects": "semimech.data.effects",
    "Prediction": "semimech.models.base",
    "Split": "semimech.data.splits",
    "ReadOptions": "semimech.data.options",
    "read_screen": "semimech.data.readers",
    "read_protocols": "semimech.data.protocol",
    "check_screen": "semimech.data.check",
    "split_screen": "semimech.data.splits",
    "effects_of": "semimech.data.effects",
    "assumptions_of": "semimech.evaluate.assumptions",
    "simulate_demo": "semimech.simulate.demo",
    "simulate_screen": "semimech.simulate.build",
    "BASELINES": "semimech.models.baselines",
    "CellBox": "semimech.models.cellbox",
    "Combinations": "semimech.models.combinations",
    "EffectEstimator": "semimech.models.effects",
    "SamsVAE": "semimech.models.vae",
    "CradleVAE": "semimech.models.vae",
    "GpoVAE": "semimech.models.vae",
    "EdgeEvidence": "semimech.evaluate.evidence",
    "edge_evidence": "semimech.evaluate.evidence",
    "interactions_of": "semimech.evaluate.interactions",
    "screen_network": "semimech.models.direct",
    "score_network": "semimech.evaluate.interventions",
    "with_intervals": "semimech.models.intervals",
    "Components": "semimech.design.components",
    "components_of": "semimech.design.estimate",
    "Layout": "semimech.design.layout",
    "rank_next": "semimech.design.next.ranking",
    "surrogate_of": "semimech.design.next.surrogate",
    "contrast_variance": "semimech.design.contrasts",
    "SCORES": "semimech.evaluate.scores",
    "judge": "semimech.evaluate.judge",
    "RunOptions": "semimech.runs.options",
    "RunFolder": "semimech.runs.folder",
    "run_screen": "semimech.runs.pipeline",
    "load_model": "semimech.runs.pipeline",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("semimech")
    else:
        raise AttributeError(f"module 'semimech' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
