#!/usr/bin/env python3
"""Holds the includes against the order of the rooms.

A room (a folder of src/dysta/) may include only itself and rooms of lower levels, its CMakeLists.txt
must name every room it includes, and its headers must show no third-party library. Prints each
breach as FILE:LINE and exits with status 1 if there is one.
"""

import re
import sys
from pathlib import Path

LEVELS = {
    "core": 0,
    "io": 1,
    "trace": 2,
    "metrics": 2,
    "accel": 3,
    "predict": 3,
    "workload": 3,
    "sched": 4,
    "synth": 4,
    "scenario": 5,
    "sim": 5,
    "sweep": 6,
    "experiment": 7,
}

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "dysta"
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"^[a-z_0-9]+$")


def breaches_of_room(room: Path) -> list[str]:
    """All breaches of one room, in words."""
    found: list[str] = []
    if room.name not in LEVELS:
        return [f"{room.relative_to(ROOT)}: a room without a level; give it one in tools/check_levels.py"]
    cmake = (room / "CMakeLists.txt").read_text()
    depends = re.search(r"DEPENDS\s+([a-z_ \n]+)", cmake)
    declared = set(depends.group(1).split()) if depends else set()
    for file in sorted(room.rglob("*.?pp")):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            bracket, path = match.groups()
            place = f"{file.relative_to(ROOT)}:{number}"
            if path.startswith("dysta/"):
                other = path.split("/")[1]
                if other == room.name:
                    continue
                if LEVELS.get(other, 99) >= LEVELS[room.name]:
                    found.append(f"{place}: {room.name} (level {LEVELS[room.name]}) includes {path}")
                elif other not in declared:
                    found.append(f"{place}: includes {path}, but CMakeLists.txt does not depend on {other}")
            elif bracket == '"':
                found.append(f"{place}: {path} is not named from src/, as in dysta/room/file.hpp")
            elif file.suffix == ".hpp" and not STANDARD.match(path):
                found.append(f"{place}: a header of the library shows <{path}>")
    return found


def main() -> int:
    """Checks every room."""
    rooms = sorted(path for path in SOURCE.iterdir() if path.is_dir())
    found = [breach for room in rooms for breach in breaches_of_room(room)]
    for breach in found:
        print(breach, file=sys.stderr)
    if not found:
        print(f"{len(rooms)} rooms include only lower levels")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
