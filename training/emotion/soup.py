"""Averages the weights of networks that were trained from one another, and measures the result.

    python -m emotion.soup FIRST SECOND --shares 0.25 0.5 0.75
    python -m emotion.soup EPOCH... --out runs/emotion/soup.pt

Two files and `--shares` walk the line between them (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models"); otherwise all count the same ("Model soups"). The statistics of the batch
normalisation are measured afresh, as an average of two networks has its own.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from . import augment, data, measure, network

Weights = dict[str, Tensor]


def average(parts: list[tuple[float, Weights]]) -> Weights:
    """The weighted mean; counters of batches are taken from the first."""
    total = sum(share for share, _ in parts)
    return {
        name: sum(share / total * weights[name] for share, weights in parts)
        if value.dtype.is_floating_point
        else value
        for name, value in parts[0][1].items()
    }


@torch.no_grad()
def renew_statistics(
    net: network.EmotionNet, faces: data.Faces, strength: float, batches: int = 60
) -> None:
    """Batch normalisation over training pictures as training shows them."""
    norms = [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None
    net.train()
    random = torch.Generator().manual_seed(0)
    for _ in range(batches):
        chosen = torch.randint(len(faces), (128,), generator=random)
        crops = faces.images[chosen, None].float()
        crops = augment.geometry(crops, faces.framing[chosen])
        net(augment.degrade(crops, strength) if strength > 0 else crops)
    net.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--shares", type=float, nargs="*", help="shares of the second of two files")
    parser.add_argument("--degrade", type=float, default=0.3, help="while measuring statistics")
    parser.add_argument("--keep-statistics", action="store_true", help="average them instead")
    parser.add_argument("--data", type=Path, default=Path("../../shared/data/ferplus.npz"))
    parser.add_argument("--framing", type=Path, default=Path("runs/emotion/aligned.npz"))
    parser.add_argument("--out", type=Path, help="where the last average is written")
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    framing = given.framing if given.framing.exists() else None
    train, valid = data.load_ferplus(given.data, framing)
    parts = [network.weights_of(path) for path in given.weights]
    if given.shares:
        if len(parts) != 2:
            parser.error("--shares needs two files")
        recipes = [[(1 - share, parts[0]), (share, parts[1])] for share in given.shares]
    else:
        recipes = [[(1.0, part) for part in parts]]
    crops, labels = valid.images[:, None].float(), valid.majority
    for index, recipe in enumerate(recipes):
        weights = average(recipe)
        net = network.like(weights)
        net.load_state_dict(weights)
        net.eval()
        if not given.keep_statistics:
            renew_statistics(net, train, given.degrade)
        answer = measure.answer_of(net)
        double = measure.measure(measure.logits_of(answer, crops, True), labels)
        falls = measure.hardship(answer, crops, labels, mirror=False)
        single = measure.accuracy_of(measure.logits_of(answer, crops, False), labels)
        name = f"share {given.shares[index]}" if given.shares else f"{len(parts)} files"
        print(
            f"{name}: {single:.4f}, mirror {double.accuracy:.4f} macro {double.macro_recall:.3f} "
            f"ece {double.ece:.3f}; falls without mirror: "
            + ", ".join(f"{key} {100 * (single - value):.1f}" for key, value in falls.items()),
            flush=True,
        )
        if given.out:
            given.out.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"weights": net.state_dict()}, given.out)


if __name__ == "__main__":
    main()
