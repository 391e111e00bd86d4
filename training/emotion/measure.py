"""How good a network is: accuracy, recall, calibration, and what it loses under hardship.

python -m emotion.measure WEIGHTS... [--framing FILE] [--json FILE]
"""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from . import LABELS, augment, data, network

Change = Callable[[Tensor], Tensor]
Answer = Callable[[Tensor], Tensor]
"""Crops `[N, 1, 48, 48]` to logits `[N, 8]`."""

# The noise is the same for every network.
NOISE_SEED = 7


def turned(degrees: float) -> Change:
    return lambda crops: moved(crops, math.radians(degrees), 1.0)


def scaled(factor: float) -> Change:
    return lambda crops: moved(crops, 0.0, 1 / factor)


def moved(crops: Tensor, turn: float, scale: float) -> Tensor:
    one = augment.similarity(
        torch.tensor([turn]), torch.tensor([scale]), torch.zeros(1, 2), torch.ones(1)
    )
    return augment.warp(crops, one[:, :2].expand(len(crops), -1, -1))


def noisy(sigma: float) -> Change:
    def change(crops: Tensor) -> Tensor:
        random = torch.Generator().manual_seed(NOISE_SEED)
        noise = torch.randn(crops.shape, generator=random)
        return (crops + sigma * noise).clamp(0, 255)

    return change


def half_dark(direction: float) -> Change:
    """One half of the face keeps a quarter of its light; the border is soft."""

    def change(crops: Tensor) -> Tensor:
        full = torch.ones(len(crops))
        return augment.light_from_side(crops, 0.25 * full, direction * full, 0.08 * full)

    return change


HARDSHIPS: dict[str, list[Change]] = {
    "turned by 15°": [turned(15), turned(-15)],
    "15 % larger": [scaled(1.15)],
    "15 % smaller": [scaled(0.85)],
    "face of 24 px": [lambda crops: augment.smaller(crops, 24)],
    "face of 16 px": [lambda crops: augment.smaller(crops, 16)],
    "noise, sigma 25": [noisy(25)],
    "half dark": [half_dark(0), half_dark(math.pi)],
}


@dataclass(frozen=True)
class Measured:
    accuracy: float
    macro_recall: float
    recall: dict[str, float]
    precision: dict[str, float]
    ece: float
    temperature: float


def answer_of(net: network.EmotionNet) -> Answer:
    return lambda crops: net(crops)


@torch.no_grad()
def logits_of(answer: Answer, crops: Tensor, mirror: bool) -> Tensor:
    """Logits `[N, 8]`; with `mirror` averaged with those of the mirror image, as Mien does."""
    parts = []
    for chunk in crops.split(128):
        logits = answer(chunk)
        if mirror:
            logits = (logits + answer(chunk.flip(3))) / 2
        parts.append(logits)
    return torch.cat(parts)


def accuracy_of(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).float().mean().item()


def calibration_error(logits: Tensor, labels: Tensor, temperature: float, bins: int = 15) -> float:
    """ECE: the gap between confidence and accuracy, averaged over equal ranges of confidence."""
    confidence, chosen = (logits / temperature).softmax(1).max(1)
    right = (chosen == labels).float()
    place = (confidence * bins).long().clamp(max=bins - 1)
    gap = 0.0
    for index in range(bins):
        inside = place == index
        if inside.any():
            gap += inside.float().mean() * (confidence[inside].mean() - right[inside].mean()).abs()
    return float(gap)


def best_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature, in steps of 0.01, under which the labels are most likely."""
    steps = [step / 100 for step in range(30, 201)]
    costs = [torch.nn.functional.cross_entropy(logits / step, labels).item() for step in steps]
    return steps[costs.index(min(costs))]


def measure(logits: Tensor, labels: Tensor, temperature: float | None = None) -> Measured:
    if temperature is None:
        temperature = best_temperature(logits, labels)
    chosen = logits.argmax(1)
    recall, precision = {}, {}
    for index, label in enumerate(LABELS):
        right = ((chosen == index) & (labels == index)).sum().item()
        recall[label] = right / max(1, (labels == index).sum().item())
        precision[label] = right / max(1, (chosen == index).sum().item())
    return Measured(
        accuracy=accuracy_of(logits, labels),
        macro_recall=sum(recall.values()) / len(recall),
        recall=recall,
        precision=precision,
        ece=calibration_error(logits, labels, temperature),
        temperature=temperature,
    )


def hardship(answer: Answer, crops: Tensor, labels: Tensor, mirror: bool) -> dict[str, float]:
    """Accuracy under each hardship, the mean where it has two directions."""
    result = {}
    for name, changes in HARDSHIPS.items():
        scores = [
            accuracy_of(logits_of(answer, change(crops), mirror), labels) for change in changes
        ]
        result[name] = sum(scores) / len(scores)
    return result


def by_brightness(logits: Tensor, labels: Tensor, crops: Tensor) -> dict[str, tuple[int, float]]:
    """Pictures and accuracy in each range of mean grey."""
    mean = crops.mean((1, 2, 3))
    result = {}
    for low, high in ((0, 80), (80, 110), (110, 140), (140, 170), (170, 256)):
        inside = (mean >= low) & (mean < high)
        if inside.any():
            result[f"{low}-{min(high, 255)}"] = (
                int(inside.sum()),
                accuracy_of(logits[inside], labels[inside]),
            )
    return result


def by_size(answer: Answer, crops: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy when the face is that many pixels wide in the camera's picture."""
    return {
        str(pixels): accuracy_of(logits_of(answer, augment.smaller(crops, pixels), True), labels)
        for pixels in (12, 16, 20, 24, 32, 40, 48)
    }


def report(answer: Answer, faces: data.Faces) -> dict:
    """All that the card says, on the pictures as they are."""
    crops, labels = faces.images[:, None].float(), faces.majority
    single, double = (logits_of(answer, crops, mirror) for mirror in (False, True))
    measured = measure(double, labels)
    result = {
        "pictures": len(faces),
        "single": asdict(measure(single, labels)),
        "mirror": asdict(measured),
        "hardship": hardship(answer, crops, labels, mirror=True),
        "brightness": by_brightness(double, labels, crops),
        "size": by_size(answer, crops, labels),
    }
    if faces.framed.any():
        ours = augment.warp(crops, faces.framing)
        framed = logits_of(answer, ours, True)
        result["aligned"] = asdict(measure(framed, labels, measured.temperature))
    return result


def summary(name: str, result: dict) -> str:
    clean = result["mirror"]["accuracy"]
    falls = "  ".join(
        f"{key} {100 * (clean - value):+.1f}" for key, value in result["hardship"].items()
    )
    aligned = f"  aligned {result['aligned']['accuracy']:.4f}" if "aligned" in result else ""
    return (
        f"{name}: {result['single']['accuracy']:.4f}, mirror {clean:.4f} "
        f"macro {result['mirror']['macro_recall']:.3f} ece {result['mirror']['ece']:.3f} "
        f"T {result['mirror']['temperature']:.2f}{aligned}\n    falls: {falls}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, default=Path("../../shared/data/ferplus.npz"))
    parser.add_argument("--framing", type=Path, default=Path("runs/emotion/aligned.npz"))
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    given = parser.parse_args()
    torch.set_num_threads(1)
    framing = given.framing if given.framing.exists() else None
    _, valid = data.load_ferplus(given.data, framing)
    results = {}
    for path in given.weights:
        results[str(path)] = report(answer_of(network.load(path)), valid)
        print(summary(str(path), results[str(path)]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
