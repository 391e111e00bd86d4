"""The second look: a small network that says of a box whether a face is in it.

    python -m detector.second_look collect     (boxes that the detector finds in training pictures)
    python -m detector.second_look train --out runs/detector/second_look
    python -m detector.second_look export runs/detector/second_look/weights.pt \\
        --out ../models/mien-detector/second_look.onnx
    python -m detector.second_look --smoke     (seconds, no data)

The detector sees 416x320 pixels of the whole picture. The second look sees the pixels of the camera
around one box. It learns from boxes that the detector finds in training pictures, so it learns what
the detector takes for faces.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from . import SIZES, data, finders
from .crops import SIDE, cut, logit
from .network import convolution
from .sampler import DOUBT, Sample, Sampler, Source, Sources
from .train import synthetic

# Weaker boxes are not looked at.
LEAST_SCORE = 0.2
# A box shows a face from the first overlap (IoU) on, and none up to the second; what lies between
# is not learned from.
FACE, NO_FACE = 0.5, 0.25
# Samples are drawn this much larger than the detector's input, as cameras give more pixels.
FINER = 2
# Logits that the exported network may differ by between the runtimes.
TOLERANCE = 1e-3


def judged(found: finders.Found, sample: Sample) -> np.ndarray:
    """1 where a box lies on a face, 0 where on none, -1 where that is open."""
    if not len(sample.boxes):
        return np.zeros(len(found.scores), np.int8)
    overlaps = data.overlap(found.boxes, sample.boxes.astype(np.float32))
    best, which = overlaps.max(1), overlaps.argmax(1)
    answer = np.full(len(best), -1, np.int8)
    answer[(best >= FACE) & (sample.kinds[which] != DOUBT)] = 1
    # A doubt that is touched at all stays open.
    doubts = sample.boxes[sample.kinds == DOUBT]
    touched = data.overlap(found.boxes, doubts.astype(np.float32)).max(1, initial=0) > 0
    answer[(best < NO_FACE) & ~touched] = 0
    return answer


def collect(finder: finders.Finder, sampler: Sampler, count: int) -> dict[str, np.ndarray]:
    crops, scores, faces = [], [], []
    for index in range(count):
        sample = sampler.draw(*(side * FINER for side in SIZES[0]))
        picture = Image.fromarray(sample.pixels.astype(np.uint8))
        found = finder.find(picture)
        for box, score, face in zip(found.boxes, found.scores, judged(found, sample), strict=True):
            if face >= 0 and score >= LEAST_SCORE:
                crops.append(cut(picture, box).transpose(2, 0, 1))
                scores.append(score)
                faces.append(face)
        if index % 1000 == 0:
            print(f"{index} of {count}: {len(faces)} boxes, {faces.count(1)} faces", flush=True)
    return {
        "crops": np.stack(crops),
        "scores": np.array(scores, np.float32),
        "faces": np.array(faces, np.int8),
    }


class SecondLook(nn.Module):
    """RGB `[N, 3, SIDE, SIDE]`, 0 to 255, to the logit of a face, `[N, 1]`."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            convolution(3, 24, 2),
            convolution(24, 48, 2),
            convolution(48, 64),
            convolution(64, 96, 2),
            convolution(96, 96),
        )
        self.drop = nn.Dropout(0.3)
        self.answer = nn.Linear(96 * (SIDE // 8) ** 2, 1)

    def forward(self, crops: Tensor) -> Tensor:
        maps = self.layers((crops - 127.5) / 64)
        return self.answer(self.drop(maps.flatten(1)))


class Joined(nn.Module):
    """Both looks as one: the logit of the crop, and a share of the detector's own."""

    def __init__(self) -> None:
        super().__init__()
        self.look = SecondLook()
        self.share = nn.Parameter(torch.tensor(0.5))

    def forward(self, crops: Tensor, first: Tensor) -> Tensor:
        return self.look(crops)[:, 0] + self.share * first


def varied(crops: Tensor, random: torch.Generator) -> Tensor:
    """Mirrored, shifted, scaled, and with other light, colours and noise; some without colours."""
    count = len(crops)

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=random)

    flip = torch.where(draw(0, 1) < 0.5, -1.0, 1.0)
    scale, x, y = draw(0.92, 1.08), draw(-0.08, 0.08), draw(-0.08, 0.08)
    zero = torch.zeros(count)
    matrix = torch.stack(
        [torch.stack([flip * scale, zero, x], 1), torch.stack([zero, scale, y], 1)], 1
    )
    grid = F.affine_grid(matrix, list(crops.shape), align_corners=False)
    crops = F.grid_sample(crops, grid, align_corners=False)
    colours = 1 + 0.2 * (2 * torch.rand(count, 3, 1, 1, generator=random) - 1)
    grey = (draw(0, 1) < 0.2)[:, None, None, None]
    crops = torch.where(grey, crops.mean(1, keepdim=True), crops * colours)
    contrast, light = draw(0.7, 1.25), draw(-25, 25)
    crops = (crops - 128) * contrast[:, None, None, None] + 128 + light[:, None, None, None]
    noise = torch.randn(crops.shape, generator=random) * draw(0, 8)[:, None, None, None]
    return covered((crops + noise).clamp(0, 255), random)


def covered(crops: Tensor, random: torch.Generator) -> Tensor:
    """Some with an even patch over the lower half, as a mask is, or over any part; some cut off at
    a side, as at the border of a frame."""
    rows = torch.arange(SIDE)[None, :, None] / SIDE
    columns = torch.arange(SIDE)[None, None, :] / SIDE
    chance = torch.rand(len(crops), 1, 1, generator=random)
    colour = 255 * torch.rand(len(crops), 3, 1, 1, generator=random)
    place = torch.rand(4, len(crops), 1, 1, generator=random)
    low = (rows > 0.5 + 0.08 * place[0]) & (rows < 0.8)
    mask = low & ((columns - 0.5).abs() < 0.18 + 0.12 * place[1])
    patch = ((rows - place[0]).abs() < 0.05 + 0.15 * place[2]) & (
        (columns - place[1]).abs() < 0.05 + 0.15 * place[3]
    )
    edge = 0.15 + 0.35 * place[0]
    beyond = torch.where(place[1] < 0.5, columns < edge, columns > 1 - edge)
    hidden = (mask & (chance < 0.12)) | (patch & (chance > 0.12) & (chance < 0.3))
    crops = torch.where(hidden[:, None], colour, crops)
    return torch.where((beyond & (chance > 0.9))[:, None], torch.zeros(1), crops)


def train(
    boxes: dict[str, np.ndarray],
    out: Path,
    epochs: int,
    seed: int,
    start: Path | None = None,
    threads: int = 1,
) -> Joined:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    random = torch.Generator().manual_seed(seed)
    crops = torch.from_numpy(boxes["crops"])
    first = torch.from_numpy(logit(boxes["scores"]).astype(np.float32))
    faces = torch.from_numpy(boxes["faces"].astype(np.float32))
    net, batch = load(start).train() if start else Joined(), 128
    steps = epochs * -(-len(faces) // batch)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    out.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs):
        began, losses = time.monotonic(), []
        for chosen in torch.randperm(len(faces), generator=random).split(batch):
            pixels = varied(crops[chosen].float(), random)
            answers = net(pixels, first[chosen])
            loss = F.binary_cross_entropy_with_logits(answers, faces[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        line = {
            "epoch": epoch,
            "loss": float(np.mean(losses)),
            "share": net.share.item(),
            "seconds": time.monotonic() - began,
        }
        print(json.dumps(line), flush=True)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        torch.save(net.state_dict(), out / "weights.pt")
    return net.eval()


def load(path: Path) -> Joined:
    net = Joined()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net.eval()


def write(net: Joined, path: Path) -> float:
    """Writes the second look without the detector's share; the difference to ONNX Runtime."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net.look,
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(path),
        opset_version=17,
        input_names=["crop"],
        output_names=["logit"],
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    crops = torch.randint(0, 256, (4, 3, SIDE, SIDE)).float()
    with torch.no_grad():
        expected = [net.look(crop[None]).item() for crop in crops]
    given = [session.run(None, {"crop": crop[None].numpy()})[0].item() for crop in crops]
    worst = float(np.abs(np.array(expected) - given).max())
    if worst > TOLERANCE:
        raise SystemExit(f"ONNX Runtime differs by {worst:.1e}, more than {TOLERANCE:.0e}")
    return worst


def smoke() -> None:
    class Oval:
        """Finds every drawn oval, and something else as well."""

        def find(self, picture: Image.Image) -> finders.Found:
            return finders.Found(
                np.array([[10, 10, 90, 90], [200, 200, 380, 400]], np.float32),
                np.array([0.6, 0.7], np.float32),
                np.zeros((2, 5, 2), np.float32),
            )

    sources = [Source.of(one) for one in synthetic(6)]
    boxes = collect(Oval(), Sampler(Sources(sources, []), seed=1, empty=0.3), 40)
    out = Path("runs/smoke/second_look")
    net = train(boxes, out, epochs=1, seed=0)
    write(load(out / "weights.pt"), out / "second_look.onnx")
    assert abs(net.share.item()) < 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["collect", "train", "export"])
    parser.add_argument("weights", type=Path, nargs="?")
    parser.add_argument("--model", type=Path, default=Path("../models/mien-detector/model.onnx"))
    parser.add_argument("--labels", type=Path, default=Path("runs/detector"))
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--faceless", type=Path, help="a folder of pictures without a face")
    parser.add_argument("--boxes", type=Path, nargs="+", default=[Path("runs/detector/boxes.npz")])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--samples", type=int, default=40_000)
    parser.add_argument("--empty", type=float, default=0.4, help="share of samples without a face")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    if given.smoke:
        smoke()
    elif given.what == "collect":
        sources = Sources.load(given.labels, given.data, given.faceless)
        sampler = Sampler(sources, given.seed, given.empty)
        boxes = collect(finders.MienFinder(given.model, second_look=False), sampler, given.samples)
        np.savez(given.out or given.boxes[0], **boxes)
    elif given.what == "train":
        files = [np.load(file) for file in given.boxes]
        names = ("crops", "scores", "faces")
        boxes = {name: np.concatenate([file[name] for file in files]) for name in names}
        out = given.out or Path("runs/detector/second_look")
        train(boxes, out, given.epochs, given.seed, given.weights, given.threads)
    elif given.what == "export" and given.weights and given.out:
        net = load(given.weights)
        difference = write(net, given.out)
        print(f"sha256 {hashlib.sha256(given.out.read_bytes()).hexdigest()}")
        print(f"{sum(weight.numel() for weight in net.look.parameters())} parameters")
        print(f"share of the detector's logit: {net.share.item():.4f}")
        print(f"ONNX Runtime differs by {difference:.1e} at most")
    else:
        parser.error("what is to be done? collect, train, export WEIGHTS --out FILE, or --smoke")


if __name__ == "__main__":
    main()
