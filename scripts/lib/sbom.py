"""Turns the output of `cargo metadata` into a bill of materials (CycloneDX 1.5).

Uses no network; Cargo.lock supplies the checksums.
"""

import hashlib
import json
import pathlib
import sys
import tomllib

with open(sys.argv[1], encoding="utf-8") as file:
    metadata = json.load(file)
with open("Cargo.lock", "rb") as file:
    checksums = {
        (one["name"], one["version"]): one.get("checksum")
        for one in tomllib.load(file)["package"]
    }
packages = {one["id"]: one for one in metadata["packages"]}
nodes = {one["id"]: one for one in metadata["resolve"]["nodes"]}


# Cargo lists these as build dependencies only, but their C code is linked in.
LINKED_BUILD_DEPENDENCIES = {"openssl-src"}


def linked(node):
    """The crates linked into this one, without those that only build or test it."""

    def is_linked(dep):
        if packages[dep["pkg"]]["name"] in LINKED_BUILD_DEPENDENCIES:
            return True
        return any(kind["kind"] is None for kind in dep["dep_kinds"])

    linked_ids = [dep["pkg"] for dep in node["deps"] if is_linked(dep)]
    return sorted(linked_ids, key=lambda one: purl(packages[one]))


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version'].replace('+', '%2B')}"


def component(package):
    found = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
    }
    if package.get("license"):
        # Old crates use a slash where SPDX has OR.
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    checksum = checksums.get((package["name"], package["version"]))
    if checksum:
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package.get("repository"):
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


def font(path, version):
    """A font inside the binary (src/cli/fonts/README.md)."""
    name = path.stem
    return {
        "type": "data",
        "bom-ref": f"font:{name}@{version}",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": "OFL-1.1"}}],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
    }


root = metadata["resolve"]["root"]
reached, todo = set(), [root]
while todo:
    at = todo.pop()
    kinds = [kind for target in packages[at]["targets"] for kind in target["kind"]]
    if at in reached or "proc-macro" in kinds:
        continue
    reached.add(at)
    todo.extend(linked(nodes[at]))
libraries = sorted((packages[one] for one in reached - {root}), key=purl)
fonts = [font(path, "2.004") for path in sorted(pathlib.Path("src/cli/fonts").glob("*.ttf"))]
bill = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "component": component(packages[root]) | {"type": "application"},
        "properties": [{"name": "thidua:target", "value": sys.argv[2]}],
    },
    "components": [component(one) for one in libraries] + fonts,
    "dependencies": [
        {
            "ref": purl(packages[one]),
            "dependsOn": [purl(packages[dep]) for dep in linked(nodes[one]) if dep in reached],
        }
        for one in sorted(reached, key=lambda one: purl(packages[one]))
    ],
}
json.dump(bill, sys.stdout, ensure_ascii=False, indent=1)
print()
