"""Check what a folder of distributions holds: one wheel and one sdist, complete, and no more."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path


def main() -> None:
    """Exit with what is missing, or should not be there."""
    folder = Path(sys.argv[1])
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = archive.namelist()
        (described,) = (name for name in in_wheel if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(described))
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}

    tops = {name.partition("/")[0] for name in in_wheel}
    checks = {
        "the wheel holds the package alone": len(tops) == 2 and "run_artifacts" in tops,
        "the wheel is typed": "run_artifacts/py.typed" in in_wheel,
        "the wheel has its licence": any(name.endswith("licenses/LICENSE") for name in in_wheel),
        "the licence is an expression": metadata["License-Expression"] == "MIT",
        "there is no runtime dependency": metadata.get_all("Requires-Dist") is None,
        "there are keywords": bool(metadata["Keywords"]),
        "there is a summary": bool(metadata["Summary"]),
        "the README is its description": "run_artifacts" in str(metadata.get_payload()),
        "Python 3.11 and up": metadata["Requires-Python"] == ">=3.11",
    }
    for version in ("3.11", "3.12", "3.13"):
        classifier = f"Programming Language :: Python :: {version}"
        checks[classifier] = classifier in metadata.get_all("Classifier", [])
    for name in (
        "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "docs/api.md", "pdm.lock",
        "pyproject.toml", "scripts/smoke.py", "src/run_artifacts/py.typed", "tests/conftest.py",
        "tests/data/v0.1/captures.json", "tests/typing/consumer.py", ".ci/run",
    ):  # fmt: skip
        checks[f"the sdist holds {name}"] = name in in_sdist
    failed = [check for check, holds in checks.items() if not holds]
    print(f"{len(checks) - len(failed)} checks of {wheel.name} and {sdist.name} passed")
    if failed:
        sys.exit(f"not so: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
