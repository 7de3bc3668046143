"""Write what goes beside a built file: release.py FILE. Its checksum, and what it holds as CycloneDX 1.5."""

import hashlib
import json
import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from build import NOT_NEEDED, dependencies


def main() -> None:
    target = Path(sys.argv[1])
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    target.with_suffix(".pyz.sha256").write_text(f"{digest}  {target.name}\n")
    identity = re.match(rb"#!/bin/sh\n# (\S+)-[0-9a-f]+\n", target.read_bytes())
    assert identity is not None, f"{target}: not a built file"
    left_out = {name.removeprefix("site-packages/").rstrip("/").casefold() for name in NOT_NEEDED}
    found = sorted(distributions(path=[str(dependencies())]), key=lambda item: item.name.casefold())
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "bridge",
                "version": identity[1].decode(),
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": [_component(item) for item in found if item.name.casefold().replace("-", "_") not in left_out],
    }
    target.with_suffix(".cdx.json").write_text(json.dumps(document, indent=2) + "\n")
    print(f"{target}: {digest}, {len(found)} libraries")


def _component(item: Distribution) -> dict[str, object]:
    licence = item.metadata.get("License-Expression") or item.metadata.get("License")
    name = re.sub(r"[-_.]+", "-", item.name).lower()
    found: dict[str, object] = {
        "type": "library",
        "name": item.name,
        "version": item.version,
        "purl": f"pkg:pypi/{name}@{item.version}",
    }
    if licence and len(licence) < 100:
        found["licenses"] = [{"license": {"name": licence}}]
    return found


if __name__ == "__main__":
    main()
