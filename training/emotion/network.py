"""The network: plain convolutions with squeeze-excitation; tract is weak on depthwise ones."""

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


class EmotionNet(nn.Module):
    """Grey crops `[N, 1, 48, 48]`, 0 to 255, to logits `[N, 8]` in the order of `LABELS`."""

    def __init__(self, width: int = 24, classes: int = len(LABELS), dropout: float = 0.25) -> None:
        super().__init__()
        self.width = width
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
        maps = self.trunk((crops - GREY_MEAN) / GREY_STD)
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


def load(path: Path) -> EmotionNet:
    weights = weights_of(path)
    net = EmotionNet(width=weights["trunk.0.0.weight"].shape[0], classes=len(weights["head.bias"]))
    net.load_state_dict(weights)
    return net.eval()
