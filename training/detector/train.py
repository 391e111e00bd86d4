"""Trains or refines the detector; a stop at any moment loses a few minutes at most.

    python -m detector.train --out runs/detector/NAME [--init WEIGHTS] [--minutes 90] [--resume]
    python -m detector.train --smoke       (seconds, no data: checks that every part works)

In the folder of the run: `log.jsonl`, `state.pt` (to resume), `weights.pt` (the running average).
"""

import copy
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from running import Training, follow, settings_of

from . import data, losses, network
from .sampler import Sampler, Source, Sources, targets

# Input sizes of a step with the number of pictures, and the share of steps with the large one. That
# is no smaller than in use, so that faces that fill a frame are as large.
SMALL, LARGE, LARGE_SHARE = ((192, 160), 24), ((448, 352), 8), 0.6
WARM_UP = 100
# A line with the mean losses is written each so many steps, a state at least so often (seconds).
ROUND = 200
STATE_EVERY = 120


@dataclass
class Settings:
    faceless: str = ""
    """A folder of pictures without a face, if there is one."""
    labels: str = "runs/detector"
    data: str = "../../shared/data"
    out: str = "runs/detector/latest"
    init: str = ""
    steps: int = 20_000
    minutes: float = 0.0
    """Where above 0, the schedule is squeezed into this time."""
    rate: float = 2e-3
    decay: float = 1e-3
    point_weight: float = 2.0
    empty: float = 0.12
    """Share of the samples that show no face."""
    average: float = 0.9985
    seed: int = 0
    threads: int = 1
    workers: int = 0
    """Processes that draw samples beside the one that learns; 0 draws them in that one."""
    bf16: bool = False
    resume: bool = False
    smoke: bool = False


def synthetic(count: int, seed: int = 0) -> list[data.Picture]:
    """Ovals with two dark spots on noise, with the boxes and points that they have."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:200, 0:260]
    pictures = []
    for _ in range(count):
        pixels = random.uniform(0, 120, (200, 260, 3))
        x, y, size = random.uniform(80, 180), random.uniform(80, 120), random.uniform(40, 60)
        pixels[((columns - x) / 0.4 / size) ** 2 + ((rows - y) / 0.5 / size) ** 2 < 1] = 200
        offsets = [[-0.18, -0.12], [0.18, -0.12], [0, 0.05], [-0.14, 0.22], [0.14, 0.22]]
        points = np.array([x, y]) + size * np.array(offsets)
        for point in points:
            pixels[(columns - point[0]) ** 2 + (rows - point[1]) ** 2 < (0.06 * size) ** 2] = 30
        box = np.array(
            [[x - 0.4 * size, y - 0.5 * size, x + 0.4 * size, y + 0.5 * size]], np.float32
        )
        picture = data.Picture(
            Path("drawn"), box, np.ones(1, np.float32), points[None].astype(np.float32), box.copy()
        )
        picture.image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        pictures.append(picture)
    return pictures


@cache
def grid(width: int, height: int) -> tuple[Tensor, Tensor]:
    return network.cells(width, height)


class Batches(IterableDataset):
    """Input size, pixels `[N, H, W, 3]` u8 and `targets` `[N, cells, 16]`, without end."""

    def __init__(self, sources: Sources, seed: int, empty: float) -> None:
        self.sources, self.seed, self.empty = sources, seed, empty

    def __iter__(self) -> Iterator[tuple[tuple[int, int], Tensor, Tensor]]:
        worker = get_worker_info()
        seed = self.seed + (1_000_000 * worker.id if worker else 0)
        sampler = Sampler(self.sources, seed, self.empty)
        while True:
            size, count = LARGE if sampler.random.random() < LARGE_SHARE else SMALL
            corners, strides = (part.numpy() for part in grid(*size))
            samples = [sampler.draw(*size) for _ in range(count)]
            wanted = [targets(sample, *size, corners, strides) for sample in samples]
            pixels = np.stack([sample.pixels for sample in samples]).astype(np.uint8)
            yield size, torch.from_numpy(pixels), torch.from_numpy(np.stack(wanted))


class Run(Training):
    def __init__(self, settings: Settings) -> None:
        self.open(settings)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = network.Detector()
        if settings.init:
            network.begin_from(self.net, network.weights_of(Path(settings.init)))
        self.net.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=settings.rate, weight_decay=settings.decay
        )
        self.start()
        # A resumed run goes on with other samples than it began with.
        batches = Batches(self.sources(), settings.seed + self.step, settings.empty)
        self.batches = iter(DataLoader(batches, batch_size=None, num_workers=settings.workers))

    def sources(self) -> Sources:
        given = self.settings
        if given.smoke:
            parts = [[Source.of(one) for one in synthetic(count, count)] for count in (6, 4)]
            return Sources(*parts)
        faceless = Path(given.faceless) if given.faceless else None
        return Sources.load(Path(given.labels), Path(given.data), faceless)

    def progress(self) -> float:
        """How far the schedule is, 0 to 1, by steps or by time, whichever is further."""
        minutes = self.settings.minutes
        by_time = self.seconds / (60 * minutes) if minutes > 0 else 0.0
        return max(self.step / self.settings.steps, by_time)

    def learn(self) -> dict[str, float]:
        (width, height), pixels, wanted = next(self.batches)
        corners, strides = grid(width, height)
        pixels = pixels.permute(0, 3, 1, 2).float()
        pixels = pixels.to(self.device, memory_format=torch.channels_last)
        slope = min(1, (self.step + 1) / WARM_UP)
        slope *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, self.progress())))
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.rate * slope
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            answers = self.net(pixels)
        loss, parts = losses.loss_of(
            answers.float(),
            wanted.to(self.device),
            corners.to(self.device),
            strides.to(self.device),
            self.settings.point_weight,
        )
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimiser.step()
        self.step += 1
        follow(self.average, self.net, self.step, self.settings.average)
        return parts

    def save(self) -> None:
        super().save()
        torch.save(self.average.state_dict(), self.folder / "weights.pt")

    def run(self) -> None:
        self.describe()
        sums: dict[str, float] = {}
        began, saved = 0, time.monotonic()
        while self.progress() < 1:
            clock = time.monotonic()
            for name, value in self.learn().items():
                sums[name] = sums.get(name, 0.0) + value
            self.seconds += time.monotonic() - clock
            began += 1
            if began == ROUND or self.progress() >= 1:
                line = {"step": self.step, "minutes": round(self.seconds / 60, 1)}
                line |= {name: round(value / began, 4) for name, value in sums.items()}
                self.log(line)
                sums, began = {}, 0
            if time.monotonic() - saved > STATE_EVERY or self.progress() >= 1:
                self.save()
                saved = time.monotonic()


def smoke(settings: Settings) -> None:
    """Every part once, on drawn ovals: sample, learn, resume, export, compare, find."""
    from . import export, finders, measure, staged

    with tempfile.TemporaryDirectory() as folder:
        settings.out, settings.steps = folder, 3
        Run(settings).run()
        settings.resume, settings.steps = True, 5
        Run(settings).run()
        file = Path(folder) / "model.onnx"
        difference = export.write(network.load(Path(folder) / "weights.pt"), file)
        finder = finders.open_finder(file)
        pictures = synthetic(3, seed=2)
        seen = measure.Scenes(finder, pictures)
        backdrop = Image.new("RGB", staged.FRAME, (90, 90, 90))
        found = measure.stage(finder, pictures, [backdrop], 0.6)
        print(
            f"smoke: recall {seen.at(0.6).recall}, {len(found)} staged cases, "
            f"ONNX and torch differ by {difference:.1e} at most"
        )


def main() -> None:
    settings = settings_of(Settings, __doc__)
    if settings.smoke:
        smoke(settings)
    else:
        Run(settings).run()


if __name__ == "__main__":
    main()
