#!/usr/bin/env python3
"""Makes the traces that ship anew, from ingredients that do not ship.

    remake.py INGREDIENTS [--attention FOLDER] [--dysta PROGRAM] [--networks FOLDER] [--out FOLDER]

INGREDIENTS holds nets/ and images/ as data/traces/README.md describes them, with where they are
from. The folder of --attention holds what `profiler/zoo/train_decoder.py` and `tokens.py` write:
gpttoy_dense.pt, gptuntrained_dense.pt, tokens_varied.txt and tokens_fixed.txt. Networks are
exported to --networks (a temporary folder) unless they are there. --out is this folder. Variants
that lost more than ten points of accuracy go to damaged/, controls to controls/: `--traces` does not
look into a folder's own folders, so that no comparison takes them by accident.

The same ingredients, libraries and processor give the same bytes.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Folder, variant, network, token file, and what differs from suite/accelerators/sanger.yaml.
ATTENTION = (
    ("sanger", "gpttoy", "gpttoy_dense.pt", "tokens_varied.txt", {}),
    ("sanger", "gpttoy-256", "gpttoy_dense.pt", "tokens_fixed.txt", {}),
    ("sanger", "gpttoy-sparse", "gpttoy_dense.pt", "tokens_varied.txt", {"threshold": "1e-2"}),
    ("sanger", "gpttoy-4bit", "gpttoy_dense.pt", "tokens_varied.txt", {"prediction_bits": "4"}),
    ("sanger/controls", "gptuntrained", "gptuntrained_dense.pt", "tokens_varied.txt", {}),
    ("sanger/controls", "gptuntrained-256", "gptuntrained_dense.pt", "tokens_fixed.txt", {}),
)


def run(*command):
    """Runs a command; its failure ends the program with its own message."""
    try:
        status = subprocess.run([str(part) for part in command]).returncode
    except OSError as error:
        sys.exit(f"remake: {command[0]} cannot be started: {error.strerror}")
    if status != 0:
        sys.exit(f"remake: {' '.join(map(str, command))} failed")


def python_with_torch():
    """Debian's Python, for which python3-torch is; else the first on the path."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


def export(ingredients, networks):
    if (networks / "inputs.csv").exists():
        print(f"Taking the networks that are in {networks}", file=sys.stderr)
    else:
        script = ROOT / "profiler" / "zoo" / "export.py"
        run(python_with_torch(), script, "shipped", ingredients, "--out", networks)


def place(made, variant, folder):
    """Moves a trace and its provenance into a folder of those that ship."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".csv", ".json"):
        shutil.move(made / f"{variant}{suffix}", folder / f"{variant}{suffix}")


def profile_convolutional(options, networks, scratch):
    wanted = {}
    with open(networks / "inputs.csv", newline="") as file:
        for row in csv.DictReader(file):
            wanted.setdefault(row["file"], []).append((row["images"], row["count"]))
    for file, sets in wanted.items():
        folders = [options.ingredients / "images" / name for name, _ in sets]
        counts = ",".join(count for _, count in sets)
        run(options.dysta, "profile", networks / file, "--inputs", *folders,
            "--count", counts, "--accelerator", "eyeriss_v2", "--strict", "--out", scratch)
        made = scratch / "eyeriss_v2"
        variant = Path(file).stem
        provenance = json.loads((made / f"{variant}.json").read_text())
        quality = provenance["network"]["description"]["quality"]
        damaged = quality is not None and quality["damaged"]
        place(made, variant, options.out / "eyeriss_v2" / ("damaged" if damaged else ""))


def profile_attention(options, scratch):
    base = (ROOT / "suite" / "accelerators" / "sanger.yaml").read_text()
    for folder, variant, network, tokens, changes in ATTENTION:
        lines = []
        for line in base.splitlines():
            key = line.split(":")[0]
            lines.append(f"{key}: {changes[key]}" if key in changes else line)
        parameters = scratch / "sanger.yaml"
        parameters.write_text("\n".join(lines) + "\n")
        run(options.dysta, "profile", options.attention / network,
            "--inputs", options.attention / tokens, "--accelerator", parameters,
            "--name", variant, "--out", scratch)
        place(scratch / "sanger", variant, options.out / folder)


def main():
    parser = argparse.ArgumentParser(description="Makes the traces that ship anew.")
    parser.add_argument("ingredients", type=Path, metavar="INGREDIENTS")
    parser.add_argument("--attention", type=Path, metavar="FOLDER", help="if not given, no attention")
    parser.add_argument("--dysta", type=Path, default=ROOT / "build" / "release" / "dysta")
    parser.add_argument("--networks", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=HERE, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        networks = options.networks or scratch / "networks"
        export(options.ingredients, networks)
        profile_convolutional(options, networks, scratch)
        if options.attention:
            profile_attention(options, scratch)


if __name__ == "__main__":
    main()
