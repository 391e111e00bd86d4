"""The network: plain convolutions, three strides, a branch for score and box, one for points.

The shipped network has a single branch for all of them.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import STRIDES

MIDDLE, SPREAD = 127.5, 64.0
# What a cell answers: score, x, y, log width, log height; then x and y of five points.
BOX_PARTS, POINT_PARTS = 5, 10


def convolution(inputs: int, outputs: int, stride: int = 1, relu: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        convolution(inputs, outputs, 2), *(Residual(outputs) for _ in range(blocks))
    )


class Head(nn.Module):
    """Maps of one stride to `[N, 15, H, W]`."""

    def __init__(self, channels: int, branches: int) -> None:
        super().__init__()
        self.box_branch = convolution(channels, channels)
        self.box = nn.Conv2d(channels, BOX_PARTS, 1)
        self.point_branch = convolution(channels, channels) if branches == 2 else None
        self.points = nn.Conv2d(channels, POINT_PARTS, 1)
        with torch.no_grad():
            # At first one cell in a hundred claims a face, about three cells wide.
            self.box.bias.copy_(torch.tensor([-4.6, 0.5, 0.5, 1.0, 1.0]))
            self.points.bias.zero_()

    def forward(self, maps: Tensor) -> Tensor:
        first = self.box_branch(maps)
        second = first if self.point_branch is None else self.point_branch(maps)
        return torch.cat([self.box(first), self.points(second)], 1)


class Detector(nn.Module):
    """RGB `[N, 3, H, W]`, 0 to 255, sides multiples of 32, to `[N, cells, 15]`, in cells."""

    def __init__(
        self, channels: int = 32, blocks: tuple[int, int, int] = (2, 1, 1), branches: int = 2
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 8, 2), convolution(8, 16, 2))
        self.stage8 = stage(16, 32, blocks[0])
        self.stage16 = stage(32, 64, blocks[1])
        self.stage32 = stage(64, 64, blocks[2])
        self.lateral = nn.ModuleList(nn.Conv2d(inputs, channels, 1) for inputs in (32, 64, 64))
        self.smooth16 = convolution(channels, channels)
        self.smooth32 = convolution(channels, channels)
        self.heads = nn.ModuleList(Head(channels, branches) for _ in STRIDES)

    def forward(self, pictures: Tensor) -> Tensor:
        fine = self.stage8(self.stem((pictures - MIDDLE) / SPREAD))
        middle = self.stage16(fine)
        coarse = self.stage32(middle)
        coarse = self.smooth32(self.lateral[2](coarse))
        middle = self.smooth16(F.relu(self.lateral[1](middle) + double(coarse)))
        fine = F.relu(self.lateral[0](fine) + double(middle))
        maps = zip(self.heads, (fine, middle, coarse), strict=True)
        return torch.cat([head(part).flatten(2).transpose(1, 2) for head, part in maps], 1)


def double(maps: Tensor) -> Tensor:
    return F.interpolate(maps, scale_factor=2.0, mode="nearest")


def cells(width: int, height: int) -> tuple[Tensor, Tensor]:
    """Corner of each cell in cells, `[cells, 2]`, and its stride, `[cells, 1]`."""
    corners, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        corners.append(torch.stack([x.flatten(), y.flatten()], 1).float())
        strides.append(torch.full((x.numel(), 1), float(stride)))
    return torch.cat(corners), torch.cat(strides)


def boxes_of(answers: Tensor, corners: Tensor, strides: Tensor) -> Tensor:
    """`[..., 4]`: left, top, right, bottom in pixels of the input."""
    middle = (corners + answers[..., 1:3]) * strides
    half = answers[..., 3:5].clamp(-3, 5).exp() * strides / 2
    return torch.cat([middle - half, middle + half], -1)


def points_of(answers: Tensor, corners: Tensor, strides: Tensor) -> Tensor:
    """`[..., 10]`: x and y of the five points in pixels of the input."""
    return (answers[..., 5:] + corners.repeat(1, 5)) * strides


# Names of the layers in the weights that are shipped, which were trained before these scripts.
FIRST_NAMES = [
    ("s8.", "stage8."),
    ("s16.", "stage16."),
    ("s32.", "stage32."),
    ("l.", "lateral."),
    ("m.1.", "smooth16."),
    ("m.2.", "smooth32."),
]


def weights_of(path: Path) -> dict[str, Tensor]:
    """The weights in a file of `train.py`, or in that of the shipped network."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    content = dict(content.get("average", content))
    return renamed(content) if "s8.0.0.weight" in content else content


def renamed(content: dict[str, Tensor]) -> dict[str, Tensor]:
    weights = {}
    for name, value in content.items():
        for old, new in FIRST_NAMES:
            if name.startswith(old):
                name = new + name[len(old) :]
        name = name.replace(".a.", ".first.").replace(".b.", ".second.")
        if not name.startswith("h."):
            weights[name] = value
            continue
        stride, layer, rest = name.removeprefix("h.").split(".", 2)
        if layer == "0":
            weights[f"heads.{stride}.box_branch.{rest}"] = value
        else:
            weights[f"heads.{stride}.box.{rest}"] = value[:BOX_PARTS]
            weights[f"heads.{stride}.points.{rest}"] = value[BOX_PARTS:]
    return weights


def begin_from(net: Detector, weights: dict[str, Tensor]) -> None:
    """Puts `weights` of a network like `net`, or of one with fewer blocks or branches, into it so
    that both say the same: a branch for points begins as the one for all, a block as nothing."""
    missing = set(net.state_dict()) - set(weights)
    for name in missing:
        if "point_branch" in name:
            weights[name] = weights[name.replace("point_branch", "box_branch")].clone()
    net.load_state_dict(weights, strict=False)
    with torch.no_grad():
        for name, layer in net.named_modules():
            if isinstance(layer, Residual) and f"{name}.second.1.weight" in missing:
                layer.second[1].weight.zero_()


def load(path: Path) -> Detector:
    weights = weights_of(path)

    def blocks(name: str) -> int:
        return len({key.split(".")[1] for key in weights if key.startswith(f"{name}.")}) - 1

    net = Detector(
        channels=len(weights["lateral.0.bias"]),
        blocks=(blocks("stage8"), blocks("stage16"), blocks("stage32")),
        branches=2 if "heads.0.point_branch.0.weight" in weights else 1,
    )
    net.load_state_dict(weights)
    return net.eval()
