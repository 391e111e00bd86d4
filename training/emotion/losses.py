"""Cross-entropy against vote shares, with the rarity of classes taken into the logits."""

import torch
from torch import Tensor


def log_prior(votes: Tensor) -> Tensor:
    """`[8]`: the logarithm of each class's share of the votes `[N, 8]`."""
    return torch.log(votes.mean(0).clamp(min=1e-6))


def adjusted(logits: Tensor, prior: Tensor, strength: float) -> Tensor:
    """Logits as they must be during training for the plain ones to favour no frequent class.

    Menon et al. 2021, "Long-tail learning via logit adjustment": with `strength` 1 the network
    learns the balanced posterior, with 0 the usual one. It is used here in place of showing rare
    pictures more often, which learns those few by heart.
    """
    return logits + strength * prior


def soft_cross_entropy(logits: Tensor, shares: Tensor) -> Tensor:
    """Mean over the batch of the cross-entropy against distributions."""
    return -(shares * logits.log_softmax(1)).sum(1).mean()
