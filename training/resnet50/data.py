"""Pictures for the ResNet-50 recipe: a folder for each class, or the FER2013 archive."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from . import LABELS, MEAN, SIDE, STD

ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"}


def normalise(pictures: Tensor) -> Tensor:
    """`[..., 3, H, W]`, 0 to 255, to what the network takes."""
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return (pictures / 255 - mean) / std


class Pictures(Dataset):
    """Pairs of a picture `[3, 224, 224]`, normalised, and the index of its class."""

    def __init__(self, sources: list[Path] | Tensor, labels: list[int], augment: bool) -> None:
        self.sources, self.labels, self.augment = sources, labels, augment

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, index: int) -> Tensor:
        source = self.sources[index]
        if isinstance(source, Path):
            with Image.open(source) as picture:
                rgb = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).float()
        grey = source[None, None].float()
        large = F.interpolate(grey, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        return large[0].expand(3, -1, -1)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = self.read(index)
        if self.augment:
            picture = self.vary(picture)
        return normalise(picture), self.labels[index]

    def vary(self, picture: Tensor) -> Tensor:
        """Mirrored, cropped to at least 85 % of each side, with another brightness and contrast."""
        if torch.rand(()) < 0.5:
            picture = picture.flip(2)
        side = int(SIDE * (0.85 + 0.15 * torch.rand(()).item()))
        top, left = (int(torch.randint(SIDE - side + 1, ())) for _ in range(2))
        part = picture[None, :, top : top + side, left : left + side]
        picture = F.interpolate(part, size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0]
        contrast = 0.8 + 0.4 * torch.rand(()).item()
        brightness = 40 * torch.rand(()).item() - 20
        return ((picture - picture.mean()) * contrast + picture.mean() + brightness).clamp(0, 255)


def from_folders(root: Path, augment: bool) -> Pictures:
    """`root/LABEL/*.png` and so on; folders are named as in `LABELS`."""
    sources: list[Path] = []
    labels: list[int] = []
    for index, label in enumerate(LABELS):
        files = sorted(file for file in (root / label).glob("*") if file.suffix.lower() in ENDINGS)
        sources += files
        labels += [index] * len(files)
    if not sources:
        raise SystemExit(f"{root} has no pictures in folders named {', '.join(LABELS)}")
    return Pictures(sources, labels, augment)


def from_archive(archive: Path, split: str, augment: bool) -> Pictures:
    with np.load(archive) as content:
        chosen = content["split"] == split
        if split == "train":
            chosen &= ~content["twin_of_held_out"]
        images = torch.from_numpy(content["images"][chosen])
        labels = content["fer2013_label"][chosen].astype(int).tolist()
    return Pictures(images, labels, augment)


def synthetic(count: int, seed: int) -> Pictures:
    """Stripes whose width is their class: enough to see that every part works."""
    random = np.random.default_rng(seed)
    columns = np.arange(48)
    labels = [index % len(LABELS) for index in range(count)]
    images = [
        128 + 90 * np.sin(columns * (0.2 + 0.2 * label))[None] + random.normal(0, 15, (48, 48))
        for label in labels
    ]
    stack = np.stack(images).clip(0, 255).astype(np.uint8)
    return Pictures(torch.from_numpy(stack), labels, augment=True)
