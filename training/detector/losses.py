"""What the detector is asked for: scores that know how well the box fits, boxes, points."""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import network

# Weight of false alarms, and how much the sure ones count more than the doubtful (focal).
ALARM_WEIGHT, ALARM_FOCUS = 1.5, 1.5
BOX_WEIGHT = 2.0


def loss_of(
    answers: Tensor, wanted: Tensor, corners: Tensor, strides: Tensor, point_weight: float
) -> tuple[Tensor, dict[str, float]]:
    """`answers` `[N, cells, 15]` against `targets` `[N, cells, 16]`."""
    scores = answers[..., 0]
    face, nothing = wanted[..., 0] > 0, wanted[..., 0] == 0
    alarm = (F.softplus(scores[nothing]) * scores[nothing].detach().sigmoid() ** ALARM_FOCUS).sum()
    count = face.sum().clamp(min=8)
    if not face.any():
        loss = ALARM_WEIGHT * alarm / count
        return loss, {"score": loss.item(), "box": 0.0, "points": 0.0, "overlap": 0.0}
    cell = face.nonzero()[:, 1]
    given, target = answers[face], wanted[face]
    overlap, box = box_loss(network.boxes_of(given, corners[cell], strides[cell]), target[:, 1:5])
    # A score is at most as sure as the box is right (Li et al. 2020, "Generalized focal loss").
    goal = 0.5 + 0.5 * overlap.detach()
    score = F.binary_cross_entropy_with_logits(scores[face], goal, reduction="sum")
    size = (target[:, 3:5] - target[:, 1:3]).mean(1, keepdim=True)
    apart = (network.points_of(given, corners[cell], strides[cell]) - target[:, 5:15]) / size
    each = F.smooth_l1_loss(apart, torch.zeros_like(apart), beta=0.03, reduction="none").sum(1)
    points = (each * target[:, 15]).sum() / target[:, 15].sum().clamp(min=1)
    scored = (score + ALARM_WEIGHT * alarm) / count
    loss = scored + BOX_WEIGHT * box + point_weight * points
    return loss, {
        "score": scored.item(),
        "box": box.item(),
        "points": points.item(),
        "overlap": overlap.mean().item(),
    }


def box_loss(boxes: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """IoU of each pair, and the mean DIoU loss (Zheng et al. 2020)."""
    shared = torch.min(boxes[:, 2:], wanted[:, 2:]) - torch.max(boxes[:, :2], wanted[:, :2])
    shared = shared.clamp(min=0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (wanted[:, 2:] - wanted[:, :2]).prod(1)
    overlap = shared / (areas - shared + 1e-6)
    hull = torch.max(boxes[:, 2:], wanted[:, 2:]) - torch.min(boxes[:, :2], wanted[:, :2])
    middles = (boxes[:, :2] + boxes[:, 2:] - wanted[:, :2] - wanted[:, 2:]) / 2
    apart = (middles**2).sum(1) / (hull**2).sum(1).clamp(min=1e-6)
    return overlap, (1 - overlap + apart).mean()
