"""What every training run shares: settings from the command line, the running average, and the
folder that it is written to and resumed from."""

import argparse
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

Settings = TypeVar("Settings")


def settings_of(kind: type[Settings], description: str | None) -> Settings:
    """The settings of a dataclass, each field an option with its default."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    defaults = kind()
    for entry in fields(kind):
        name, default = "--" + entry.name.replace("_", "-"), getattr(defaults, entry.name)
        if isinstance(default, bool):
            parser.add_argument(name, action="store_true")
        elif isinstance(default, list):
            parser.add_argument(name, nargs="*", default=[])
        else:
            parser.add_argument(name, type=type(default), default=default)
    return kind(**vars(parser.parse_args()))


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, step: int, decay: float) -> None:
    """Moves the running average of the weights towards `net`, faster during the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    pairs = zip(average.state_dict().values(), net.state_dict().values(), strict=True)
    for mean, now in pairs:
        if mean.dtype.is_floating_point:
            mean.lerp_(now, 1 - decay)
        else:
            mean.copy_(now)


class Training:
    """A run in a folder: `run.json` (its settings), `log.jsonl`, and `state.pt`, to resume."""

    device = torch.device("cpu")
    net: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int
    seconds: float

    def open(self, settings: Any) -> None:
        """Makes the folder, and everything that is drawn repeatable."""
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.folder = Path(settings.out)
        self.folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """From the first step, or, if it is to resume, from the last that was saved."""
        self.step, self.seconds = 0, 0.0
        file = self.folder / "state.pt"
        if not self.settings.resume or not file.exists():
            return
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"].cpu())
        self.step, self.seconds = state["step"], state["seconds"]

    def save(self) -> None:
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = self.folder / "state.part"
        torch.save(state, partial)
        partial.replace(self.folder / "state.pt")

    def describe(self, **more: object) -> None:
        """Writes the settings, and what else is known before the first step."""
        facts = asdict(self.settings) | more
        (self.folder / "run.json").write_text(json.dumps(facts, indent=1) + "\n")

    def log(self, line: dict[str, float]) -> None:
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
