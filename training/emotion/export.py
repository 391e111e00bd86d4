"""Writes the network as ONNX and compares it with ONNX Runtime.

python -m emotion.export WEIGHTS --out ../models/mien-emotion-48/model.onnx [--rare 0.3]
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from . import data, losses, network

# Answers of the two runtimes may differ by this much.
TOLERANCE = 1e-3


class Exported(nn.Module):
    """Logits and the embedding that they are made of."""

    def __init__(self, net: network.EmotionNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.net.embed(crops)
        return self.net.head(embedding), embedding


def write(net: network.EmotionNet, path: Path) -> float:
    """Writes the file; the largest difference to ONNX Runtime over eight pictures."""
    exported = Exported(net.to(memory_format=torch.contiguous_format)).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        exported,
        (torch.zeros(1, 1, data.CROP, data.CROP),),
        str(path),
        opset_version=17,
        input_names=["face"],
        output_names=["logits", "embedding"],
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for crop in data.synthetic(8, seed=3).images[:, None, None].float():
        with torch.no_grad():
            expected = [part.numpy() for part in exported(crop)]
        given = session.run(["logits", "embedding"], {"face": crop.numpy()})
        worst = max(
            worst, *(float(np.abs(a - b).max()) for a, b in zip(expected, given, strict=True))
        )
    if worst > TOLERANCE:
        raise SystemExit(f"ONNX Runtime differs by {worst:.1e}, more than {TOLERANCE:.0e}")
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--rare",
        type=float,
        default=0.0,
        help="adds this much of the logarithm of the class shares to the logits",
    )
    parser.add_argument("--data", type=Path, default=Path("../../shared/data/ferplus.npz"))
    given = parser.parse_args()
    net = network.load(given.weights)
    if given.rare != 0:
        prior = losses.log_prior(data.load_ferplus(given.data)[0].votes)
        with torch.no_grad():
            net.head.bias += given.rare * prior
    difference = write(net, given.out)
    print(f"sha256 {hashlib.sha256(given.out.read_bytes()).hexdigest()}")
    print(f"{sum(weight.numel() for weight in net.parameters())} parameters")
    print(f"ONNX Runtime differs by {difference:.1e} at most")


if __name__ == "__main__":
    main()
