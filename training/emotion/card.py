"""Prints what `emotion.measure --json` measured as the passages that a card states.

python -m emotion.card FILE.json [WEIGHTS]
"""

import argparse
import json
import math
from pathlib import Path


def share(value: float) -> str:
    return f"{value:.3f}"


def table(values: dict[str, float]) -> str:
    return "{ " + ", ".join(f"{name} = {value:.2f}" for name, value in values.items()) + " }"


def key(words: str) -> str:
    """`15 % larger` as `larger_by_15_percent` and so on: what TOML takes without quotes."""
    replaced = words.replace("°", " degrees").replace("%", "percent").replace(",", "")
    return "_".join(replaced.split()).replace("-", "_").lower()


def margin(value: float, count: int) -> float:
    """Half of the 95 % interval of a share that was counted."""
    return 1.96 * math.sqrt(value * (1 - value) / count)


def passages(result: dict) -> str:
    single, double, count = result["single"], result["mirror"], result["pictures"]
    split = "chose the weights and the temperature, so the figures are on the bright side"
    blocks = [
        [
            f'set = "FER+ valid, {count:,} pictures with a majority, with mirror"',
            f'split = "{split}"',
            f"pictures = {count}",
            f"accuracy = {share(double['accuracy'])}",
            f"accuracy_margin = {share(margin(double['accuracy'], count))}",
            f"accuracy_without_mirror = {share(single['accuracy'])}",
            f"macro_recall = {share(double['macro_recall'])}",
            f"ece = {share(double['ece'])}",
            f"recall = {table(double['recall'])}",
            f"precision = {table(double['precision'])}",
        ]
    ]
    if "aligned" in result:
        framed = result["aligned"]
        blocks.append(
            [
                'set = "the same, framed by our detector where it finds the face (nine in ten)"',
                f"accuracy = {share(framed['accuracy'])}",
                f"macro_recall = {share(framed['macro_recall'])}",
                f"ece = {share(framed['ece'])}",
            ]
        )
    blocks.append(
        ['set = "the same under hardship: accuracy"']
        + [f"{key(name)} = {share(value)}" for name, value in result["hardship"].items()]
    )
    blocks.append(
        ['set = "the same by mean grey of the crop (0 to 255): accuracy"']
        + [
            f"grey_{key(name)} = {share(value)}  # {pictures} pictures"
            for name, (pictures, value) in result["brightness"].items()
        ]
    )
    blocks.append(
        ['set = "the same by width of the face in the picture: accuracy"']
        + [f"face_{pixels}_px = {share(value)}" for pixels, value in result["size"].items()]
    )
    head = f"temperature = {double['temperature']}\nece = {share(double['ece'])}\n"
    return head + "".join("\n[[metrics]]\n" + "\n".join(block) + "\n" for block in blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=Path)
    parser.add_argument("weights", nargs="?", help="which, if the file has several")
    given = parser.parse_args()
    results = json.loads(given.measured.read_text())
    print(passages(results[given.weights or next(iter(results))]))


if __name__ == "__main__":
    main()
