"""Stacks of other languages than Python: what was thrown, and the function that tells most.

Lines come in, of an output around a stack; the parts that identify it go out. Frames of a
language's own libraries are passed over; lines and addresses of frames say nothing.
"""

from __future__ import annotations

import re

from run_artifacts._causes.lines import continued
from run_artifacts._causes.masks import mask_name, place
from run_artifacts._causes.python import LONGEST_CHAIN
from run_artifacts._patterns import lazy_pattern

_JVM_FRAME = lazy_pattern(r"\s+at (?:[\w.@-]+/+)*([\w.$<>]+)\((?:[^()]*)\)")
_JVM_THROWN = lazy_pattern(
    r"(?:Exception in thread \"[^\"]*\" )?(?:Caused by: )?(?<![\w$.])"
    r"((?:[A-Za-z_$][\w$]*\.)+[A-Z][\w$]*)"
    r"(?:: (.*))?\Z"
)
_JVM_OWN = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "kotlin.", "scala.", "groovy.")


def read_jvm(lines: list[str]) -> list[str] | None:
    """Read what a Java virtual machine prints: the exception, its causes, the first own method."""
    found = _first(lines, _JVM_FRAME)
    if found is None:
        return None
    parts: list[str] = []
    start = first = found[0]
    while start > 0 and first - start < 10 and not _JVM_THROWN.search(lines[start - 1]):
        start -= 1
    for index in range(max(start - 1, 0), len(lines)):
        line = lines[index]
        frame = _JVM_FRAME.match(line)
        if frame is None:
            thrown = _JVM_THROWN.search(line)
            if thrown and not line.lstrip().startswith("Suppressed:"):
                if parts and "Caused by: " not in line:
                    break  # another stack
                parts.append(_thrown(thrown[1], thrown[2]))
        elif parts and not frame[1].startswith(_JVM_OWN):
            where = f"in {frame[1]}"
            if not parts[-1].startswith("in "):
                parts.append(where)
    return parts[: 2 * LONGEST_CHAIN] or None


def _thrown(name: str, message: str | None) -> str:
    bare = name.rpartition(".")[2]
    return f"{bare}: {message}" if message else bare


_NET_THROWN = lazy_pattern(
    r"(?:Unhandled [Ee]xception[.:] | ---> )((?:\w+\.)+\w+)(?: \([^)]*\))?: (.*)\Z"
)
_NET_FRAME = lazy_pattern(r"\s+at ((?:[\w<>`]+\.)+[\w<>`|]+)[(\[]")
_NET_OWN = ("System.", "Microsoft.")


def read_dotnet(lines: list[str]) -> list[str] | None:
    """Read what .NET prints of an exception that nobody caught."""
    thrown = [found for line in lines if (found := _NET_THROWN.search(line))]
    if not thrown:
        return None
    parts = [_thrown(found[1], found[2]) for found in thrown[:LONGEST_CHAIN]]
    frames = (found[1] for line in lines if (found := _NET_FRAME.match(line)))
    own = next((frame for frame in frames if not frame.startswith(_NET_OWN)), None)
    return [*parts, *place(own)]


_NODE_FRAME = lazy_pattern(
    r"\s+at (?:async )?(?:new )?(?:([\w$.<> \[\]]+?) )?\(?((?:file://|node:)?[^\s()]+?):[0-9]+(?::[0-9]+)?\)?\Z"
)
_NODE_THROWN = lazy_pattern(
    r"(?:Uncaught |\[cause\]: )?((?:[A-Z][\w$.]*)?(?:Error|Exception|Rejection|Warning)[\w$]*)"
    r"(?: \[(\w+)\])?(?:: (.*))?\Z"
)
_NODE_FATAL = lazy_pattern(r"FATAL ERROR: (?:.*Allocation failed - )?(.*)")
_NODE_FILE = lazy_pattern(r"(?:file://)?(\S+\.[cm]?[jt]sx?):[0-9]+(?::[0-9]+)?\Z")
_NODE_OWN = ("node:", "internal/", "<anonymous>")


def read_node(lines: list[str]) -> list[str] | None:
    """Read what Node.js prints: the error that was thrown, or why the engine gave up."""
    if fatal := _first(lines, _NODE_FATAL):
        return [f"FATAL ERROR: {fatal[1][1]}"]
    for index, line in enumerate(lines):
        thrown = _NODE_THROWN.match(line.strip())
        if thrown is None or line.lstrip().startswith("at "):
            continue
        frame = _node_frame(lines, index)
        if frame is None:
            continue
        said = continued(thrown[3] or "", lines[index + 1 : index + 5])
        parts = [f"{thrown[1]}: {said}" if said else thrown[1], frame]
        for later in lines[index + 1 :]:
            cause = later.strip()
            if cause.startswith("[cause]: ") and (found := _NODE_THROWN.match(cause)):
                parts.append(f"{found[1]}: {found[3] or ''}")
        return [part for part in parts if part]
    return None


def _node_frame(lines: list[str], thrown: int) -> str | None:
    """Return the first own function of the stack behind a line, ``None`` where there is none."""
    is_stack = False
    for line in lines[thrown + 1 : thrown + 60]:
        frame = _NODE_FRAME.match(line)
        if frame is None:
            if is_stack:
                break
            continue
        is_stack = True
        function, path = frame[1] or "", frame[2]
        if path.startswith(_NODE_OWN) or "node_modules" in path:
            continue
        named = function if function and "<anonymous>" not in function else ""
        stem = _stem(path)
        return f"in {stem}.{named}" if named else f"in {stem}"
    if not is_stack:
        return None
    # Of what can't even be loaded the file stands before the error.
    files = (_NODE_FILE.match(line) for line in lines[max(thrown - 8, 0) : thrown])
    named_file = next(
        (found[1] for found in files if found and not found[1].startswith(_NODE_OWN)), ""
    )
    return f"in {_stem(named_file)}" if named_file else ""


_GO_PANIC = lazy_pattern(r"(?:panic|fatal error): (.*)")
_GO_NAME = lazy_pattern(r"[\w/*()\[\]-]+\.[\w./*()\[\]-]+\Z")
_GO_REST = lazy_pattern(r" \[recovered\].*| \(0x[0-9a-f]+,.*\)")
_GO_OWN = ("runtime.", "panic(", "testing.", "created by ", "internal/", "sync.", "os.", "net.")


def read_go(lines: list[str]) -> list[str] | None:
    """Read a panic of Go: what it says, and the first own function of the first goroutine."""
    panic = _first(lines, _GO_PANIC)
    if panic is None or not any(line.startswith("goroutine ") for line in lines):
        return None
    start, said = panic[0], _GO_REST.sub("", panic[1][1])
    calls = (line.rpartition("(")[0] for line in lines[start + 1 :] if line.endswith(")"))
    frames = (name for name in calls if _GO_NAME.match(name))
    own = next((frame for frame in frames if not frame.startswith(_GO_OWN)), None)
    return [f"panic: {said}", *place(own)]


_RUST_PANIC = lazy_pattern(
    r"thread '[^']*'(?: \([0-9]+\))? panicked at (?:'(.*)', )?(\S+?):[0-9]+:[0-9]+:?\Z"
)


def read_rust_panic(lines: list[str]) -> list[str] | None:
    """Read a panic of Rust: its message, and the file in which it was raised."""
    for index, line in enumerate(lines):
        if found := _RUST_PANIC.match(line):
            message = found[1] or next(iter(filter(None, lines[index + 1 : index + 3])), "")
            own = "" if "/rustc/" in found[2] else f"in {mask_name(found[2].rpartition('/')[2])}"
            return [part for part in (f"panicked: {message}", own) if part]
    return None


_RUBY = lazy_pattern(
    r"(?:^|[/ ])([\w.-]+\.rb|-e):[0-9]+:in [`'](?:[\w:]+[#.])?([^']+)': (.*) \(([\w:]+)\)\Z"
)


def read_ruby(lines: list[str]) -> list[str] | None:
    """Read an exception of Ruby that nobody rescued."""
    for line in lines:
        if found := _RUBY.search(line):
            file, function, message, name = found.groups()
            return [f"{name}: {message}", f"in {file.removesuffix('.rb')}.{function}"]
    return None


_PHP = lazy_pattern(
    r"(?:PHP )?((?:Fatal|Parse) error): +(?:Uncaught )?(.*?)"
    r"(?: in (\S+?)(?::[0-9]+| on line [0-9]+))?\Z"
)


def read_php(lines: list[str]) -> list[str] | None:
    """Read a fatal error of PHP, which may be printed and logged."""
    for line in lines:
        if found := _PHP.match(line):
            where = mask_name(_file_name(found[3] or ""))
            return [f"{found[1]}: {found[2]}", *place(where)]
    return None


def _stem(path: str) -> str:
    return mask_name(_file_name(path).partition(".")[0])


def _file_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _first(lines: list[str], pattern: re.Pattern[str]) -> tuple[int, re.Match[str]] | None:
    found = ((index, pattern.match(line)) for index, line in enumerate(lines))
    return next(((index, match) for index, match in found if match), None)


_LUA_PLACE = lazy_pattern(r"(?:\S*lua\S*: )?(?:\S+:[0-9]+: )?")


def read_lua(lines: list[str]) -> list[str] | None:
    """Read what Lua prints: the first line of the message above the stack."""
    said = ""
    for line in lines:
        if line.strip() == "stack traceback:" and said:
            return [_LUA_PLACE.sub("", said, count=1)]
        if not line[:1].isspace():
            said = line
    return None
