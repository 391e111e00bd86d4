"""Trains or refines the emotion network; a stop at any moment loses a few minutes at most.

    python -m emotion.train --out runs/emotion/NAME [--init WEIGHTS] [--teacher WEIGHTS...]
    python -m emotion.train --smoke        (seconds, no data: checks that every part works)

In the folder of the run: `run.json` (the settings), `log.jsonl` (a line an epoch), `epoch_NNN.pt`
(the averaged weights), `state.pt` (to resume), `opinions.pt` (what the teachers say).
"""

import copy
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from running import Training, follow, settings_of

from . import LABELS, augment, data, losses, measure, network

# A state is written at least this often, in seconds.
STATE_EVERY = 240
# Batches over which the learning rate rises at the start.
WARM_UP = 200


@dataclass
class Settings:
    data: str = "../../shared/data/ferplus.npz"
    framing: str = "runs/emotion/aligned.npz"
    unlabelled: str = "runs/emotion/unlabelled.npz"
    out: str = "runs/emotion/latest"
    init: str = ""
    teacher: list[str] = field(default_factory=list)
    epochs: int = 60
    minutes: float = 0.0
    """Where above 0, the schedule is squeezed into this time."""
    batch: int = 128
    rate: float = 0.08
    decay: float = 5e-4
    width: int = 24
    degrade: float = 0.5
    """How many pictures get the faults of a webcam, and how many at once."""
    clean: float = 0.3
    """Share of the pictures that get none."""
    aligned: float = 0.5
    """Share of the pictures framed as Mien frames faces."""
    opinion: float = 0.5
    """Weight of the teachers against the votes."""
    rare: float = 0.5
    """Strength of the logit adjustment for rare classes."""
    mix: float = 0.2
    """Share of the batches that are mixed in pairs, until 80 % of the schedule."""
    average: float = 0.998
    """Decay of the running average of the weights."""
    seed: int = 0
    threads: int = 1
    bf16: bool = False
    resume: bool = False
    smoke: bool = False


class Sampler:
    """Batches of labelled and unlabelled pictures with their targets, in an order of its own."""

    def __init__(
        self,
        train: data.Faces,
        unlabelled: Tensor,
        opinions: tuple[Tensor, Tensor] | None,
        settings: Settings,
    ) -> None:
        self.settings = settings
        targets = train.votes
        if opinions is not None:
            targets = (1 - settings.opinion) * targets + settings.opinion * opinions[0]
        else:
            unlabelled = unlabelled[:0]
        self.images = torch.cat([train.images, unlabelled])
        self.targets = torch.cat([targets, opinions[1]]) if opinions is not None else targets
        still = torch.eye(2, 3).repeat(len(unlabelled), 1, 1)
        self.framing = torch.cat([train.framing, still])

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return len(self.images) // self.settings.batch

    def epoch(self) -> Tensor:
        return torch.randperm(len(self.images))[: self.steps * self.settings.batch]

    def batch(self, chosen: Tensor, mixing: bool) -> tuple[Tensor, Tensor]:
        crops = self.images[chosen, None].float()
        crops = augment.geometry(crops, self.framing[chosen], self.settings.aligned)
        hard = torch.nonzero(torch.rand(len(crops)) >= self.settings.clean)[:, 0]
        crops[hard] = augment.degrade(crops[hard], self.settings.degrade)
        crops = augment.cut_out(crops)
        targets = self.targets[chosen]
        if mixing and torch.rand(()) < self.settings.mix:
            share = float(torch.distributions.Beta(0.3, 0.3).sample())
            other = torch.randperm(len(crops))
            crops = share * crops + (1 - share) * crops[other]
            targets = share * targets + (1 - share) * targets[other]
        return crops.to(memory_format=torch.channels_last), targets


def opinions_of(
    teachers: list[Path], train: data.Faces, unlabelled: Tensor
) -> tuple[Tensor, Tensor]:
    """The mean posterior of the teachers, each over picture and mirror image, on clean pictures."""
    nets = [network.load(path).to(memory_format=torch.channels_last) for path in teachers]

    def ask(images: Tensor) -> Tensor:
        crops = images[:, None].float()
        answers = [
            measure.logits_of(measure.answer_of(net), crops, True).softmax(1) for net in nets
        ]
        return sum(answers) / len(answers)

    return ask(train.images), ask(unlabelled)


class Run(Training):
    """One training run: network, its running average, optimiser, clock."""

    def __init__(self, settings: Settings) -> None:
        self.open(settings)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.train, self.valid, unlabelled = self.load()
        opinions = self.opinions(unlabelled) if settings.teacher else None
        self.sampler = Sampler(self.train, unlabelled, opinions, settings)
        self.prior = losses.log_prior(self.train.votes).to(self.device)
        self.net = network.EmotionNet(settings.width)
        if settings.init:
            weights = network.weights_of(Path(settings.init))
            self.net = network.like(weights)
            self.net.load_state_dict(weights)
        self.net.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        kernels = [weight for weight in self.net.parameters() if weight.ndim > 1]
        others = [weight for weight in self.net.parameters() if weight.ndim <= 1]
        self.optimiser = torch.optim.SGD(
            [{"params": kernels, "weight_decay": settings.decay}, {"params": others}],
            lr=settings.rate,
            momentum=0.9,
            nesterov=True,
        )
        self.start()

    def load(self) -> tuple[data.Faces, data.Faces, Tensor]:
        given = self.settings
        if given.smoke:
            faces = data.synthetic(256, given.seed)
            return faces, data.synthetic(64, given.seed + 1), faces.images[:32]
        framing = Path(given.framing)
        train, valid = data.load_ferplus(Path(given.data), framing if framing.exists() else None)
        extra = Path(given.unlabelled)
        unlabelled = data.load_unlabelled(extra) if extra.exists() else train.images[:0]
        return train, valid, unlabelled

    def opinions(self, unlabelled: Tensor) -> tuple[Tensor, Tensor]:
        file = self.folder / "opinions.pt"
        if file.exists():
            return torch.load(file, weights_only=True)
        teachers = [Path(name) for name in self.settings.teacher]
        opinions = opinions_of(teachers, self.train, unlabelled)
        torch.save(opinions, file)
        return opinions

    @property
    def total(self) -> int:
        return self.settings.epochs * self.sampler.steps

    def progress(self) -> float:
        """How far the schedule is, 0 to 1, by steps or by time, whichever is further."""
        by_time = self.seconds / (60 * self.settings.minutes) if self.settings.minutes > 0 else 0.0
        return max(self.step / self.total, by_time)

    def learn(self, chosen: Tensor) -> float:
        done = self.progress()
        rate = self.settings.rate * min(1, (self.step + 1) / WARM_UP)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * min(1, done)))
        crops, targets = self.sampler.batch(chosen, mixing=done < 0.8)
        crops, targets = crops.to(self.device), targets.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            logits = self.net(crops)
        logits = losses.adjusted(logits.float(), self.prior, self.settings.rare)
        loss = losses.soft_cross_entropy(logits, targets)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        follow(self.average, self.net, self.step, self.settings.average)
        return loss.item()

    def validate(self) -> dict[str, float]:
        crops, labels = self.valid.images[:, None].float(), self.valid.majority
        answer = measure.answer_of(self.average)
        logits = measure.logits_of(lambda part: answer(part.to(self.device)).cpu(), crops, True)
        measured = measure.measure(logits, labels)
        return {"accuracy": measured.accuracy, "macro_recall": measured.macro_recall}

    def run(self) -> None:
        self.describe(
            pictures=len(self.train),
            batches_an_epoch=self.sampler.steps,
            parameters=sum(weight.numel() for weight in self.net.parameters()),
            torch=torch.__version__,
        )
        saved = time.monotonic()
        while self.progress() < 1:
            self.net.train()
            total, seen = 0.0, 0
            for chosen in self.sampler.epoch().split(self.settings.batch):
                if self.progress() >= 1:
                    break
                began = time.monotonic()
                total += self.learn(chosen)
                seen += 1
                self.seconds += time.monotonic() - began
                if time.monotonic() - saved > STATE_EVERY:
                    self.save()
                    saved = time.monotonic()
            epoch = math.ceil(self.step / self.sampler.steps)
            line = {
                "epoch": epoch,
                "loss": round(total / max(1, seen), 4),
                "minutes": round(self.seconds / 60, 1),
            }
            line |= {name: round(value, 4) for name, value in self.validate().items()}
            torch.save(
                {"weights": self.average.state_dict(), **line}, self.folder / f"epoch_{epoch:03}.pt"
            )
            self.save()
            saved = time.monotonic()
            self.log(line)


def smoke(settings: Settings) -> None:
    """Every part once, on drawn patterns: teach, distil, resume, average, export, compare."""
    from . import export, soup

    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first"
        settings.batch, settings.epochs, settings.out = 32, 1, str(first)
        Run(settings).run()
        second = copy.copy(settings)
        second.out, second.teacher = str(Path(folder) / "second"), [str(first / "epoch_001.pt")]
        second.init = second.teacher[0]
        Run(second).run()
        second.resume, second.epochs = True, 2
        Run(second).run()
        files = sorted(Path(second.out).glob("epoch_*.pt"))
        assert len(files) == 2, files
        weights = soup.average([(1.0, network.weights_of(file)) for file in files])
        net = network.EmotionNet(settings.width)
        net.load_state_dict(weights)
        difference = export.write(net.eval(), Path(folder) / "model.onnx")
        print(f"smoke: {len(LABELS)} classes, ONNX and torch differ by {difference:.1e} at most")


def main() -> None:
    settings = settings_of(Settings, __doc__)
    if settings.smoke:
        smoke(settings)
    else:
        Run(settings).run()


if __name__ == "__main__":
    main()
