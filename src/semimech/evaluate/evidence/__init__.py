"""What speaks for each edge of a network: tests of direct effects that know of the noise in every node."""

from semimech.evaluate.evidence.direct import edge_evidence as edge_evidence
from semimech.evaluate.evidence.found import EdgeEvidence as EdgeEvidence

__all__ = ["EdgeEvidence", "edge_evidence"]
