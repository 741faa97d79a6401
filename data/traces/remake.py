#!/usr/bin/env python3
"""Makes the traces that ship anew, from ingredients that do not ship.

    remake.py INGREDIENTS --attention FOLDER [--dysta PROGRAM] [--networks FOLDER] [--out FOLDER]

INGREDIENTS holds nets/ and images/ as data/traces/README.md describes them, with where they are
from. The folder of --attention holds what `profiler/zoo/train_decoder.py` and `tokens.py` write:
gpttoy_dense.pt, gptuntrained_dense.pt, tokens_varied.txt and tokens_fixed.txt. Networks are
exported to --networks (a temporary folder) unless they are there. --out is this folder.

The same ingredients, libraries and processor give the same bytes.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Variant, network, token file, and what differs from suite/accelerators/sanger.yaml.
ATTENTION = (
    ("sanger", "gpttoy", "gpttoy_dense.pt", "tokens_varied.txt", {}),
    ("sanger", "gpttoy-256", "gpttoy_dense.pt", "tokens_fixed.txt", {}),
    ("sanger", "gpttoy-sparse", "gpttoy_dense.pt", "tokens_varied.txt", {"threshold": "1e-2"}),
    ("sanger", "gpttoy-4bit", "gpttoy_dense.pt", "tokens_varied.txt", {"prediction_bits": "4"}),
    ("sanger_controls", "gptuntrained", "gptuntrained_dense.pt", "tokens_varied.txt", {}),
    ("sanger_controls", "gptuntrained-256", "gptuntrained_dense.pt", "tokens_fixed.txt", {}),
)


def run(*command):
    """Runs a command; its failure ends the program with its own message."""
    if subprocess.run([str(part) for part in command]).returncode != 0:
        sys.exit(f"remake: {' '.join(map(str, command))} failed")


def python_with_torch():
    """Debian's Python, for which python3-torch is; else the first on the path."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


def export(ingredients, networks):
    if not (networks / "inputs.csv").exists():
        script = ROOT / "profiler" / "zoo" / "export.py"
        run(python_with_torch(), script, "shipped", ingredients, "--out", networks)


def profile_convolutional(options, networks):
    wanted = {}
    with open(networks / "inputs.csv", newline="") as file:
        for row in csv.DictReader(file):
            wanted.setdefault(row["file"], []).append((row["images"], row["count"]))
    for file, sets in wanted.items():
        folders = [options.ingredients / "images" / name for name, _ in sets]
        counts = ",".join(count for _, count in sets)
        run(options.dysta, "profile", networks / file, "--inputs", *folders,
            "--count", counts, "--accelerator", "eyeriss_v2", "--strict", "--out", options.out)


def profile_attention(options, scratch):
    base = (ROOT / "suite" / "accelerators" / "sanger.yaml").read_text()
    for folder, variant, network, tokens, changes in ATTENTION:
        lines = []
        for line in base.splitlines():
            key = line.split(":")[0]
            lines.append(f"{key}: {changes[key]}" if key in changes else line)
        text = "\n".join(lines).replace("name: sanger", f"name: {folder}") + "\n"
        parameters = scratch / "sanger.yaml"
        parameters.write_text(text)
        run(options.dysta, "profile", options.attention / network,
            "--inputs", options.attention / tokens, "--accelerator", parameters,
            "--name", variant, "--out", options.out)


def main():
    parser = argparse.ArgumentParser(description="Makes the traces that ship anew.")
    parser.add_argument("ingredients", type=Path, metavar="INGREDIENTS")
    parser.add_argument("--attention", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--dysta", type=Path, default=ROOT / "build" / "release" / "dysta")
    parser.add_argument("--networks", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=HERE, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        networks = options.networks or scratch / "networks"
        export(options.ingredients, networks)
        profile_convolutional(options, networks)
        profile_attention(options, scratch)


if __name__ == "__main__":
    main()
