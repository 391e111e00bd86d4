"""Trains, evaluates and exports ResNet-50 for seven expressions.

    python -m resnet50.train --pictures FOLDER --valid FOLDER --init resnet50.pth
    python -m resnet50.train --archive ../../shared/data/ferplus.npz --out runs/resnet50
    python -m resnet50.train --evaluate runs/resnet50/best.pt --valid FOLDER
    python -m resnet50.train --export runs/resnet50/best.pt [--onnx FILE] [--fixed] [--softmax]
    python -m resnet50.train --smoke      (under a minute, no data)

`--init` takes ImageNet weights in torchvision's format; without it training starts from zero, which
needs far more pictures and hours.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from . import LABELS, SIDE, data, network

# Answers of the two runtimes may differ by this much.
TOLERANCE = 1e-3


class Probabilities(nn.Module):
    """The network with a softmax behind it, as many published files have it."""

    def __init__(self, net: network.ResNet50) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net(pictures).softmax(1)


def export(net: network.ResNet50, path: Path, fixed: bool = False, softmax: bool = False) -> float:
    """Writes `input` to `output`; the largest difference to ONNX Runtime."""
    whole: nn.Module = Probabilities(net) if softmax else net
    whole.cpu().eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    axes = None if fixed else {"input": {0: "batch"}, "output": {0: "batch"}}
    torch.onnx.export(
        whole,
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(path),
        opset_version=17,
        dynamo=False,
        input_names=["input"],
        output_names=["output"],
        dynamic_axes=axes,
    )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    picture, _ = data.synthetic(1, seed=5)[0]
    with torch.no_grad():
        expected = whole(picture[None]).numpy()
    given = session.run(["output"], {"input": picture[None].numpy()})[0]
    worst = float(np.abs(expected - given).max())
    if worst > TOLERANCE:
        raise SystemExit(f"ONNX Runtime differs by {worst:.1e}, more than {TOLERANCE:.0e}")
    return worst


@torch.no_grad()
def evaluate(net: nn.Module, pictures: data.Pictures, batch: int = 32) -> dict:
    """Accuracy, mean recall over the classes that occur, and the recall of each."""
    device = next(net.parameters()).device
    net.eval()
    confusion = torch.zeros(len(LABELS), len(LABELS), dtype=torch.int64)
    for crops, labels in DataLoader(pictures, batch):
        chosen = net(crops.to(device)).argmax(1).cpu()
        confusion += torch.bincount(labels * len(LABELS) + chosen, minlength=len(LABELS) ** 2).view(
            len(LABELS), len(LABELS)
        )
    counts = confusion.sum(1)
    recall = {
        label: (confusion[index, index] / counts[index]).item()
        for index, label in enumerate(LABELS)
        if counts[index] > 0
    }
    return {
        "pictures": int(counts.sum()),
        "accuracy": (confusion.diagonal().sum() / counts.sum()).item(),
        "macro_recall": sum(recall.values()) / len(recall),
        "recall": recall,
    }


class Run:
    def __init__(
        self, given: argparse.Namespace, train: data.Pictures, valid: data.Pictures
    ) -> None:
        torch.manual_seed(given.seed)
        self.given, self.train, self.valid = given, train, valid
        self.folder = Path(given.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net = network.ResNet50()
        if given.init:
            drawn = network.start_from(self.net, Path(given.init))
            print(f"{len(drawn)} weights stay as drawn: {', '.join(drawn[:4])}")
        self.net.to(self.device)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), given.rate, weight_decay=0.05)
        self.epoch, self.best = 0, 0.0
        if given.resume and (self.folder / "state.pt").exists():
            state = torch.load(
                self.folder / "state.pt", map_location=self.device, weights_only=True
            )
            self.net.load_state_dict(state["net"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.epoch, self.best = state["epoch"], state["best"]

    def run(self) -> None:
        counts = np.bincount(self.train.labels, minlength=len(LABELS)).clip(1)
        # Logit adjustment (Menon et al. 2021): rare classes are not voted down.
        prior = torch.log(torch.tensor(counts / counts.sum(), dtype=torch.float32)).to(self.device)
        loader = DataLoader(
            self.train,
            self.given.batch,
            shuffle=True,
            drop_last=True,
            num_workers=self.given.workers,
        )
        total, warm_up = self.given.epochs * len(loader), min(500, len(loader))
        while self.epoch < self.given.epochs:
            self.net.train()
            for index, (crops, labels) in enumerate(loader):
                step = self.epoch * len(loader) + index
                slope = min(1, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / total))
                for group in self.optimiser.param_groups:
                    group["lr"] = self.given.rate * slope
                logits = self.net(crops.to(self.device)) + self.given.rare * prior
                loss = nn.functional.cross_entropy(
                    logits, labels.to(self.device), label_smoothing=0.1
                )
                self.optimiser.zero_grad()
                loss.backward()
                self.optimiser.step()
            self.epoch += 1
            measured = evaluate(self.net, self.valid, self.given.batch)
            if measured["accuracy"] >= self.best:
                self.best = measured["accuracy"]
                torch.save({"weights": self.net.state_dict()}, self.folder / "best.pt")
            partial = self.folder / "state.part"
            torch.save(
                {
                    "net": self.net.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "epoch": self.epoch,
                    "best": self.best,
                },
                partial,
            )
            partial.replace(self.folder / "state.pt")
            print(json.dumps({"epoch": self.epoch, "loss": loss.item(), **measured}), flush=True)


def smoke(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        given.out, given.batch, given.epochs = folder, 4, 1
        Run(given, data.synthetic(8, 0), data.synthetic(7, 1)).run()
        given.resume, given.epochs = True, 2
        Run(given, data.synthetic(8, 0), data.synthetic(7, 1)).run()
        net = network.load(Path(folder) / "best.pt")
        worst = max(
            export(net, Path(folder) / "logits.onnx"),
            export(net, Path(folder) / "softmax.onnx", fixed=True, softmax=True),
        )
        print(f"smoke: {len(LABELS)} classes, ONNX and torch differ by {worst:.1e} at most")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, help="folder with a folder for each class")
    parser.add_argument("--valid", type=Path, help="the same, kept out of training")
    parser.add_argument(
        "--archive", type=Path, help="archive with FER2013 labels, in place of both"
    )
    parser.add_argument("--init", type=Path, help="weights to start from")
    parser.add_argument("--out", default="runs/resnet50")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--rare", type=float, default=0.5, help="strength of the logit adjustment")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--evaluate", type=Path, help="only measure these weights")
    parser.add_argument("--export", type=Path, help="only write these weights as ONNX")
    parser.add_argument("--onnx", type=Path, default=Path("resnet50.onnx"))
    parser.add_argument("--fixed", action="store_true", help="a batch of exactly one")
    parser.add_argument("--softmax", action="store_true", help="probabilities instead of logits")
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.smoke:
        smoke(given)
    elif given.export:
        worst = export(network.load(given.export), given.onnx, given.fixed, given.softmax)
        print(f"{given.onnx}: ONNX Runtime differs by {worst:.1e} at most")
    else:
        if given.archive:
            valid = data.from_archive(given.archive, "valid", augment=False)
        elif given.valid:
            valid = data.from_folders(given.valid, augment=False)
        else:
            parser.error("--valid or --archive is needed")
        if given.evaluate:
            print(json.dumps(evaluate(network.load(given.evaluate), valid), indent=1))
        elif given.archive:
            Run(given, data.from_archive(given.archive, "train", augment=True), valid).run()
        elif given.pictures:
            Run(given, data.from_folders(given.pictures, augment=True), valid).run()
        else:
            parser.error("--pictures or --archive is needed")


if __name__ == "__main__":
    main()
