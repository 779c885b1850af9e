"""What a hybrid fit becomes: the sum of a ridge and a share of a CellBox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.models.base import Prediction
from semimech.models.baselines import Linear
from semimech.models.cellbox import FittedCellBox


@dataclass(frozen=True, eq=False)
class FittedHybrid:
    """effect = additive + share * mechanism, the mechanism fitted to what the additive part left of training effects.

    told: how the share was come by, in words.
    """

    additive: Linear
    mechanism: FittedCellBox
    share: float
    told: str

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """The sum; its spread is that of the mechanistic part over its members, None where that has no share."""
        conditions = tuple(conditions)
        base, rest = self.additive.predict(conditions), self.mechanism.predict(conditions)
        mean = base.mean + self.share * rest.mean
        words = tuple(f"{self._weighed()}; {told}" for told in base.rests_on)
        status = rest.status if self.share else base.status
        spread = self.share * rest.spread if self.share and rest.spread is not None else None
        return Prediction(conditions, self.additive.features, mean, rests_on=words, status=status, spread=spread)

    def network(self) -> Network | None:
        """The network of the mechanistic part; None where it has no share in the prediction."""
        return self.mechanism.network() if self.share else None

    def _weighed(self) -> str:
        if not self.share:
            return f"the additive part alone, {self.told}"
        return f"the additive part and {self.share:g} of the mechanistic one, {self.told}"
