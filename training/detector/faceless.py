"""Gathers pictures without a face from a folder, for `--faceless` of `train` and `second_look`.

    python -m detector.faceless UNPACKED --out runs/detector/faceless

Made for pictures of Debian's packages, each unpacked into a folder of its own name:

    apt-get download gcompris-qt-data gnome-backgrounds lomiri-wallpapers-16.04 \\
        lomiri-wallpapers-20.04 mate-backgrounds plasma-workspace-wallpapers stellarium-data \\
        sway-backgrounds tuxpaint-stamps-default ukui-wallpapers
    for file in *.deb; do dpkg-deb -x $file unpacked/${file%%_*}; done
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = (".jpg", ".jpeg", ".png", ".webp")
LEAST_SIDE, LARGEST_SIDE = 160, 1800
# Of these packages not all pictures are photographs of something.
ONLY = {"stellarium-data": "landscapes", "gcompris-qt-data": "resource"}
# Names of pictures that show a person, or what may be taken for a face.
FACES = (
    "bunny",
    "chick-hatched",
    "city3",
    "dumper_mirror",
    "eye",
    "fireman",
    "friends_by",
    "German_Christmas",
    "hedgehog",
    "jackolantern",
    "main-menu",
    "mermaid",
    "chimp",
    "penguin",
    "pengwin",
    "pinkhome",
    "snowman",
    "spider_",
    "statue",
    "teddy",
    "totem",
    "tux",
)


def usable(path: Path, package: str) -> bool:
    return (
        path.suffix.lower() in KINDS
        and path.is_file()
        and not path.is_symlink()
        and ONLY.get(package, "") in str(path)
        and not path.stem.startswith(FACES)
    )


def opened(path: Path, random: np.random.Generator) -> Image.Image:
    """RGB, no larger than is needed; what shines through is of any one colour."""
    with Image.open(path) as file:
        picture = file.convert("RGBA")
    colour = (*(int(value) for value in random.integers(0, 256, 3)), 255)
    ground = Image.new("RGBA", picture.size, colour)
    ground.alpha_composite(picture)
    ground.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    return ground.convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("unpacked", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/detector/faceless"))
    given = parser.parse_args()
    random, seen = np.random.default_rng(0), set()
    given.out.mkdir(parents=True, exist_ok=True)
    for package in sorted(given.unpacked.iterdir()):
        for path in sorted(package.rglob("*")):
            if not usable(path, package.name):
                continue
            picture = opened(path, random)
            mark = hashlib.sha1(picture.resize((8, 8)).convert("L").tobytes()).hexdigest()
            if min(picture.size) >= LEAST_SIDE and mark not in seen:
                seen.add(mark)
                picture.save(given.out / f"{package.name}_{path.stem}_{mark[:6]}.jpg", quality=92)
    print(f"{len(seen)} pictures; look at them: none may show a face")


if __name__ == "__main__":
    main()
