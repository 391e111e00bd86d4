"""How good a detector is, on held-back pictures, staged portraits and pictures without a face.

    python -m detector.measure MODEL.onnx... [--threshold T] [--json FILE]

Takes ONNX files of this project and of YuNet-n.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from . import data, finders, staged

# Sizes of faces are widths in a picture that is scaled to this width.
REFERENCE_WIDTH = 1024
SIZES = (20, 40, 80)
# A box belongs to a face from this overlap (IoU) on.
MATCH = 0.5
# The nose of a face seen from the side lies this far from the middle of the eyes, in eye distances.
SIDEWAYS = 0.6
THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
ALARM_THRESHOLDS = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
# Precision at which two detectors are compared.
COMPARED_AT = 0.93


@dataclass(frozen=True)
class Scene:
    """What was found in one picture, matched with what is there."""

    scores: np.ndarray
    widths: np.ndarray
    right: np.ndarray
    """Whether each box lies on a face that people or the teacher named."""
    truth_widths: np.ndarray
    truth_scores: np.ndarray
    """The strongest box on each face that people drew; 0 where there is none."""
    teacher_widths: np.ndarray
    teacher_scores: np.ndarray
    distances: np.ndarray
    """Mean distance of the points to the teacher's, in its eye distances; NaN where not found."""
    sideways: np.ndarray


def look(finder: finders.Finder, picture: data.Picture) -> Scene:
    found = finder.find(picture.image)
    scale = REFERENCE_WIDTH / picture.image.width
    sure = picture.scores >= data.SURE
    teacher, points = picture.boxes[sure], picture.points[sure]
    on_truth = data.overlap(found.boxes, picture.truth)
    on_teacher = data.overlap(found.boxes, teacher)
    either = np.concatenate([on_truth, on_teacher], 1)

    def strongest(overlaps: np.ndarray) -> np.ndarray:
        return np.where(overlaps > MATCH, found.scores[:, None], 0).max(0, initial=0)

    eyes = np.linalg.norm(points[:, 1] - points[:, 0], axis=1).clip(1e-3)
    distances = np.full(len(teacher), np.nan)
    if len(found.boxes):
        nearest = on_teacher.argmax(0)
        hit = on_teacher.max(0) > MATCH
        apart = np.linalg.norm(found.points[nearest] - points, axis=2).mean(1) / eyes
        distances[hit] = apart[hit]
    across = (points[:, 1] - points[:, 0]) / eyes[:, None]
    nose = ((points[:, 2] - points[:, :2].mean(1)) * across).sum(1) / eyes
    return Scene(
        scores=found.scores,
        widths=(found.boxes[:, 2] - found.boxes[:, 0]) * scale,
        right=either.max(1, initial=0) > MATCH,
        truth_widths=(picture.truth[:, 2] - picture.truth[:, 0]) * scale,
        truth_scores=strongest(on_truth),
        teacher_widths=(teacher[:, 2] - teacher[:, 0]) * scale,
        teacher_scores=strongest(on_teacher),
        distances=distances,
        sideways=np.abs(nose) > SIDEWAYS,
    )


@dataclass(frozen=True)
class At:
    threshold: float
    recall: dict[int, float]
    precision: float
    points: dict[int, float]


class Scenes:
    """All held-back pictures, as one detector sees them."""

    def __init__(self, finder: finders.Finder, pictures: list[data.Picture]) -> None:
        self.seen = [look(finder, picture) for picture in pictures]

    def joined(self, name: str) -> np.ndarray:
        return np.concatenate([getattr(scene, name) for scene in self.seen])

    def precision(self, threshold: float) -> float:
        counted = self.joined("scores") >= threshold
        return float(self.joined("right")[counted].mean()) if counted.any() else 1.0

    def at(self, threshold: float) -> At:
        widths, scores = self.joined("truth_widths"), self.joined("truth_scores")
        teacher, distances = self.joined("teacher_widths"), self.joined("distances")
        counted = (self.joined("teacher_scores") >= threshold) & ~np.isnan(distances)
        return At(
            threshold=threshold,
            recall={
                size: float((scores[widths >= size] >= threshold).mean())
                for size in SIZES
                if (widths >= size).any()
            },
            precision=self.precision(threshold),
            points={
                size: float(np.median(distances[counted & (teacher >= size)]))
                for size in (20, 40, 80, 160)
                if (counted & (teacher >= size)).any()
            },
        )

    def from_the_side(self, threshold: float) -> tuple[float, int]:
        """Share found and number of the faces of at least 40 px that the camera sees sideways."""
        chosen = self.joined("sideways") & (self.joined("teacher_widths") >= 40)
        return float((self.joined("teacher_scores")[chosen] >= threshold).mean()), int(chosen.sum())

    def threshold_for(self, precision: float) -> float:
        """The least threshold with this precision."""
        steps = [step / 200 for step in range(20, 199)]
        return next((step for step in steps if self.precision(step) >= precision), steps[-1])


def stage(
    finder: finders.Finder, portraits: list[data.Picture], empty: list, threshold: float
) -> dict:
    """Share of the portraits found in each staged case."""
    random = np.random.default_rng(staged.SEED)
    seen: dict[str, list[bool]] = {}
    for index, portrait in enumerate(portraits):
        for name, one in staged.cases(portrait, empty[index % len(empty)], random):
            found = finder.find(one.frame)
            seen.setdefault(name, []).append(one.seen(found.boxes[found.scores >= threshold]))
    return {name: float(np.mean(hits)) for name, hits in seen.items()}


def alarms(finder: finders.Finder, empty: list) -> dict[float, int]:
    """Pictures without a face in which something is found, for each threshold."""
    strongest = np.array([finder.find(part).scores.max(initial=0) for part in empty])
    return {threshold: int((strongest >= threshold).sum()) for threshold in ALARM_THRESHOLDS}


def report(
    finder: finders.Finder,
    scenes: list[data.Picture],
    portraits: list[data.Picture],
    threshold: float,
    pictures_without: int = 300,
) -> dict:
    empty = staged.without_faces(scenes, pictures_without)
    seen = Scenes(finder, scenes)
    matched = seen.threshold_for(COMPARED_AT)
    share, count = seen.from_the_side(threshold)
    return {
        "pictures": len(scenes),
        "faces": {size: int((seen.joined("truth_widths") >= size).sum()) for size in SIZES},
        "own": asdict(seen.at(threshold)),
        "at_equal_precision": asdict(seen.at(matched)),
        "others": [asdict(seen.at(value)) for value in THRESHOLDS],
        "staged": stage(finder, portraits, empty, threshold),
        "from_the_side": {"found": share, "faces": count},
        "alarms": {"pictures": len(empty), "from_score": alarms(finder, empty)},
        "milliseconds": finder.milliseconds(),
    }


def describe(name: str, result: dict) -> str:
    def line(at: dict) -> str:
        recall = " ".join(f"{size}px {value:.3f}" for size, value in at["recall"].items())
        points = " ".join(f"{size}px {value:.3f}" for size, value in at["points"].items())
        return (
            f"score from {at['threshold']:.3f}: recall {recall} precision {at['precision']:.3f} "
            f"points {points}"
        )

    cases = ", ".join(f"{case} {value:.2f}" for case, value in result["staged"].items())
    side, alarm = result["from_the_side"], result["alarms"]
    return "\n    ".join(
        [
            name,
            line(result["own"]),
            "equal precision, " + line(result["at_equal_precision"]),
            cases,
            f"from the side {side['found']:.2f} of {side['faces']}; "
            f"alarms in {alarm['from_score']} of {alarm['pictures']}; "
            f"{result['milliseconds']:.1f} ms in ONNX Runtime",
        ]
    )


def load_held_back(labels: Path, folder: Path) -> list[data.Picture]:
    return [
        picture for picture in data.load_labels(labels, folder) if data.held_back(picture.path.name)
    ]


def choose_portraits(pictures: list[data.Picture], count: int = 100) -> list[data.Picture]:
    """The first held-back portraits with exactly one face that the teacher is sure of."""
    alone = [one for one in pictures if (one.scores >= 0.8).sum() == 1 and len(one.scores) == 1]
    return alone[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--threshold", type=float, help="for all; else that of each card")
    parser.add_argument("--labels", type=Path, default=Path("runs/detector"))
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    scenes = load_held_back(given.labels / "scenes.npz", given.data / "wider_train/images")
    portraits = choose_portraits(
        load_held_back(given.labels / "portraits.npz", given.data / "lfw_faces")
    )
    results = {}
    for path in given.models:
        finder = finders.open_finder(path)
        threshold = given.threshold or finder.threshold
        results[str(path)] = report(finder, scenes, portraits, threshold)
        print(describe(str(path), results[str(path)]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
