"""Frames faces as Mien does: where our detector's points would put the crop.

python -m emotion.frame ferplus    (writes runs/emotion/aligned.npz: a matrix for each picture)
python -m emotion.frame portraits  (writes runs/emotion/unlabelled.npz: crops without labels)
"""

import argparse
import tomllib
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from detector import finders

from . import augment
from .data import CROP

# A FER+ picture is the middle of a frame this many times as large, as a face in front of a webcam.
ROOM = 3
# A crop may take this many picture pixels a pixel before the picture is averaged down.
SHRINK_ABOVE = 1.6


def similarity(points: np.ndarray, template: np.ndarray) -> np.ndarray:
    """`[2, 3]`: the turn, scale and shift that take `template` closest to `points`."""
    a, b = template - template.mean(0), points - points.mean(0)
    norm = (a**2).sum()
    cos = (a * b).sum() / norm
    sin = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / norm
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, points.mean(0) - turn @ template.mean(0)])


def grid_matrix(pixels: np.ndarray, side: int) -> np.ndarray:
    """The same in the units of `affine_grid`, where crop and picture reach from -1 to 1."""
    half_crop, half = CROP / 2, side / 2
    linear = pixels[:, :2] * half_crop / half
    shift = (pixels[:, :2] @ [half_crop, half_crop] + pixels[:, 2]) / half - 1
    return np.column_stack([linear, shift]).astype(np.float32)


def frame_of(image: np.ndarray) -> Image.Image:
    """The picture in the middle of a larger one whose border repeats its edges."""
    border = (ROOM - 1) * len(image) // 2
    return Image.fromarray(np.pad(image, border, mode="edge")).convert("RGB")


def frame_ferplus(finder: finders.Finder, template: np.ndarray, images: np.ndarray) -> np.ndarray:
    """`[N, 2, 3]` f32, NaN where no face was found near the middle."""
    result = np.full((len(images), 2, 3), np.nan, np.float32)
    side = images.shape[1]
    for index, image in enumerate(images):
        found = finder.find(frame_of(image))
        border = (ROOM - 1) * side / 2
        for score, points in zip(found.scores, found.points, strict=True):
            inner = points - border
            if score >= finder.threshold and (np.abs(inner.mean(0) - side / 2) < side / 4).all():
                result[index] = grid_matrix(similarity(inner, template), side)
                break
        if index % 2000 == 0:
            print(f"{index} of {len(images)}", flush=True)
    return result


def crop(picture: Image.Image, pixels: np.ndarray) -> np.ndarray:
    """`[48, 48]` u8 through a matrix of `similarity`, averaged down first where it must shrink."""
    grey, shrink = picture.convert("L"), 1
    while np.hypot(pixels[0, 0], pixels[1, 0]) / shrink > SHRINK_ABOVE:
        shrink *= 2
    if shrink > 1:
        grey = grey.reduce(shrink)
    return np.asarray(
        grey.transform(
            (CROP, CROP),
            Image.Transform.AFFINE,
            tuple(pixels.ravel() / shrink),
            Image.Resampling.BILINEAR,
        )
    )


def frame_portraits(finder: finders.Finder, template: np.ndarray, paths: list[Path]) -> np.ndarray:
    crops = []
    for path in paths:
        with Image.open(path) as picture:
            picture = picture.convert("RGB")
        found = finder.find(picture)
        if len(found.scores) and found.scores[0] >= finder.threshold:
            crops.append(crop(picture, similarity(found.points[0], template)))
    return np.stack(crops)


def check() -> float:
    """Largest difference in grey between Pillow's transform and ours; both must mean the same."""
    random = np.random.default_rng(0)
    smooth = Image.fromarray(random.integers(0, 256, (6, 6), dtype=np.uint8)).resize(
        (CROP, CROP), Image.Resampling.BICUBIC
    )
    pixels = np.array([[0.95, -0.1, 4.0], [0.1, 0.95, 1.0]])
    matrix = torch.from_numpy(grid_matrix(pixels, CROP))[None]
    image = torch.from_numpy(np.array(smooth, np.float32))[None, None]
    ours = augment.warp(image, matrix)[0, 0].numpy()
    pillow = np.asarray(
        smooth.transform(
            (CROP, CROP), Image.Transform.AFFINE, tuple(pixels.ravel()), Image.Resampling.BILINEAR
        )
    )
    inside = slice(8, -8)
    return float(np.abs(ours - pillow)[inside, inside].max())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["ferplus", "portraits", "check"])
    parser.add_argument("--models", type=Path, default=Path("../models"))
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/emotion"))
    parser.add_argument("--first", type=int, help="only so many pictures")
    given = parser.parse_args()
    if given.what == "check":
        print(f"Pillow and torch differ by {check():.1f} grey levels at most")
        return
    card = tomllib.loads((given.models / "mien-emotion-48/card.toml").read_text())
    template = np.array(card["framing"]["template"])
    finder = finders.open_finder(given.models / "mien-detector/model.onnx")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.what == "ferplus":
        with np.load(given.data / "ferplus.npz") as content:
            images = content["images"][: given.first]
        matrices = frame_ferplus(finder, template, images)
        np.savez_compressed(given.out / "aligned.npz", transforms=matrices)
        print(f"faces found in {1 - np.isnan(matrices).any((1, 2)).mean():.1%} of {len(images)}")
    else:
        paths = sorted((given.data / "lfw_faces").iterdir())[: given.first]
        crops = frame_portraits(finder, template, paths)
        np.savez_compressed(given.out / "unlabelled.npz", crops=crops)
        print(f"{len(crops)} crops of {len(paths)} pictures")


if __name__ == "__main__":
    main()
