"""Writes the detector as ONNX, with boxes and points in pixels, and compares it with ONNX Runtime.

python -m detector.export WEIGHTS --out ../models/mien-detector/model.onnx
"""

import argparse
import copy
import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from . import SIZES, network

# Scores may differ by this much between the runtimes, and places by this many pixels.
TOLERANCE = 1e-3


def joined(head: network.Head) -> nn.Sequential:
    """The same with both branches in one convolution, which reads its input once."""
    branches = [head.box_branch] + ([head.point_branch] if head.point_branch else [])
    parts = [fuse_conv_bn_eval(branch[0], branch[1]) for branch in branches]
    width = sum(part.out_channels for part in parts)
    both = nn.Conv2d(parts[0].in_channels, width, 3, padding=1)
    answer = nn.Conv2d(width, network.BOX_PARTS + network.POINT_PARTS, 1)
    with torch.no_grad():
        both.weight.copy_(torch.cat([part.weight for part in parts]))
        both.bias.copy_(torch.cat([part.bias for part in parts]))
        answer.weight.zero_()
        answer.weight[: network.BOX_PARTS, : parts[0].out_channels] = head.box.weight
        answer.weight[network.BOX_PARTS :, -parts[-1].out_channels :] = head.points.weight
        answer.bias.copy_(torch.cat([head.box.bias, head.points.bias]))
    return nn.Sequential(both, nn.ReLU(), answer)


class Exported(nn.Module):
    """For pictures of any size with sides that are multiples of 32."""

    def __init__(self, net: network.Detector) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        self.net.heads = nn.ModuleList(joined(head) for head in net.heads)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return answers_of(self.net, picture)


def answers_of(net: network.Detector, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scores, boxes and points in pixels of the picture."""
    answers = net(picture)
    corners, strides = network.cells(picture.shape[3], picture.shape[2])
    boxes = network.boxes_of(answers, corners, strides)
    points = network.points_of(answers, corners, strides)
    return answers[..., 0].sigmoid(), boxes, points


def write(net: network.Detector, path: Path) -> float:
    """Writes the file; the largest difference to ONNX Runtime, a picture of each size."""
    net = net.to(memory_format=torch.contiguous_format).eval()
    exported = Exported(net).eval()
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
            expected = [part.numpy() for part in answers_of(net, picture)]
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
