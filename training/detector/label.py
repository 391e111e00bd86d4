"""Labels pictures once with YuNet-n at high resolution, and joins the boxes that people drew.

python -m detector.label scenes     (writes runs/detector/scenes.npz)
python -m detector.label portraits  (writes runs/detector/portraits.npz)
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from . import data, finders

# Scales at which the teacher looks at each picture; small faces need the first, large the second.
SCALES = {"scenes": (1.0, 0.5), "portraits": (1.0,)}
# A label below this is not kept, and one below `data.SURE` is a doubt.
LEAST_SCORE = 0.2
SAME_FACE = 0.45


def label(
    teacher: finders.YuNetFinder, picture: Image.Image, scales: tuple[float, ...]
) -> finders.Found:
    seen = [teacher.find(picture, scale) for scale in scales]
    boxes, scores, points = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    chosen = data.suppress(boxes, scores, SAME_FACE)
    chosen = chosen[scores[chosen] >= LEAST_SCORE]
    return finders.Found(boxes[chosen], scores[chosen], points[chosen])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=list(SCALES))
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument(
        "--teacher",
        type=Path,
        default=Path("../../shared/models/third_party/yunet_n/yunet_n_dynamic.onnx"),
    )
    parser.add_argument("--out", type=Path, default=Path("runs/detector"))
    parser.add_argument("--first", type=int, help="only so many pictures")
    given = parser.parse_args()
    scenes = given.what == "scenes"
    folder = given.data / ("wider_train/images" if scenes else "lfw_faces")
    drawn = data.read_truth(given.data / "wider_train/boxes.csv") if scenes else {}
    teacher = finders.YuNetFinder(given.teacher)
    paths = sorted(folder.iterdir())[: given.first]
    none = np.zeros((0, 4), np.float32)
    found, truth = [], []
    for index, path in enumerate(paths):
        with Image.open(path) as picture:
            found.append(label(teacher, picture.convert("RGB"), SCALES[given.what]))
        truth.append(drawn.get(path.name, none))
        if index % 200 == 0:
            print(f"{index} of {len(paths)}", flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        given.out / f"{given.what}.npz",
        paths=np.array([path.name for path in paths]),
        ends=np.cumsum([len(one.scores) for one in found]),
        boxes=np.concatenate([one.boxes for one in found]).astype(np.float32),
        scores=np.concatenate([one.scores for one in found]).astype(np.float32),
        landmarks=np.concatenate([one.points for one in found]).astype(np.float32),
        truth_ends=np.cumsum([len(one) for one in truth]),
        truth=np.concatenate([none, *truth]).astype(np.float32),
    )


if __name__ == "__main__":
    main()
