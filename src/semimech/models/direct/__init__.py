"""Networks read off a screen's own effects, with no model of the cells: direct edges, and what stands beside them."""

from semimech.models.direct.network import METHODS as METHODS
from semimech.models.direct.network import screen_network as screen_network

__all__ = ["METHODS", "screen_network"]
