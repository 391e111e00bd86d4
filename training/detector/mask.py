"""Where a mask lies on a face."""

import numpy as np


def corners(
    points: np.ndarray, reach: float, nose: float, chin: float, narrow: float, fold: float = 0.0
) -> list[tuple[float, float]]:
    """Five corners of a mask on the face with these five points; lengths in eye distances: from
    the middle to its sides, from its top down to the tip of the nose, from the mouth to its lower
    edge, half of that edge, and how far its top hangs down in the middle."""
    eye, other, tip, left, right = points
    eyes = np.linalg.norm(other - eye)
    across, down = other - eye, (left + right - eye - other) / 2
    down = down * (eyes / max(np.linalg.norm(down), 1e-6))
    top, low = tip - nose * down, (left + right) / 2 + chin * down
    outline = [
        top - reach * across,
        top + fold * down,
        top + reach * across,
        low + narrow * across,
        low - narrow * across,
    ]
    return [tuple(corner) for corner in outline]
