"""What the second look is shown of a box."""

import numpy as np
from PIL import Image

# Side of the crop in pixels, and side of the square that it shows in longer sides of the box.
SIDE, MARGIN = 40, 1.4
# A crop may take this many picture pixels a pixel before the picture is averaged down.
SHRINK_ABOVE = 1.6


def cut(picture: Image.Image, box: np.ndarray) -> np.ndarray:
    """`[SIDE, SIDE]` u8, grey: the square around `box`; black beyond the picture."""
    per_pixel = MARGIN * float((box[2:] - box[:2]).max()) / SIDE
    corner = (box[:2] + box[2:]) / 2 - per_pixel * SIDE / 2
    grey, shrink = picture.convert("L"), 1
    while per_pixel / shrink > SHRINK_ABOVE:
        shrink *= 2
    if shrink > 1:
        grey = grey.reduce(shrink)
    matrix = np.array([per_pixel, 0, corner[0], 0, per_pixel, corner[1]]) / shrink
    return np.asarray(
        grey.transform(
            (SIDE, SIDE), Image.Transform.AFFINE, tuple(matrix), Image.Resampling.BILINEAR
        )
    )


def logit(score: np.ndarray) -> np.ndarray:
    score = np.clip(score, 1e-4, 1 - 1e-4)
    return np.log(score / (1 - score))
