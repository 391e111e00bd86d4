"""What the second look is shown of a box."""

import numpy as np
from PIL import Image

# Side of the crop in pixels, and side of the square that it shows in longer sides of the box.
SIDE, MARGIN = 48, 1.8
# A crop may take this many picture pixels a pixel before the picture is averaged down.
SHRINK_ABOVE = 1.6


def cut(
    picture: Image.Image, box: np.ndarray, side: int = SIDE, margin: float = MARGIN
) -> np.ndarray:
    """`[side, side, 3]` u8, RGB: the square around `box`; black beyond the picture."""
    per_pixel = margin * float((box[2:] - box[:2]).max()) / side
    corner = (box[:2] + box[2:]) / 2 - per_pixel * side / 2
    shrink = 1
    while per_pixel / shrink > SHRINK_ABOVE:
        shrink *= 2
    # No more of the picture than is needed, from a pixel on at which averaging begins anew.
    first = [max(0, int(place // shrink) - 2) * shrink for place in corner]
    last = [int(place + per_pixel * side) + 3 * shrink for place in corner]
    part = [min(high, whole) for high, whole in zip(last, picture.size, strict=True)]
    if part[0] <= first[0] or part[1] <= first[1]:
        return np.zeros((side, side, 3), np.uint8)
    around = picture.crop((*first, *part)).convert("RGB")
    if shrink > 1:
        around = around.reduce(shrink)
    corner = corner - first
    matrix = np.array([per_pixel, 0, corner[0], 0, per_pixel, corner[1]]) / shrink
    return np.asarray(
        around.transform(
            (side, side), Image.Transform.AFFINE, tuple(matrix), Image.Resampling.BILINEAR
        )
    )


def logit(score: np.ndarray) -> np.ndarray:
    score = np.clip(score, 1e-4, 1 - 1e-4)
    return np.log(score / (1 - score))
