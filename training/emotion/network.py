"""The network: plain convolutions with squeeze-excitation; tract is weak on depthwise ones.

A front of a few layers takes noise off the picture before the network sees it.
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import LABELS

# Mean and spread of the grey values of the FER+ training pictures.
GREY_MEAN, GREY_STD = 129.5, 65.0


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int, relu: bool = True
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Excite(nn.Module):
    """Squeeze-excitation: weighs the channels by what the whole picture shows."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


class Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3, 1, relu=False)
        self.excite = Excite(outputs)
        if inputs == outputs and stride == 1:
            self.past: nn.Module = nn.Identity()
        else:
            pool = [nn.AvgPool2d(2)] if stride == 2 else []
            self.past = nn.Sequential(
                *pool, nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.excite(self.second(self.first(x))) + self.past(x))


def repeat_edges(crops: Tensor, reach: int) -> Tensor:
    """Crops wider by `reach` on each side. As `F.pad`, which ONNX writes in fifteen operators."""
    for axis in (2, 3):
        first, last = crops.narrow(axis, 0, 1), crops.narrow(axis, crops.shape[axis] - 1, 1)
        crops = torch.cat([first] * reach + [crops] + [last] * reach, axis)
    return crops


class Front(nn.Module):
    """Takes noise off normalised crops `[N, 1, 48, 48]`; without noise they pass unchanged.

    A bilateral filter (Tomasi & Manduchi 1998) whose kernels are learned: it begins with the
    differences of each pixel to its neighbours, and gives back the mean of those that are no larger
    than noise. How much noise there is, it estimates as Immerkaer 1996 ("Fast noise variance
    estimation").
    """

    # The least sigma, and from where to where the front sets in, normalised as the crops are: no
    # more than the texture of 19 in 20 clean crops is taken for, and a little more than that.
    LEAST, QUIET, LOUD = 1.2 / GREY_STD, 8.5 / GREY_STD, 12 / GREY_STD
    # Reach in pixels; sigma of a neighbour's weight by distance, in pixels, and largest difference
    # that counts, in sigmas of the noise, both at the start.
    REACH, NEAR, LARGEST = 2, 2.0, 5.4

    def __init__(self) -> None:
        super().__init__()
        side = 2 * self.REACH + 1
        count = side * side - 1
        self.difference = nn.Conv2d(1, count, side, bias=False)
        self.step = nn.Conv2d(count, 1, 1, bias=False)
        self.weight = nn.Conv2d(count, 1, 1)
        middle = count // 2
        others = [place for place in range(side * side) if place != middle]
        kernels = torch.eye(side * side)[others]
        kernels[:, middle] = -1
        reach = torch.tensor([divmod(place, side) for place in others]) - self.REACH
        near = torch.exp(-reach.square().sum(1) / (2 * self.NEAR**2)).view(1, count, 1, 1)
        with torch.no_grad():
            self.difference.weight.copy_(kernels.view(count, 1, side, side) / self.LARGEST)
            self.step.weight.copy_(near * self.LARGEST)
            self.weight.weight.copy_(near)
            self.weight.bias.fill_(1.0)
        second = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])
        self.register_buffer("second", second[None, None] * math.sqrt(math.pi / 2) / 6)

    def sigma(self, crops: Tensor) -> Tensor:
        """`[N, 1, 1, 1]`: the spread of the noise, with what texture adds."""
        answer = F.conv2d(crops, self.second, stride=2).abs()
        return answer.mean((2, 3), keepdim=True) + self.LEAST

    def forward(self, crops: Tensor) -> Tensor:
        sigma = self.sigma(crops)
        differences = self.difference(repeat_edges(crops / sigma, self.REACH))
        like = F.relu(1 - differences * differences)
        step = self.step(like * differences) / self.weight(like).clamp(min=0.5)
        share = ((sigma - self.QUIET) / (self.LOUD - self.QUIET)).clamp(0, 1)
        return crops + share * sigma * step


class EmotionNet(nn.Module):
    """Grey crops `[N, 1, 48, 48]`, 0 to 255, to logits `[N, 8]` in the order of `LABELS`.

    With `front` noise is taken off them first.
    """

    def __init__(
        self,
        width: int = 24,
        classes: int = len(LABELS),
        dropout: float = 0.25,
        front: bool = False,
    ) -> None:
        super().__init__()
        self.width = width
        self.front = Front() if front else nn.Identity()
        self.trunk = nn.Sequential(
            convolution(1, width, 5, 2),
            Residual(width, width, 1),
            Residual(width, 2 * width, 2),
            Residual(2 * width, 2 * width, 1),
            Residual(2 * width, 4 * width, 2),
            Residual(4 * width, 4 * width, 1),
            Residual(4 * width, 4 * width, 2),
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4 * width, classes)

    def embed(self, crops: Tensor) -> Tensor:
        """`[N, 4 * width]`: what the last layer sees; the base for teaching new classes."""
        return self.embed_quiet(self.front((crops - GREY_MEAN) / GREY_STD))

    def embed_quiet(self, crops: Tensor) -> Tensor:
        """The same from what the front made: normalised, without noise."""
        maps = self.trunk(crops)
        return F.adaptive_avg_pool2d(maps, 1).flatten(1)

    def forward(self, crops: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(crops)))


# Names of the layers in the first version of the weights, which was trained before this script.
FIRST_NAMES = [
    ("f.", "trunk."),
    (".a.", ".first."),
    (".b.", ".second."),
    (".se.f.", ".excite.gate."),
    (".d.", ".past."),
    ("h.", "head."),
]


def weights_of(path: Path) -> dict[str, Tensor]:
    """The weights in a file of `train.py`, of `soup.py` or of the first version."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("weights", "average", "m"):
        if key in content:
            content = content[key]
            break
    if "h.weight" not in content:
        return dict(content)
    renamed = {}
    for name, value in content.items():
        for old, new in FIRST_NAMES:
            if old.startswith("."):
                name = name.replace(old, new)
            elif name.startswith(old):
                name = new + name[len(old) :]
        renamed[name] = value
    return renamed


def like(weights: dict[str, Tensor]) -> EmotionNet:
    """A network of the shape of these weights, with weights of its own."""
    return EmotionNet(
        width=weights["trunk.0.0.weight"].shape[0],
        classes=len(weights["head.bias"]),
        front="front.step.weight" in weights,
    )


def load(path: Path) -> EmotionNet:
    weights = weights_of(path)
    net = like(weights)
    net.load_state_dict(weights)
    return net.eval()
