"""Pictures with boxes and points, and which of them are kept out of training."""

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

# A label of the teacher counts as a face from this score on, and as a doubt below it.
SURE = 0.55


def held_back(name: str) -> bool:
    """Whether a picture is in the tenth that training never sees: by its name alone."""
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 10 == 0


@dataclass
class Picture:
    path: Path
    boxes: np.ndarray
    """`[N, 4]` f32: left, top, right, bottom in pixels, as the teacher sees it."""
    scores: np.ndarray
    """`[N]` f32, the teacher's."""
    points: np.ndarray
    """`[N, 5, 2]` f32, the teacher's."""
    truth: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """`[M, 4]` f32, boxes that people drew; none for portraits."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height; reads no more than the head of the file."""
        if "image" in self.__dict__:
            return self.image.size
        with Image.open(self.path) as picture:
            return picture.size

    @cached_property
    def image(self) -> Image.Image:
        with Image.open(self.path) as picture:
            return picture.convert("RGB")


def load_labels(archive: Path, folder: Path) -> list[Picture]:
    """What `detector.label` wrote; the pictures lie in `folder`, by the names in the archive."""
    with np.load(archive) as content:
        ends, truth_ends = content["ends"], content["truth_ends"]
        boxes = np.split(content["boxes"], ends[:-1])
        scores = np.split(content["scores"], ends[:-1])
        points = np.split(content["landmarks"], ends[:-1])
        truth = np.split(content["truth"], truth_ends[:-1])
        names = [Path(str(path)).name for path in content["paths"]]
    parts = zip(names, boxes, scores, points, truth, strict=True)
    return [Picture(folder / name, *rest) for name, *rest in parts]


def load_faceless(folder: Path) -> list[Picture]:
    """The pictures of a folder of which nobody is to be seen in any."""
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
    return [Picture(path, *none) for path in sorted(folder.glob("*.jpg"))]


def read_truth(table: Path) -> dict[str, np.ndarray]:
    """`boxes.csv` as left, top, right, bottom, by the name of the picture."""
    rows = defaultdict(list)
    with table.open(newline="") as file:
        for row in csv.DictReader(file):
            x, y, width, height = (float(row[key]) for key in "xywh")
            rows[row["image"]].append([x, y, x + width, y + height])
    return {name: np.array(boxes, np.float32) for name, boxes in rows.items()}


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """IoU of each of `[N, 4]` with each of `[M, 4]`."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared + 1e-9)


def suppress(boxes: np.ndarray, scores: np.ndarray, limit: float) -> np.ndarray:
    """Indices of the boxes that no stronger one overlaps by more than `limit`, strongest first."""
    order, kept = scores.argsort()[::-1], []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        if len(order):
            order = order[overlap(boxes[best : best + 1], boxes[order])[0] <= limit]
    return np.array(kept, int)
