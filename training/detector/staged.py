"""Portraits staged as a webcam may see them, and pictures without a face."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw

from . import data, mask

FRAME = (640, 480)
SEED = 11
PER_SCENE = 4


class Stage:
    """A frame with one face, and where in it the face is."""

    def __init__(
        self,
        portrait: data.Picture,
        backdrop: Image.Image,
        height: float,
        middle: tuple[float, float] = (0.5, 0.5),
        degrees: float = 0.0,
    ) -> None:
        face = portrait.scores.argmax()
        box, points = portrait.boxes[face], portrait.points[face]
        scale = height * FRAME[1] / (box[3] - box[1])
        cos, sin = (turn(math.radians(degrees)) * scale for turn in (math.cos, math.sin))
        place = np.array([middle[0] * FRAME[0], middle[1] * FRAME[1]])
        centre = (box[:2] + box[2:]) / 2
        forward = np.array([[cos, -sin], [sin, cos]])
        inverse = np.linalg.inv(forward)
        matrix = np.column_stack([inverse, centre - inverse @ place]).ravel()
        source = portrait.image
        shrink = 1
        while scale * shrink < 0.6:
            shrink *= 2
        small = source.reduce(shrink)
        drawn = small.transform(
            FRAME, Image.Transform.AFFINE, tuple(matrix / shrink), Image.Resampling.BILINEAR
        )
        inside = Image.new("L", small.size, 255).transform(
            FRAME, Image.Transform.AFFINE, tuple(matrix / shrink)
        )
        self.frame = Image.composite(drawn, backdrop, inside)
        self.points = (points - centre) @ forward.T + place
        size = (box[2:] - box[:2]) * scale
        self.box = np.concatenate([place - size / 2, place + size / 2])
        self.eyes = float(np.linalg.norm(self.points[1] - self.points[0]))

    def pixels(self, change: Callable[[np.ndarray], np.ndarray]) -> "Stage":
        values = change(np.asarray(self.frame, np.float32)).clip(0, 255)
        self.frame = Image.fromarray(values.astype(np.uint8))
        return self

    def mask(self) -> "Stage":
        """A surgical mask, from below the eyes to the chin."""
        outline = mask.corners(self.points, reach=0.75, nose=0.3, chin=0.7, narrow=0.375)
        ImageDraw.Draw(self.frame).polygon(outline, (150, 180, 205))
        return self

    def glasses(self) -> "Stage":
        """Dark rims with tinted lenses."""
        draw, reach = ImageDraw.Draw(self.frame), 0.36 * self.eyes
        rim = max(2, round(0.06 * self.eyes))
        for eye in self.points[:2]:
            oval = [*(eye - reach), *(eye + reach)]
            draw.ellipse(oval, fill=(60, 60, 65), outline=(15, 15, 15), width=rim)
        draw.line([tuple(self.points[0]), tuple(self.points[1])], (15, 15, 15), rim)
        return self

    def seen(self, boxes: np.ndarray) -> bool:
        """Whether a box lies where the face is: its middle within 0.4 of the face's size, and its
        size within a factor of 1.7, of the whole face or of the part inside the frame."""
        inside = np.clip(self.box, 0, [*FRAME, *FRAME])
        for box in (self.box, inside):
            size = math.sqrt((box[2:] - box[:2]).prod())
            away = np.linalg.norm((boxes[:, :2] + boxes[:, 2:] - box[:2] - box[2:]) / 2, axis=1)
            sizes = np.sqrt((boxes[:, 2:] - boxes[:, :2]).clip(1e-3).prod(1))
            if ((away < 0.4 * size) & (np.abs(np.log(sizes / size)) < math.log(1.7))).any():
                return True
        return False


def dark(random: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: pixels * 0.18 + random.normal(0, 5, pixels.shape)


def side_lit(pixels: np.ndarray) -> np.ndarray:
    across = np.linspace(-1, 1, pixels.shape[1])[None, :, None]
    return pixels * (0.15 + 0.85 / (1 + np.exp(-across * 12)))


def cases(
    portrait: data.Picture, backdrop: Image.Image, random: np.random.Generator
) -> Iterator[tuple[str, Stage]]:
    yield "plain", Stage(portrait, backdrop, 0.4)
    yield "fills 90 % of the height", Stage(portrait, backdrop, 0.9)
    yield "one half visible", Stage(portrait, backdrop, 0.5, (0.0, 0.5))
    yield "dark, with noise", Stage(portrait, backdrop, 0.4).pixels(dark(random))
    yield "lit from one side", Stage(portrait, backdrop, 0.4).pixels(side_lit)
    yield "mask (drawn)", Stage(portrait, backdrop, 0.4).mask()
    yield "glasses (drawn)", Stage(portrait, backdrop, 0.4).glasses()
    yield "tilted by 30°", Stage(portrait, backdrop, 0.4, degrees=30)
    yield "tilted by 60°", Stage(portrait, backdrop, 0.4, degrees=60)


def without_faces(scenes: list[data.Picture], count: int) -> list[Image.Image]:
    """Parts of held-back scenes, 4:3, that touch no drawn box and no doubt of the teacher; at most
    `PER_SCENE` of one scene."""
    random = np.random.default_rng(SEED)
    parts: list[Image.Image] = []
    left_over = {index: PER_SCENE for index in range(len(scenes))}
    for _ in range(200 * count):
        if len(parts) == count or not left_over:
            break
        chosen = int(random.choice(list(left_over)))
        scene = scenes[chosen]
        width = int(random.uniform(0.3, 1) * min(scene.image.width, scene.image.height * 4 / 3))
        height = width * 3 // 4
        left = int(random.integers(scene.image.width - width + 1))
        top = int(random.integers(scene.image.height - height + 1))
        part = np.array([left, top, left + width, top + height])
        faces = np.concatenate([scene.truth, scene.boxes])
        touches = (faces[:, :2] < part[2:]).all(1) & (faces[:, 2:] > part[:2]).all(1)
        if width >= 160 and not touches.any():
            left_over[chosen] -= 1
            if left_over[chosen] == 0:
                del left_over[chosen]
            crop = scene.image.crop(tuple(part))
            parts.append(crop.resize(FRAME, Image.Resampling.BILINEAR))
    return parts
