"""Training pictures: parts of scenes and portraits, warped together with their boxes and points."""

import math
import random as stdlib_random
import string
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from . import STRIDES, data, mask

# Faces smaller than this at the network's input are neither asked for nor forbidden.
LEAST_FACE = 12
# Widths of faces that the cells of each stride answer for; the ranges overlap.
RANGES = ((0, 44), (36, 100), (80, math.inf))
# Outside its range by less than this factor a stride is asked nothing about a face.
NEARLY = 1.15

LETTERS = string.ascii_letters + string.digits + "&@?!"

# What a face asks of the network.
DOUBT, POINTS_KNOWN, BOX_ONLY = 0, 1, 2


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


@dataclass
class Source:
    """A picture as training uses it: what the teacher and people say, joined."""

    picture: data.Picture
    boxes: np.ndarray
    points: np.ndarray
    kinds: np.ndarray

    @cached_property
    def levels(self) -> list[Image.Image]:
        """The picture, then halved again and again; read when it is first drawn."""
        levels = [self.picture.image]
        while min(levels[-1].size) > 40:
            levels.append(levels[-1].reduce(2))
        return levels

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.picture.size

    @classmethod
    def of(cls, picture: data.Picture) -> "Source":
        boxes, points = list(picture.boxes), list(picture.points)
        kinds = [POINTS_KNOWN if score >= data.SURE else DOUBT for score in picture.scores]
        overlaps = data.overlap(picture.truth, picture.boxes)
        for drawn, row in zip(picture.truth, overlaps, strict=True):
            if len(row) and row.max() > 0.35:
                # People and the teacher agree: no doubt is left, and the box is that of people.
                boxes[row.argmax()], kinds[row.argmax()] = drawn, POINTS_KNOWN
                continue
            least = (drawn[2:] - drawn[:2]).min()
            if least >= 3:
                boxes.append(drawn)
                points.append(np.zeros((5, 2), np.float32))
                kinds.append(BOX_ONLY if least >= 20 else DOUBT)
        return cls(
            picture,
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(points, np.float32).reshape(-1, 5, 2),
            np.array(kinds, int),
        )


@dataclass
class Sample:
    pixels: np.ndarray
    """`[H, W, 3]` f32, 0 to 255."""
    boxes: np.ndarray
    points: np.ndarray
    kinds: np.ndarray


@dataclass
class Sources:
    scenes: list[Source]
    portraits: list[Source]
    faceless: list[Source] = field(default_factory=list)
    """Pictures without any face."""

    @classmethod
    def load(cls, labels: Path, folder: Path, faceless: Path | None) -> "Sources":
        """What training may see; `folder` holds the pictures that `labels` are of."""
        scenes = data.load_labels(labels / "scenes.npz", folder / "wider_train/images")
        portraits = data.load_labels(labels / "portraits.npz", folder / "lfw_faces")
        without = data.load_faceless(faceless) if faceless else []
        return cls(
            [Source.of(one) for one in scenes if not data.held_back(one.path.name)],
            [
                Source.of(one)
                for one in portraits
                if not data.held_back(one.path.name) and (one.scores >= data.SURE).any()
            ],
            [Source.of(one) for one in without],
        )


class Sampler:
    """Draws samples; the same seed draws the same ones."""

    def __init__(self, sources: Sources, seed: int, empty: float) -> None:
        self.scenes, self.portraits = sources.scenes, sources.portraits
        self.faceless, self.empty = sources.faceless, empty
        self.random = stdlib_random.Random(seed)
        self.numbers = np.random.default_rng(seed)

    def draw(self, width: int, height: int) -> Sample:
        chance = self.random.random()
        if chance < self.empty:
            sample = self.without_face(width, height)
        elif chance < self.empty + 0.68 * (1 - self.empty) or not self.portraits:
            sample = self.around_face(self.random.choice(self.scenes), width, height, inside=True)
        else:
            sample = self.portrait(width, height)
        if self.random.random() < 0.06:
            self.masked(sample)
        if self.random.random() < 0.2:
            self.clutter(sample)
        sample.pixels = self.faults(self.colours(sample.pixels))
        return sample

    def warp(
        self,
        source: Source,
        size: tuple[int, int],
        scale: float,
        centre: tuple[float, float],
        turn: float,
        mirror: bool,
        fill: tuple[int, int, int],
    ) -> Sample:
        """`centre`, in the source, lands in the middle; `scale` is pixels per source pixel."""
        level, step = 0, scale
        while step < 0.6 and level + 1 < len(source.levels):
            level, step = level + 1, step * 2
        width, height = size
        middle = np.array([width / 2, height / 2])
        cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
        forward = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if mirror else 1.0, 1.0])
        inverse = np.linalg.inv(forward)
        matrix = np.column_stack([inverse, np.array(centre) - inverse @ middle])
        drawn = source.levels[level].transform(
            size,
            Image.Transform.AFFINE,
            tuple(matrix.ravel() / 2**level),
            Image.Resampling.BILINEAR,
            fillcolor=fill,
        )
        points = (source.points - centre) @ forward.T + middle
        if mirror:
            points = points[:, [1, 0, 2, 4, 3]]
        middles = ((source.boxes[:, :2] + source.boxes[:, 2:]) / 2 - centre) @ forward.T + middle
        sides = (source.boxes[:, 2:] - source.boxes[:, :2]) * scale
        # A turned face fills a box between its own and its box on its side.
        lying = 0.35 * abs(math.sin(turn))
        half = (sides * (1 - lying) + sides[:, ::-1] * lying) / 2
        boxes = np.concatenate([middles - half, middles + half], 1)
        return Sample(np.asarray(drawn, np.float32), boxes, points, source.kinds)

    def around_face(self, source: Source, width: int, height: int, inside: bool) -> Sample:
        """A face of any size at any place; `inside` keeps the sample within the picture mostly."""
        random = self.random
        turn = math.radians(
            random.gauss(0, 9) if random.random() < 0.75 else random.uniform(-70, 70)
        )
        faces = np.flatnonzero(source.kinds != DOUBT)
        whole_width, whole_height = source.size
        if len(faces) and random.random() < 0.93:
            box = source.boxes[random.choice(list(faces))]
            size = math.sqrt(max(1.0, float((box[2:] - box[:2]).prod())))
            wanted = random.uniform(math.log(13), math.log(0.95 * min(width, height)))
            scale = min(math.exp(wanted) / size, 3.0)
            if inside and random.random() < 0.8:
                # The scene fills the sample, or nearly so, as a camera's picture does.
                covering = max(width / whole_width, height / whole_height)
                scale = max(scale, covering * random.uniform(0.7, 1))
            x = (box[0] + box[2]) / 2 + random.uniform(-0.42, 0.42) * width / scale
            y = (box[1] + box[3]) / 2 + random.uniform(-0.42, 0.42) * height / scale
            if inside and random.random() < 0.85:
                x, y = (
                    min(max(place, side / scale / 2), max(whole - side / scale / 2, whole / 2))
                    for place, side, whole in ((x, width, whole_width), (y, height, whole_height))
                )
        else:
            scale = math.exp(random.uniform(math.log(0.25), math.log(1.5)))
            x, y = random.uniform(0.1, 0.9) * whole_width, random.uniform(0.1, 0.9) * whole_height
        return self.warp(
            source, (width, height), scale, (x, y), turn, random.random() < 0.5, self.any_colour()
        )

    def without_face(self, width: int, height: int) -> Sample:
        """Part of a scene that touches no face and no doubt: torsos, hands, letters, wheels; or of
        a picture that has none."""
        random = self.random
        for _ in range(50):
            other = self.faceless and random.random() < 0.5
            source = random.choice(self.faceless if other else self.scenes)
            whole_width, whole_height = source.size
            largest = min(whole_width / width, whole_height / height)
            per_pixel = math.exp(random.uniform(math.log(0.25 * largest), math.log(largest)))
            x = random.uniform(width * per_pixel / 2, whole_width - width * per_pixel / 2)
            y = random.uniform(height * per_pixel / 2, whole_height - height * per_pixel / 2)
            half = np.array([width, height]) * per_pixel / 2
            low, high = np.array([x, y]) - half, np.array([x, y]) + half
            if not ((source.boxes[:, :2] < high) & (source.boxes[:, 2:] > low)).all(1).any():
                return self.warp(
                    source,
                    (width, height),
                    1 / per_pixel,
                    (x, y),
                    math.radians(random.gauss(0, 4)),
                    random.random() < 0.5,
                    self.any_colour(),
                )
        return self.around_face(random.choice(self.scenes), width, height, inside=True)

    def portrait(self, width: int, height: int) -> Sample:
        """A portrait, in three of four before a scene, whose faces it covers are gone."""
        front = self.around_face(self.random.choice(self.portraits), width, height, inside=False)
        if self.random.random() >= 0.75:
            return front
        if self.faceless and self.random.random() < 0.3:
            behind = self.without_face(width, height)
        else:
            behind = self.around_face(self.random.choice(self.scenes), width, height, inside=True)
        free = (front.pixels == front.pixels[0, 0]).all(2)
        if free.mean() < 0.2 or not free[-1, -1]:
            return front
        pixels = np.where(free[..., None], behind.pixels, front.pixels)
        kinds, kept = behind.kinds.copy(), []
        for index, box in enumerate(behind.boxes):
            left, top, right, bottom = (
                int(value) for value in box.clip(0, [width, height, width, height])
            )
            shown = free[top:bottom, left:right]
            visible = float(shown.mean()) if shown.size else 0.0
            if visible < 0.75:
                kinds[index] = DOUBT
            if visible > 0.15:
                kept.append(index)
        return Sample(
            pixels,
            *(
                np.concatenate([ours, theirs[kept]])
                for ours, theirs in (
                    (front.boxes, behind.boxes),
                    (front.points, behind.points),
                    (front.kinds, kinds),
                )
            ),
        )

    def any_colour(self) -> tuple[int, int, int]:
        return tuple(int(value) for value in self.numbers.integers(0, 256, 3))

    def colours(self, pixels: np.ndarray) -> np.ndarray:
        """Grey, another colour of the light, contrast, brightness, gamma: a table for each channel,
        as pixels are whole numbers here."""
        random = self.random
        values = np.arange(256, dtype=np.float64)[:, None].repeat(3, 1)
        if random.random() < 0.15:
            pixels = pixels.mean(2, keepdims=True).repeat(3, 2)
        elif random.random() < 0.5:
            values = values * self.numbers.uniform(0.8, 1.2, 3)
        values = (values - 128) * random.uniform(0.6, 1.3) + 128 + random.uniform(-35, 35)
        if random.random() < 0.3:
            gamma = math.exp(random.uniform(-0.7, 0.9))
            values = (values / 255).clip(1e-3, 1) ** gamma * 255
        table = values.clip(0, 255).astype(np.float32)
        whole = pixels.astype(np.uint8)
        return np.stack([table[whole[..., channel], channel] for channel in range(3)], 2)

    def masked(self, sample: Sample) -> None:
        """A cloth or a paper over nose and mouth of one face whose points are known."""
        random = self.random
        known = np.flatnonzero(sample.kinds == POINTS_KNOWN)
        if not len(known):
            return
        points = sample.points[random.choice(list(known))]
        if np.linalg.norm(points[1] - points[0]) < 2:
            return
        reach = random.uniform(0.6, 0.9)
        outline = mask.corners(
            points,
            reach,
            nose=random.uniform(0.1, 0.45),
            chin=random.uniform(0.5, 0.9),
            narrow=random.uniform(0.4, 0.9) * reach,
            fold=random.uniform(-0.1, 0.1),
        )
        picture = Image.fromarray(sample.pixels.astype(np.uint8))
        ImageDraw.Draw(picture).polygon(outline, self.any_colour())
        sample.pixels = np.asarray(picture, np.float32)

    def clutter(self, sample: Sample) -> None:
        """Lettering, wheels and chequers beside the faces: much of what is taken for one."""
        random, (height, width) = self.random, sample.pixels.shape[:2]
        picture = Image.fromarray(sample.pixels.astype(np.uint8))
        draw = ImageDraw.Draw(picture)
        for _ in range(random.randint(1, 4)):
            size = round(math.exp(random.uniform(math.log(14), math.log(0.6 * height))))
            word = "".join(random.choices(LETTERS, k=random.choice((1, 1, 2, 3, 5))))
            kind = random.choice(("word", "word", "wheel", "chequers"))
            x, y = random.uniform(0, width), random.uniform(0, height)
            middle = np.array([x, y])
            half = np.array([size * len(word) if kind == "word" else size, size]) / 2
            low, high = middle - half, middle + half
            if ((sample.boxes[:, :2] < high) & (sample.boxes[:, 2:] > low)).all(1).any():
                continue
            colour, other = self.any_colour(), self.any_colour()
            if kind == "word":
                rim = round(size * random.choice((0, 0, 0.04, 0.1)))
                style = {"font": font(size), "stroke_width": rim, "stroke_fill": other}
                draw.text((x, y), word, colour, anchor="mm", **style)
            elif kind == "wheel":
                draw.ellipse((*low, *high), colour, other, max(1, size // random.randint(8, 30)))
                holes, start = random.randint(0, 8), random.uniform(0, math.tau)
                for index in range(holes):
                    turn = start + math.tau * index / holes
                    away = 0.3 * size * np.array([math.cos(turn), math.sin(turn)])
                    draw.circle(tuple(middle + away), size * 0.06, other)
                draw.circle((x, y), size * random.uniform(0.03, 0.2), other)
            else:
                cells = random.randint(2, 5)
                for index in range(cells * cells):
                    corner = low + size / cells * np.array(divmod(index, cells))
                    square = (*corner, *(corner + size / cells))
                    draw.rectangle(square, (colour, other)[sum(divmod(index, cells)) % 2])
        sample.pixels = np.asarray(picture, np.float32)

    def faults(self, pixels: np.ndarray) -> np.ndarray:
        """Blur, low resolution, a covering patch, light from the side, noise."""
        random, (height, width) = self.random, pixels.shape[:2]
        if random.random() < 0.25:
            picture = Image.fromarray(pixels.astype(np.uint8))
            if random.random() < 0.6:
                picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.6)))
            else:
                picture = picture.resize((width // 2, height // 2), Image.Resampling.BILINEAR)
                picture = picture.resize((width, height), Image.Resampling.BILINEAR)
            pixels = np.array(picture, np.float32)
        if random.random() < 0.15:
            most = height // 3
            tall, wide = random.randint(8, most), random.randint(8, most)
            top, left = random.randint(0, height - tall), random.randint(0, width - wide)
            pixels = pixels.copy()
            pixels[top : top + tall, left : left + wide] = self.any_colour()
        if random.random() < 0.1:
            across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
            across *= random.choice((-1, 1))
            dark = random.uniform(0.15, 0.7)
            pixels = pixels * (dark + (1 - dark) / (1 + np.exp(-across * random.uniform(3, 12))))
        if random.random() < 0.2:
            noise = self.numbers.standard_normal(pixels.shape, np.float32)
            pixels = pixels + random.uniform(2, 14) * noise
        return pixels.clip(0, 255).astype(np.float32)


def targets(
    sample: Sample, width: int, height: int, cells: np.ndarray, strides: np.ndarray
) -> np.ndarray:
    """`[cells, 16]`: 1 for a face, 0 for none, -1 where nothing is asked; box; points; 1 if the
    points are known."""
    middles = (cells + 0.5) * strides
    flat = strides[:, 0]
    owner, silent = np.full(len(cells), -1), np.zeros(len(cells), bool)
    nearest = np.full(len(cells), np.inf)
    for index, (box, kind) in enumerate(zip(sample.boxes, sample.kinds, strict=True)):
        sides, centre = box[2:] - box[:2], (box[:2] + box[2:]) / 2
        size = math.sqrt(max(float(sides.prod()), 1e-6))
        if (centre < -size).any() or centre[0] > width + size or centre[1] > height + size:
            continue
        shown = (np.minimum(box[2:], [width, height]) - np.maximum(box[:2], 0)).clip(0)
        visible = float(shown.prod()) / max(float(sides.prod()), 1e-6)
        in_frame = 0 < centre[0] < width and 0 < centre[1] < height
        if kind == DOUBT or size < LEAST_FACE or visible < 0.45 or not in_frame:
            silent |= ((middles > box[:2] - 2) & (middles < box[2:] + 2)).all(1)
            continue
        away = np.abs(middles - centre).max(1)
        answers, nearly = np.zeros((2, len(cells)), bool)
        for stride, (low, high) in zip(STRIDES, RANGES, strict=True):
            answers |= (flat == stride) & (low <= size < high)
            nearly |= (flat == stride) & (low / NEARLY <= size < high * NEARLY)
        # Cells of a stride that is far too fine or too coarse must say that there is no face, or
        # they find a small one inside a large one.
        silent |= nearly & (away < 0.3 * size)
        chosen = answers & (away <= np.maximum(0.6 * flat, 0.12 * size)) & (away < nearest)
        owner[chosen], nearest[chosen] = index, away[chosen]
    result = np.zeros((len(cells), 16), np.float32)
    face = owner >= 0
    result[silent & ~face, 0] = -1
    result[face, 0] = 1
    result[face, 1:5] = sample.boxes[owner[face]]
    result[face, 5:15] = sample.points[owner[face]].reshape(-1, 10)
    result[face, 15] = sample.kinds[owner[face]] == POINTS_KNOWN
    return result
