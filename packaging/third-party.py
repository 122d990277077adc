#!/usr/bin/env python3
"""Writes the licences of the crates that the program contains to stdout, from the sources that cargo has downloaded."""

import json
import pathlib
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT")


def linked_packages(metadata):
    """The packages that are linked into the program: no development or build dependencies, no macros."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    found, pending = set(), [root]
    while pending:
        for dep in nodes[pending.pop()]["deps"]:
            kinds = [kind["kind"] for kind in dep["dep_kinds"]]
            is_macro = any("proc-macro" in target["kind"] for target in packages[dep["pkg"]]["targets"])
            if None in kinds and not is_macro and dep["pkg"] not in found:
                found.add(dep["pkg"])
                pending.append(dep["pkg"])
    return sorted((packages[id] for id in found), key=lambda package: (package["name"], package["version"]))


def license_texts(package):
    directory = pathlib.Path(package["manifest_path"]).parent
    files = sorted(path for path in directory.iterdir() if path.name.upper().startswith(NAMES) and path.is_file())
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in files]


def main():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--features", "postgres", "--filter-platform", "x86_64-unknown-linux-gnu"]
    packages = linked_packages(json.loads(subprocess.check_output(command)))
    print("lineage contains these crates, each under its own licence. The texts follow the list.\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
    users = {}
    for package in packages:
        texts = license_texts(package)
        if not texts:
            print(f"{package['name']}: no licence file; see {package['repository']}", file=sys.stderr)
        for text in texts:
            users.setdefault(text, []).append(f"{package['name']} {package['version']}")
    for text, names in users.items():
        print(f"\n{'-' * 80}\n{', '.join(names)}\n\n{text}")
    font = pathlib.Path(__file__).parent.parent / "src/output/plot/font/OFL.txt"
    print(f"\n{'-' * 80}\nthe font of pictures\n\n{font.read_text(encoding='utf-8').strip()}")


if __name__ == "__main__":
    main()
