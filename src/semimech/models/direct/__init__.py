"""Networks read off a screen's own effects, with no model of the cells: direct edges, and what stands beside them."""

from semimech.models.direct.clamps import Clamps as Clamps
from semimech.models.direct.clamps import clamps_if_any as clamps_if_any
from semimech.models.direct.clamps import clamps_of as clamps_of
from semimech.models.direct.network import METHODS as METHODS
from semimech.models.direct.network import clamp_network as clamp_network
from semimech.models.direct.network import screen_network as screen_network

__all__ = ["METHODS", "Clamps", "clamp_network", "clamps_if_any", "clamps_of", "screen_network"]
