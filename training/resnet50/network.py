"""ResNet-50 (He et al. 2016) with the names that torchvision gives its weights.

A file of ImageNet weights in torchvision's format loads as it is, but for the last layer.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from . import LABELS

# Blocks in each of the four stages, and what a block's last convolution widens by.
STAGES = (3, 4, 6, 3)
EXPANSION = 4


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        past = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + past)


class ResNet50(nn.Module):
    """Normalised pictures `[N, 3, 224, 224]` to logits `[N, classes]`."""

    def __init__(self, classes: int = len(LABELS)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, blocks in enumerate(STAGES):
            width, stride = 64 * 2**stage, 1 if stage == 0 else 2
            parts = [Bottleneck(inputs, width, stride)]
            inputs = width * EXPANSION
            parts += [Bottleneck(inputs, width, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*parts))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def weights_of(path: Path) -> dict[str, Tensor]:
    content = torch.load(path, map_location="cpu", weights_only=True)
    return dict(content.get("weights", content))


def load(path: Path) -> ResNet50:
    weights = weights_of(path)
    net = ResNet50(classes=len(weights["fc.bias"]))
    net.load_state_dict(weights)
    return net.eval()


def start_from(net: ResNet50, path: Path) -> list[str]:
    """Takes over every weight that fits; the names of those that stay as drawn."""
    own = net.state_dict()
    fitting = {
        name: value
        for name, value in weights_of(path).items()
        if name in own and own[name].shape == value.shape
    }
    net.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]
