"""Which anchor point answers for which box, and how wrong the answers are.

Assignment: Feng et al., "TOOD: Task-aligned One-stage Object Detection", 2021. Box loss: Rezatofighi et al.,
"Generalized Intersection over Union", 2019, and distribution focal loss by Li et al., 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dentalization.vision.training.network import BINS, Network, anchor_points

_CANDIDATES = 10
_SCORE_POWER, _OVERLAP_POWER = 0.5, 6.0
_BOX_WEIGHT, _SIDE_WEIGHT, _SCORE_WEIGHT = 5.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """`chosen` are the anchor points that answer, `target` the index of their box, `weight` how well."""

    chosen: Tensor
    target: Tensor
    weight: Tensor


def detection_loss(network: Network, pictures: Tensor, boxes: list[Tensor], classes: list[Tensor]) -> Tensor:
    """Mean loss of a batch; `boxes` are B x 4 corners in pixels and `classes` B indices for each picture."""
    logits, sides = network.raw(pictures)
    points, strides = anchor_points(pictures.shape[2], pictures.shape[3])
    predicted = network.boxes(sides, points, strides)
    score_targets = torch.zeros_like(logits)
    box_loss = logits.new_zeros(())
    total = logits.new_zeros(())
    for index, (wanted, kinds) in enumerate(zip(boxes, classes, strict=True)):
        if not len(wanted):
            continue
        found = assign(logits[index].detach().sigmoid(), predicted[index].detach(), points, wanted, kinds)
        mine = wanted[found.target]
        score_targets[index, found.chosen, kinds[found.target]] = found.weight
        overlap = 1 - generalized_iou(predicted[index][found.chosen], mine)
        spread = side_loss(sides[index][found.chosen], points[found.chosen], strides[found.chosen], mine)
        box_loss = box_loss + (found.weight * (_BOX_WEIGHT * overlap + _SIDE_WEIGHT * spread)).sum()
        total = total + found.weight.sum()
    score_loss = functional.binary_cross_entropy_with_logits(logits, score_targets, reduction="sum")
    return (_SCORE_WEIGHT * score_loss + box_loss) / total.clamp(min=1.0)


@torch.no_grad()
def assign(scores: Tensor, predicted: Tensor, points: Tensor, boxes: Tensor, classes: Tensor) -> Assignment:
    """For each box the ten points inside it that answer best, by score and overlap together."""
    inside = (
        (points[None, :, 0] > boxes[:, None, 0])
        & (points[None, :, 1] > boxes[:, None, 1])
        & (points[None, :, 0] < boxes[:, None, 2])
        & (points[None, :, 1] < boxes[:, None, 3])
    )
    overlaps = pairwise_iou(boxes, predicted)
    aligned = scores[:, classes].T ** _SCORE_POWER * overlaps**_OVERLAP_POWER * inside
    best = aligned.topk(min(_CANDIDATES, aligned.shape[1]), dim=1)
    picked = torch.zeros_like(inside).scatter_(1, best.indices, value=True) & inside
    # Where two boxes want the same point, the one that it overlaps more has it.
    owner = torch.where(picked, overlaps + 1e-6, torch.zeros_like(overlaps)).max(0)
    chosen = (owner.values > 0).nonzero()[:, 0]
    target = owner.indices[chosen]
    mine = aligned[target, chosen]
    # A box's best point is asked for the overlap it reached, the others for proportionally less.
    best_aligned = torch.zeros(len(boxes)).scatter_reduce_(0, target, mine, "amax")
    best_overlap = torch.zeros(len(boxes)).scatter_reduce_(0, target, overlaps[target, chosen], "amax")
    weight = mine / (best_aligned[target] + 1e-9) * best_overlap[target]
    return Assignment(chosen, target, weight)


def side_loss(sides: Tensor, points: Tensor, strides: Tensor, boxes: Tensor) -> Tensor:
    """Cross entropy against the two bins on either side of each true distance, one number a box."""
    distances = torch.cat((points - boxes[:, :2], boxes[:, 2:] - points), -1) / strides
    distances = distances.clamp(0, BINS - 1.01)
    low = distances.long()
    share = distances - low
    flat = sides.reshape(-1, BINS)
    below = functional.cross_entropy(flat, low.reshape(-1), reduction="none").view_as(share)
    above = functional.cross_entropy(flat, low.reshape(-1) + 1, reduction="none").view_as(share)
    return (below * (1 - share) + above * share).mean(-1)


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """Overlap of each of A boxes with each of B, A x B."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (_area(a)[:, None] + _area(b)[None] - shared + 1e-9)


def generalized_iou(a: Tensor, b: Tensor) -> Tensor:
    """Overlap of pairs of boxes, less the share of their hull that neither covers: -1 to 1."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1)
    covered = _area(a) + _area(b) - shared
    return shared / (covered + 1e-9) - (hull - covered) / (hull + 1e-9)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(-1)
