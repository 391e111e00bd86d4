"""Puts a front before a trained network that takes noise off the picture, and trains it.

    python -m emotion.denoise --out runs/emotion/NAME --init WEIGHTS
    python -m emotion.denoise --out runs/emotion/WHOLE --init runs/emotion/NAME/last.pt --whole 0.1
    python -m emotion.denoise --smoke      (seconds, no data: checks that every part works)

What the teacher says of the clean picture is what front and network shall say of the noisy one. The
network stays as it is unless `--whole` lets it learn too. One in ten of the training pictures is
kept back, and what is written of progress is measured on those, without the mirror image. The
network has seen them in its own training, so only differences count.

In the folder of the run: `run.json`, `log.jsonl`, `last.pt` (averaged weights), `state.pt` (to
resume); beside it `opinions_TEACHER.pt`, what the teacher says.
"""

import copy
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from running import Training, follow, settings_of

from . import augment, data, export, losses, measure, network, train

# Batches between two lines of the log.
LINE_EVERY = 150
# Batches over which the learning rate rises at the start.
WARM_UP = 100
# Every so many pictures one is kept back, and of those so many measure progress.
KEPT_EVERY, KEPT_MEASURED = 10, 1280


@dataclass
class Settings:
    data: str = "../../shared/data/ferplus.npz"
    framing: str = "runs/emotion/aligned.npz"
    unlabelled: str = "runs/emotion/unlabelled.npz"
    out: str = "runs/emotion/denoise"
    init: str = "weights/mien-emotion-48.pt"
    teacher: str = "weights/mien-emotion-48.pt"
    steps: int = 3000
    batch: int = 128
    rate: float = 1e-3
    whole: float = 0.0
    """The network's own rate as a share of that of the front; 0 leaves it as it is."""
    quiet: float = 0.1
    """Share of the pictures without noise."""
    faults: float = 0.4
    """Share of the pictures with other faults of webcams."""
    sigma: float = 40.0
    """The most noise, in grey levels."""
    pixels: float = 0.5
    """Weight of the difference to the picture without noise."""
    votes: float = 0.0
    """Weight of the votes against the teacher."""
    average: float = 0.995
    seed: int = 0
    threads: int = 2
    resume: bool = False
    smoke: bool = False


class Run(Training):
    def __init__(self, settings: Settings) -> None:
        self.open(settings)
        self.load()
        weights = network.weights_of(Path(settings.init))
        self.net = network.like(weights)
        if isinstance(self.net.front, nn.Identity):
            self.net = network.EmotionNet(self.net.width, front=True)
        self.net.load_state_dict(weights, strict=False)
        # Without dropout, and with the statistics of the clean network.
        self.net.eval().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net)
        fronts = list(self.net.front.parameters())
        rest = [*self.net.trunk.parameters(), *self.net.head.parameters()]
        groups = [{"params": fronts, "lr": settings.rate}]
        if settings.whole > 0:
            groups.append({"params": rest, "lr": settings.rate * settings.whole})
        else:
            for weight in rest:
                weight.requires_grad_(False)
        self.rates = [group["lr"] for group in groups]
        self.optimiser = torch.optim.Adam(groups)
        self.start()

    def load(self) -> None:
        given = self.settings
        if given.smoke:
            faces = data.synthetic(64, given.seed)
            unlabelled = faces.images[:16]
        else:
            framing, extra = Path(given.framing), Path(given.unlabelled)
            faces, _ = data.load_ferplus(Path(given.data), framing if framing.exists() else None)
            unlabelled = data.load_unlabelled(extra) if extra.exists() else faces.images[:0]
        file = self.folder.parent / f"opinions_{Path(given.teacher).stem}.pt"
        if not file.exists():
            torch.save(train.opinions_of([Path(given.teacher)], faces, unlabelled), file)
        labelled, free = torch.load(file, weights_only=True)
        labelled = (1 - given.votes) * labelled + given.votes * faces.votes
        kept = torch.arange(len(faces)) % KEPT_EVERY == 0
        self.kept = faces.select(kept & (faces.majority >= 0))
        self.kept = self.kept.select(torch.arange(len(self.kept)) < KEPT_MEASURED)
        self.images = torch.cat([faces.images[~kept], unlabelled])
        self.targets = torch.cat([labelled[~kept], free])
        still = torch.eye(2, 3).repeat(len(unlabelled), 1, 1)
        self.framing = torch.cat([faces.framing[~kept], still])

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy crops, the same without noise, and the distributions wanted."""
        given = self.settings
        chosen = torch.randint(len(self.images), (given.batch,))
        crops = augment.geometry(self.images[chosen, None].float(), self.framing[chosen])
        faulty = augment.chance(given.batch, given.faults)
        crops[faulty] = augment.degrade(crops[faulty], 1.0, noise=False)
        noisy = crops.clone()
        loud = augment.chance(given.batch, 1 - given.quiet)
        noisy[loud] = augment.add_noise(crops[loud], given.sigma)
        pressed = loud[torch.rand(len(loud)) < 0.08]
        if len(pressed):
            noisy[pressed] = augment.compress(noisy[pressed], torch.randint(40, 90, pressed.shape))
        return noisy, crops, self.targets[chosen]

    def learn(self) -> tuple[float, float]:
        done = self.step / self.settings.steps
        share = min(1, (self.step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * share
        noisy, crops, wanted = self.batch()
        noisy = noisy.to(memory_format=torch.channels_last)
        made = self.net.front((noisy - network.GREY_MEAN) / network.GREY_STD)
        logits = self.net.head(self.net.embed_quiet(made))
        entropy = -(wanted * wanted.clamp(min=1e-9).log()).sum(1).mean()
        apart = losses.soft_cross_entropy(logits, wanted) - entropy
        pixels = F.l1_loss(made, (crops - network.GREY_MEAN) / network.GREY_STD)
        self.optimiser.zero_grad()
        (apart + self.settings.pixels * pixels).backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        follow(self.average, self.net, self.step, self.settings.average)
        return apart.item(), pixels.item() * network.GREY_STD

    def progress(self) -> dict[str, float]:
        crops, labels = self.kept.images[:, None].float(), self.kept.majority
        answer = measure.answer_of(self.average)
        changes = {
            "clean": lambda crops: crops,
            "noise 10": measure.noisy(10),
            "noise 25": measure.noisy(25),
        }
        return {
            name: measure.accuracy_of(measure.logits_of(answer, change(crops), False), labels)
            for name, change in changes.items()
        }

    def save(self) -> None:
        super().save()
        torch.save({"weights": self.average.state_dict()}, self.folder / "last.pt")

    def run(self) -> None:
        self.describe(
            pictures=len(self.images),
            parameters=sum(weight.numel() for weight in self.net.parameters()),
            of_the_front=sum(weight.numel() for weight in self.net.front.parameters()),
            torch=torch.__version__,
        )
        sums, began = torch.zeros(2), time.monotonic()
        while self.step < self.settings.steps:
            sums += torch.tensor(self.learn())
            if self.step % LINE_EVERY and self.step < self.settings.steps:
                continue
            self.seconds += time.monotonic() - began
            apart, pixels = (sums / LINE_EVERY).tolist()
            line = {"step": self.step, "minutes": round(self.seconds / 60, 1)}
            line |= {"divergence": round(apart, 4), "grey levels": round(pixels, 2)}
            line |= {name: round(value, 4) for name, value in self.progress().items()}
            self.save()
            self.log(line)
            sums, began = torch.zeros(2), time.monotonic()


def smoke(settings: Settings) -> None:
    """A front trained, resumed, trained together with the network, and exported."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = network.EmotionNet().eval()
        torch.save({"weights": plain.state_dict()}, folder / "plain.pt")
        settings.batch, settings.steps = 16, 2
        settings.init = settings.teacher = str(folder / "plain.pt")
        settings.out = str(folder / "front")
        Run(settings).run()
        settings.resume, settings.steps = True, 3
        Run(settings).run()
        settings.init, settings.out = str(folder / "front/last.pt"), str(folder / "whole")
        settings.whole, settings.resume = 0.1, False
        Run(settings).run()
        net = network.load(folder / "whole/last.pt")
        difference = export.write(net, folder / "model.onnx")
        print(f"smoke: ONNX and torch differ by {difference:.1e} at most")


def main() -> None:
    settings = settings_of(Settings, __doc__)
    if settings.smoke:
        smoke(settings)
    else:
        Run(settings).run()


if __name__ == "__main__":
    main()
