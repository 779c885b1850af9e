"""The causal model behind a table of bioactivities, as data: what depends on what, and what can be identified."""

from semimech.audit.causal.graph import BIOACTIVITY, CausalGraph, Variable, read_graph
from semimech.audit.causal.identification import Identification, identify
from semimech.audit.causal.separation import d_separated

__all__ = ["BIOACTIVITY", "CausalGraph", "Identification", "Variable", "d_separated", "identify", "read_graph"]
