"""Tables of bioactivities with a known truth, by which every verdict of the audit is calibrated."""

from semimech.audit.synthetic.experiment import BioactivityExperiment, Laws, Measurement, Series, Sources, Structures
from semimech.audit.synthetic.simulation import SimulatedBioactivities, simulate_bioactivities

__all__ = [
    "BioactivityExperiment",
    "Laws",
    "Measurement",
    "Series",
    "SimulatedBioactivities",
    "Sources",
    "Structures",
    "simulate_bioactivities",
]
