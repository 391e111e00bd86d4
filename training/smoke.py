"""Runs every training script for a few steps on drawn patterns, without data.

    python smoke.py

Each one trains, stops, resumes, exports and compares its ONNX file with ONNX Runtime; the first
failure ends with its exit status.
"""

import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = (
    ["emotion.train", "--smoke"],
    ["emotion.denoise", "--smoke"],
    ["emotion.frame", "check"],
    ["detector.train", "--smoke"],
    ["detector.second_look", "--smoke"],
    ["resnet50.train", "--smoke"],
)


def main() -> None:
    for module, *rest in SCRIPTS:
        began = time.monotonic()
        command = [sys.executable, "-W", "ignore", "-m", module, *rest]
        ended = subprocess.run(command, cwd=Path(__file__).parent, check=False)
        if ended.returncode != 0:
            sys.exit(ended.returncode)
        print(f"{module}: passed in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
