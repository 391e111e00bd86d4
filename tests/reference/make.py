"""Makes the reference that tests/pipeline holds the core against, with another runtime.

    python tests/reference/make.py      (needs onnxruntime, numpy and pillow; nothing else does)

For each NAME.png (drawn by the ignored test `draw_the_pictures`) it writes
  NAME.canvas.png  the picture fitted into the detector's input by Pillow
  NAME.crop.png    the strongest face, cut out by Pillow at the landmarks that the detector gave
  NAME.look.png    the square around its box that the detector's second look is shown
  NAME.f32         little-endian floats, one after the other: scores (2730), boxes (2730 x 4) and
                   landmarks (2730 x 10) of the canvas; the five landmarks of the strongest face
                   in pixels of the picture (x, y); logits of the crop (8) and of its mirror
                   image (8); the strongest box (4), likewise, and the logit of the second look (1)
"""

import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "models"
NAMES = ["near", "tilted", "far"]

# Above this many picture pixels a crop pixel, the picture is averaged down first.
SHRINK_ABOVE = 1.6


def load(name, section=None):
    card = tomllib.loads((MODELS / name / "card.toml").read_text())
    card = card[section] if section else card
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = str(MODELS / name / card["file"])
    return card, onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def letterbox(picture, width, height):
    scale = min(width / picture.width, height / picture.height)
    size = (round(picture.width * scale), round(picture.height * scale))
    canvas = Image.new("RGB", (width, height))
    canvas.paste(picture.resize(size, Image.BILINEAR))
    return canvas, scale


def cut(picture, turn, shift, size):
    """The crop whose pixels lie at `turn @ pixel + shift` of the picture."""
    shrink = 1
    while np.hypot(*turn[:, 0]) / shrink > SHRINK_ABOVE:
        shrink *= 2
    if shrink > 1:
        picture = picture.resize((picture.width // shrink, picture.height // shrink), Image.BOX)
    affine = np.column_stack([turn, shift]).ravel() / shrink
    return picture.transform(size, Image.AFFINE, tuple(affine), Image.BILINEAR)


def align(picture, points, template, size):
    """The crop whose similarity transform takes `template` closest to `points`."""
    a, b = template - template.mean(0), points - points.mean(0)
    norm = (a**2).sum()
    cos = (a * b).sum() / norm
    sin = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / norm
    turn = np.array([[cos, -sin], [sin, cos]])
    return cut(picture.convert("L"), turn, points.mean(0) - turn @ template.mean(0), size)


def surround(picture, box, margin, size):
    """The upright square around `box`, its side in longer sides of the box."""
    per_pixel = margin * (box[2:] - box[:2]).max() / size[0]
    corner = (box[:2] + box[2:]) / 2 - per_pixel * np.array(size) / 2
    return cut(picture, np.eye(2) * per_pixel, corner, size)


def main():
    detector_card, detector = load("mien-detector")
    look_card, look = load("mien-detector", "second_look")
    emotion_card, emotion = load("mien-emotion-48")
    output = detector_card["output"]
    wanted = [output["scores"], output["boxes"], output["landmarks"]]
    template = np.array(emotion_card["framing"]["template"])
    size = (emotion_card["input"]["width"], emotion_card["input"]["height"])
    for name in NAMES:
        picture = Image.open(HERE / f"{name}.png").convert("RGB")
        given = detector_card["input"]
        canvas, scale = letterbox(picture, given["width"], given["height"])
        canvas.save(HERE / f"{name}.canvas.png", optimize=True)
        tensor = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None]
        scores, boxes, landmarks = detector.run(wanted, {detector.get_inputs()[0].name: tensor})
        points = landmarks[0, scores[0].argmax()].reshape(5, 2) / scale
        crop = align(picture, points.astype(np.float64), template, size)
        crop.save(HERE / f"{name}.crop.png", optimize=True)
        logits = []
        for face in crop, crop.transpose(Image.FLIP_LEFT_RIGHT):
            tensor = np.asarray(face, np.float32)[None, None]
            answer = emotion.run([emotion_card["output"]["name"]],
                                 {emotion.get_inputs()[0].name: tensor})
            logits.append(answer[0])
        box = boxes[0, scores[0].argmax()].astype(np.float64) / scale
        look_size = (look_card["input"]["width"], look_card["input"]["height"])
        square = surround(picture, box, look_card["margin"], look_size)
        square.save(HERE / f"{name}.look.png", optimize=True)
        tensor = np.asarray(square, np.float32).transpose(2, 0, 1)[None]
        again = look.run(None, {look.get_inputs()[0].name: tensor})[0]
        numbers = [scores, boxes, landmarks, points, *logits, box, again]
        flat = np.concatenate([np.asarray(part, "<f4").ravel() for part in numbers])
        (HERE / f"{name}.f32").write_bytes(flat.tobytes())
        read = emotion_card["output"]["labels"][int(logits[0].argmax())]
        print(f"{name}: score {scores.max():.3f}, again {again.item():.2f}, reads {read}")


if __name__ == "__main__":
    main()
