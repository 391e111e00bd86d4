"""FER+ pictures and votes, the framing that our own detector gives them, and unlabelled faces."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from . import LABELS

CROP = 48


@dataclass(frozen=True)
class Faces:
    """Pictures with what people voted, all of the same split."""

    images: Tensor
    """`[N, 48, 48]` u8, grey."""
    votes: Tensor
    """`[N, 8]` f32, each row sums to 1; a single vote for a class counts as a slip."""
    majority: Tensor
    """`[N]` i64, the class that more than half of the votes name, or -1."""
    framing: Tensor
    """`[N, 2, 3]` f32, where our alignment would look: `affine_grid` matrices from crop to picture,
    the identity where no face was found."""
    framed: Tensor
    """`[N]` bool, whether our detector found the face."""

    def __len__(self) -> int:
        return len(self.images)

    def select(self, chosen: Tensor) -> "Faces":
        return Faces(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def load_ferplus(archive: Path, framing: Path | None = None) -> tuple[Faces, Faces]:
    """The training and the validation split.

    Training leaves out pictures that have a twin in the splits kept back, and those whose votes go
    mostly to "unknown" and "not a face". Validation has the pictures with a majority.
    """
    with np.load(archive) as content:
        images, votes = content["images"], content["votes"].astype(np.float32)
        majority = content["majority"].astype(np.int64)
        train = content["split"] == "train"
        twin = content["twin_of_held_out"]
    votes[votes <= 1] = 0
    known = votes[:, : len(LABELS)].sum(1)
    usable = (known > 0) & (known >= 0.5 * np.maximum(votes.sum(1), 1))
    matrices = np.tile(np.eye(2, 3, dtype=np.float32), (len(images), 1, 1))
    framed = np.zeros(len(images), bool)
    if framing is not None:
        with np.load(framing) as content:
            found = content["transforms"]
        framed = ~np.isnan(found).any((1, 2))
        matrices[framed] = found[framed]

    def split(chosen: np.ndarray) -> Faces:
        index = np.flatnonzero(chosen)
        share = votes[index, : len(LABELS)] / np.maximum(known[index, None], 1)
        parts = images[index], share, majority[index], matrices[index], framed[index]
        return Faces(*(torch.from_numpy(part) for part in parts))

    return split(train & usable & ~twin), split(~train & (majority >= 0))


def load_unlabelled(archive: Path) -> Tensor:
    """`[N, 48, 48]` u8, aligned crops of faces that nobody labelled."""
    with np.load(archive) as content:
        return torch.from_numpy(content["crops"])


def synthetic(count: int, seed: int = 0) -> Faces:
    """Blobs with two dark spots and a curved line: no faces, but pictures that differ by class."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:CROP, 0:CROP].astype(np.float32)
    images = np.empty((count, CROP, CROP), np.float32)
    classes = np.arange(count) % len(LABELS)
    for image, label in zip(images, classes, strict=True):
        image[:] = random.uniform(60, 120)
        oval = ((columns - 24) / 18) ** 2 + ((rows - 24) / 22) ** 2 < 1
        image[oval] = random.uniform(140, 220)
        for eye in (15.2, 32.9):
            image[(columns - eye) ** 2 + (rows - 18.2) ** 2 < 4 + label] = 40
        curve = 36 + (label - 3.5) * ((columns - 24) / 10) ** 2
        image[(abs(rows - curve) < 1.5) & (abs(columns - 24) < 9)] = 60
        image += random.normal(0, 6, image.shape)
    votes = np.full((count, len(LABELS)), 0.02, np.float32)
    votes[np.arange(count), classes] = 1 - 0.02 * (len(LABELS) - 1)
    return Faces(
        images=torch.from_numpy(images.clip(0, 255).astype(np.uint8)),
        votes=torch.from_numpy(votes),
        majority=torch.from_numpy(classes.astype(np.int64)),
        framing=torch.eye(2, 3).repeat(count, 1, 1),
        framed=torch.zeros(count, dtype=torch.bool),
    )
