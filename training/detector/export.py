"""Writes the detector as ONNX, with boxes and points in pixels, and compares it with ONNX Runtime.

python -m detector.export WEIGHTS --out ../models/mien-detector/model.onnx
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from . import SIZES, network

# Scores may differ by this much between the runtimes, and places by this many pixels.
TOLERANCE = 1e-3


class Exported(nn.Module):
    """For pictures of any size with sides that are multiples of 32."""

    def __init__(self, net: network.Detector) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        answers = self.net(picture)
        corners, strides = network.cells(picture.shape[3], picture.shape[2])
        boxes = network.boxes_of(answers, corners, strides)
        points = network.points_of(answers, corners, strides)
        return answers[..., 0].sigmoid(), boxes, points


def write(net: network.Detector, path: Path) -> float:
    """Writes the file; the largest difference to ONNX Runtime, a picture of each size."""
    exported = Exported(net.to(memory_format=torch.contiguous_format)).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ["scores", "boxes", "landmarks"]
    torch.onnx.export(
        exported,
        (torch.zeros(1, 3, SIZES[0][1], SIZES[0][0]),),
        str(path),
        opset_version=17,
        input_names=["picture"],
        output_names=names,
        dynamic_axes={"picture": {2: "height", 3: "width"}}
        | {name: {1: "cells"} for name in names},
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(3)
    worst = 0.0
    for width, height in SIZES:
        coarse = torch.randint(0, 256, (1, 3, 8, 10), generator=random).float()
        picture = nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")
        with torch.no_grad():
            expected = [part.numpy() for part in exported(picture)]
        given = session.run(names, {"picture": picture.numpy()})
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
    given = parser.parse_args()
    net = network.load(given.weights)
    difference = write(net, given.out)
    print(f"sha256 {hashlib.sha256(given.out.read_bytes()).hexdigest()}")
    print(f"{sum(weight.numel() for weight in net.parameters())} parameters")
    print(f"ONNX Runtime differs by {difference:.1e} at most")


if __name__ == "__main__":
    main()
