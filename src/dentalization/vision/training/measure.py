"""How good a network is while it is being trained: read by the same adapter as the model that is served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dentalization.vision.card import ModelCard
from dentalization.vision.coco import Sample
from dentalization.vision.evaluation.precision import Precisions, average_precision
from dentalization.vision.model import Model
from dentalization.vision.picture import read_picture
from dentalization.vision.training.network import Network


class NetworkRuntime:
    """A network in this process."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval()

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        batch = torch.from_numpy(tensor).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            scores, boxes = self._network(batch)
        return {"scores": scores.numpy(), "boxes": boxes.numpy()}

    def close(self) -> None:
        """Nothing to let go of."""


def measure(network: Network, card: ModelCard, samples: Sequence[Sample]) -> Precisions:
    """Average precision of the raw scores."""
    model = Model(card, NetworkRuntime(network))
    found = [model.scored(read_picture(one.path.read_bytes())) for one in samples]
    return average_precision([one.truths for one in samples], found, card.conditions)
