"""What every training run shares: settings from the command line, the running average."""

import argparse
from dataclasses import fields
from typing import TypeVar

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
