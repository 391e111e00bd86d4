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


def details(sizes: list[tuple[float, float, float]], reach: int = 8) -> Tensor:
    """Kernels `[4 K, 1, reach, reach]` that leave of each of the four pixels in the middle what a
    Gaussian takes from it; `sizes` are its two sigmas in pixels and its angle."""
    rows, columns = torch.meshgrid(torch.arange(reach), torch.arange(reach), indexing="ij")
    kernels = []
    for along, across, angle in sizes:
        for place in range(4):
            row, column = reach // 2 - 1 + place // 2, reach // 2 - 1 + place % 2
            y, x = rows - row, columns - column
            u = x * math.cos(angle) + y * math.sin(angle)
            v = y * math.cos(angle) - x * math.sin(angle)
            kernel = torch.exp(-(u**2) / (2 * along**2) - v**2 / (2 * across**2))
            kernel = -kernel / kernel.sum()
            kernel[row, column] += 1
            kernels.append(kernel)
    return torch.stack(kernels)[:, None]


class Front(nn.Module):
    """Takes noise off normalised crops `[N, 1, 48, 48]`.

    How much noise there is, it estimates as Immerkaer 1996 ("Fast noise variance estimation"), and
    looks at the picture in that unit. Of six kinds of detail, round ones and lines, gates say how
    much is noise at each place; that is taken away. It works on four pixels at a time (as FFDNet,
    Zhang et al. 2018), which costs a quarter.
    """

    SIZES = ((0.7, 0.7, 0.0), (1.3, 1.3, 0.0), *((1.6, 0.45, t * math.pi / 4) for t in range(4)))
    # Sigmas are counted in ten grey levels; no picture has less than this.
    UNIT, LEAST = 10 / GREY_STD, 0.12

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, channels, 6, 2, 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 4 * len(self.SIZES), 3, 1, 1),
            nn.Hardsigmoid(),
        )
        nn.init.zeros_(self.look[4].weight)
        nn.init.constant_(self.look[4].bias, -2.0)
        self.detail = nn.Conv2d(1, 4 * len(self.SIZES), 8, 2, 3, bias=False)
        self.sum = nn.Conv2d(4 * len(self.SIZES), 4, 1, bias=False)
        self.level = nn.Conv2d(1, 1, 1)
        with torch.no_grad():
            self.detail.weight.copy_(details(list(self.SIZES)))
            self.sum.weight.copy_(torch.eye(4).repeat(1, len(self.SIZES))[:, :, None, None])
            # Nothing at no noise, everything from ten grey levels.
            self.level.weight.fill_(6.0)
            self.level.bias.fill_(-3.0)
        second = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])
        self.register_buffer("second", second[None, None] * math.sqrt(math.pi / 2) / 6)

    def sigma(self, crops: Tensor) -> Tensor:
        """`[N, 1, 1, 1]`: the noise in ten grey levels."""
        answer = F.conv2d(crops, self.second, stride=2).abs().mean((2, 3), keepdim=True)
        return answer / self.UNIT + self.LEAST

    def forward(self, crops: Tensor) -> Tensor:
        sigma = self.sigma(crops)
        noise = self.sum(self.look(crops / (self.UNIT * sigma)) * self.detail(crops))
        return crops - F.hardsigmoid(self.level(sigma)) * F.pixel_shuffle(noise, 2)


class EmotionNet(nn.Module):
    """Grey crops `[N, 1, 48, 48]`, 0 to 255, to logits `[N, 8]` in the order of `LABELS`.

    `front` is the number of channels of the front; with 0 there is none.
    """

    def __init__(
        self,
        width: int = 24,
        classes: int = len(LABELS),
        dropout: float = 0.25,
        front: int = 0,
    ) -> None:
        super().__init__()
        self.width = width
        self.front = Front(front) if front > 0 else nn.Identity()
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
        front=weights["front.look.0.weight"].shape[0] if "front.sum.weight" in weights else 0,
    )


def load(path: Path) -> EmotionNet:
    weights = weights_of(path)
    net = like(weights)
    net.load_state_dict(weights)
    return net.eval()
