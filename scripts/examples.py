"""Show what failures of real tools look like once they are sanitized and rendered.

Recording runs each tool on a small input that it must fail on, in a folder made for it, and keeps
what it said: the command, the exit code and the standard error, with names of this machine's
folders replaced. The document is made of the records alone, so that it can be made again, and
checked, where the tools are not.

    python scripts/examples.py            make docs/examples/failures.md of what is recorded
    python scripts/examples.py --record   run the tools first
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from run_artifacts import render_failure_text, sanitize_error

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "tests" / "data" / "failures"
DOCUMENT = ROOT / "docs" / "examples" / "failures.md"

# Nothing listens there, and nobody has this name.
NOWHERE = "till:hunter2-of-the-till@127.0.0.1:9"

COMMANDS: dict[str, tuple[str, ...]] = {
    "Python": ("python3", "till.py"),
    "Node": ("node", "till.js"),
    "Java": ("java", "Till.java"),
    "gcc": ("gcc", "-c", "till.c"),
    "pip": (
        *("python3", "-m", "pip", "install", "--isolated", "--disable-pip-version-check"),
        *("--retries=0", f"--index-url=http://{NOWHERE}/simple"),
        "no-such-till",
    ),
    "npm": ("npm", "run", "open", "--update-notifier=false"),
    "git": ("git", "clone", f"https://{NOWHERE}/till.git"),
}

INTRODUCTION = """\
# Failures of real tools, sanitized and rendered

`scripts/examples.py` makes this page of `tests/data/failures`: what the tools said when run.
Names of the machine's folders are replaced there, and the credentials are made up.
Each failure is shown as `render_failure_text` gives it, with the remarks of `sanitize_error` below.
"""


def main() -> int:
    """Record if asked to, and write the document."""
    parser = argparse.ArgumentParser(description="Show failures of real tools.")
    parser.add_argument("--record", action="store_true", help="run the tools first")
    if parser.parse_args().record:
        for tool, command in COMMANDS.items():
            written = json.dumps(record(command), indent=2, ensure_ascii=False)
            path_of(tool).write_text(f"{written}\n", encoding="utf-8")
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.relative_to(ROOT)}: {len(COMMANDS)} failures\n")
    return 0


def path_of(tool: str) -> Path:
    """Return where what a tool said is kept."""
    return RECORDED / f"{tool.lower()}.json"


def record(command: tuple[str, ...]) -> dict[str, Any]:
    """Run a command that must fail on the inputs, and return what it said."""
    with tempfile.TemporaryDirectory() as made:
        folder = os.path.realpath(made)
        shutil.copytree(RECORDED / "inputs", f"{folder}/project")
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(
            command,
            cwd=f"{folder}/project",
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 0:
            raise SystemExit(f"{command} did not fail")
        said = done.stderr.replace(folder, "").replace(os.path.realpath(sys.base_prefix), "/usr")
        stamp = r"\d{4}-\d\d-\d\dT[\d_]+Z"
        return {
            "command": list(command),
            "exit_code": done.returncode,
            "stderr": re.sub(stamp, "2026-01-01T00_00_00_000Z", said),
        }


def document() -> str:
    """Return the document that shows what is recorded."""
    parts = [INTRODUCTION]
    for tool in COMMANDS:
        said = json.loads(path_of(tool).read_text(encoding="utf-8"))
        error = {"type": f"{tool.capitalize()}Failed", **said}
        parts.append(shown(tool, render_failure_text(error, agent=tool.lower())))
        remarks = (sanitize_error(error) or {}).get("_remarks", [])
        if remarks:
            parts.append("".join(f"- `{json.dumps(remark)}`\n" for remark in remarks))
        if tool == "Python":
            short = render_failure_text(error, agent="python", max_chars=600)
            parts.append(shown("Python, in 600 characters", short))
    return "\n".join(parts)


def shown(title: str, text: str) -> str:
    """Return a section of the document."""
    return f"## {title}\n\n```plaintext\n{text}\n```\n"


if __name__ == "__main__":
    raise SystemExit(main())
