"""Networks judged on interventions: a table of all pairs, and every score of every network read from it."""

from semimech.evaluate.interventions.judge import NetworkScore as NetworkScore
from semimech.evaluate.interventions.judge import score_network as score_network
from semimech.evaluate.interventions.scores import Rules as Rules
from semimech.evaluate.interventions.table import InterventionTable as InterventionTable
from semimech.evaluate.interventions.table import intervention_table as intervention_table

__all__ = ["InterventionTable", "NetworkScore", "Rules", "intervention_table", "score_network"]
