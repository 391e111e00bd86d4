"""Detectors behind one call: a picture in, boxes, scores and points in its pixels out."""

import time
import tomllib
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import onnxruntime
from PIL import Image

from . import NMS_IOU, SIZES, STRIDES, crops, data

# Nothing below this is worth sorting.
LEAST_SCORE = 0.1
# From which score on a box is taken for a face, where no card says so.
THRESHOLD = 0.6


class Found(NamedTuple):
    boxes: np.ndarray
    scores: np.ndarray
    points: np.ndarray


class Finder(Protocol):
    threshold: float
    """From which score on a box is taken for a face."""

    def find(self, picture: Image.Image) -> Found: ...

    def milliseconds(self, rounds: int = 60) -> float: ...


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def letterbox(picture: Image.Image, width: int, height: int) -> tuple[np.ndarray, float]:
    """Scaled to fit, at the top left, the rest black: `[height, width, 3]` f32 and the scale."""
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", (width, height))
    canvas.paste(picture.resize(size, Image.Resampling.BILINEAR))
    return np.asarray(canvas, np.float32), scale


def kept(boxes: np.ndarray, scores: np.ndarray, points: np.ndarray, scale: float) -> Found:
    likely = scores >= LEAST_SCORE
    boxes, scores, points = boxes[likely], scores[likely], points[likely]
    chosen = data.suppress(boxes, scores, NMS_IOU)
    return Found(boxes[chosen] / scale, scores[chosen], points[chosen].reshape(-1, 5, 2) / scale)


def least_time(network: onnxruntime.InferenceSession, size: tuple[int, int], rounds: int) -> float:
    """Milliseconds of the fastest of `rounds` runs on an even picture."""
    given = network.get_inputs()[0]
    tensor, times = np.full((1, 3, size[1], size[0]), 128, np.float32), []
    for _ in range(rounds):
        began = time.perf_counter()
        network.run(None, {given.name: tensor})
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


class SecondLook:
    """The network of a card's `[second_look]`, which scores each box again."""

    def __init__(self, folder: Path, card: dict) -> None:
        self.network = session(folder / card["file"])
        self.least_score, self.share = card["least_score"], card["share"]
        self.side, self.margin = card["input"]["width"], card["margin"]

    def again(self, picture: Image.Image, found: Found) -> Found:
        likely = found.scores >= self.least_score
        boxes, points = found.boxes[likely], found.points[likely]
        logits = self.share * crops.logit(found.scores[likely])
        for index, one in enumerate(boxes):
            crop = crops.cut(picture, one, self.side, self.margin)
            tensor = crop.astype(np.float32).transpose(2, 0, 1)[None]
            logits[index] += self.network.run(None, {"crop": tensor})[0].item()
        order = logits.argsort()[::-1]
        return Found(boxes[order], 1 / (1 + np.exp(-logits[order])), points[order])


class MienFinder:
    """With the second look, if the card beside the network names one."""

    def __init__(self, path: Path, second_look: bool = True) -> None:
        self.network, card = session(path), path.parent / "card.toml"
        height, width = self.network.get_inputs()[0].shape[2:]
        fixed = isinstance(width, int) and isinstance(height, int)
        self.sizes = ((width, height),) if fixed else SIZES
        facts = tomllib.loads(card.read_text()) if card.exists() else {}
        self.threshold = facts.get("output", {}).get("score_threshold", THRESHOLD)
        look = facts.get("second_look") if second_look else None
        self.second_look = SecondLook(path.parent, look) if look else None

    def find(self, picture: Image.Image) -> Found:
        def scale_in(size: tuple[int, int]) -> float:
            return min(size[0] / picture.width, size[1] / picture.height)

        canvas, scale = letterbox(picture, *max(self.sizes, key=scale_in))
        tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])
        names = ["scores", "boxes", "landmarks"]
        scores, boxes, points = self.network.run(names, {"picture": tensor})
        found = kept(boxes[0], scores[0], points[0], scale)
        return self.second_look.again(picture, found) if self.second_look else found

    def milliseconds(self, rounds: int = 60) -> float:
        return least_time(self.network, self.sizes[0], rounds)


class YuNetFinder:
    """YuNet-n (Apache 2.0), at 320x320 or, with a network of free size, at the picture's own."""

    threshold = THRESHOLD

    def __init__(self, path: Path) -> None:
        self.network = session(path)
        sides = self.network.get_inputs()[0].shape[2:]
        self.fixed = (sides[1], sides[0]) if all(isinstance(side, int) for side in sides) else None

    def find(self, picture: Image.Image, scale: float = 1.0) -> Found:
        if self.fixed:
            canvas, scale = letterbox(picture, *self.fixed)
        else:
            width, height = (round(side * scale) for side in picture.size)
            room = [-(-side // 32) * 32 for side in (height, width)]
            canvas = np.zeros((*room, 3), np.float32)
            small = picture.resize((width, height), Image.Resampling.BILINEAR)
            canvas[:height, :width] = np.asarray(small, np.float32)
        tensor = np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None])
        names = [output.name for output in self.network.get_outputs()]
        given = {self.network.get_inputs()[0].name: tensor}
        answers = dict(zip(names, self.network.run(names, given), strict=True))
        parts = [self.decode(answers, stride, canvas.shape) for stride in STRIDES]
        scores, boxes, points = (np.concatenate(group) for group in zip(*parts, strict=True))
        return kept(boxes, scores, points, scale)

    @staticmethod
    def decode(answers: dict[str, np.ndarray], stride: int, shape: tuple[int, ...]) -> tuple:
        rows, columns = np.mgrid[0 : shape[0] // stride, 0 : shape[1] // stride]
        corners = np.stack([columns.ravel(), rows.ravel()], 1)
        classes, objects = (
            answers[f"{name}_{stride}"].ravel().clip(0, 1) for name in ("cls", "obj")
        )
        box = answers[f"bbox_{stride}"].reshape(-1, 4)
        middle = (corners + box[:, :2]) * stride
        half = np.exp(box[:, 2:]) * stride / 2
        points = (answers[f"kps_{stride}"].reshape(-1, 5, 2) + corners[:, None]) * stride
        return np.sqrt(classes * objects), np.concatenate([middle - half, middle + half], 1), points

    def milliseconds(self, rounds: int = 60) -> float:
        return least_time(self.network, self.fixed or (320, 320), rounds)


def open_finder(path: Path) -> Finder:
    """By the names of the outputs."""
    names = {output.name for output in session(path).get_outputs()}
    return YuNetFinder(path) if "cls_8" in names else MienFinder(path)
