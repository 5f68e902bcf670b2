"""Capturing: one result for whatever a path names, and every byte accounted for."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import pickle
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    ArtifactRef,
    CaptureProblem,
    CaptureResult,
    TextCapturePolicy,
    TextExcerpt,
    capture_text_artifact,
    iter_run_artifacts,
)
from run_artifacts._files import beneath
from run_artifacts._files.beneath import Root
from support import BOMS, make_socket, run_python


@pytest.mark.parametrize(
    ("given", "halves"),
    [
        ({}, (12_000, 12_000)),
        ({"max_excerpt_bytes": 1_000}, (500, 500)),
        ({"max_excerpt_bytes": 1_001}, (500, 501)),
        ({"max_excerpt_bytes": 100_000}, (50_000, 50_000)),
        ({"max_excerpt_bytes": 1}, (0, 1)),
        ({"max_excerpt_bytes": 0}, (0, 0)),
        ({"max_excerpt_bytes": 100, "head_bytes": 30}, (30, 70)),
        ({"max_excerpt_bytes": 100, "tail_bytes": 30}, (70, 30)),
        ({"max_excerpt_bytes": 100, "head_bytes": 300}, (100, 0)),
        ({"max_excerpt_bytes": 100, "tail_bytes": 300}, (0, 100)),
        ({"max_excerpt_bytes": 100, "head_bytes": 10, "tail_bytes": 20}, (10, 20)),
        ({"max_excerpt_bytes": 100, "head_bytes": 300, "tail_bytes": 100}, (75, 25)),
        ({"max_excerpt_bytes": 101, "head_bytes": 200, "tail_bytes": 200}, (50, 51)),
    ],
)
def test_the_halves_of_a_policy_share_the_whole(
    given: dict[str, int], halves: tuple[int, int]
) -> None:
    policy = TextCapturePolicy(**given)
    assert (policy.head_bytes, policy.tail_bytes) == halves


def test_a_policy_is_the_values_it_was_made_of() -> None:
    policy = TextCapturePolicy(10_000, 5_000, 5_000, 7, 9)
    assert dataclasses.astuple(policy) == (10_000, 5_000, 5_000, 7, 9, False, (), None)
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert dataclasses.replace(policy, max_line_count=None) != policy
    assert hash(policy) == hash(TextCapturePolicy(10_000, 5_000, 5_000, 7, 9))
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.head_bytes = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "kind", [ArtifactRef, CaptureProblem, CaptureResult, TextCapturePolicy, TextExcerpt]
)
def test_every_result_is_a_frozen_dataclass(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize(
    "name", [field.name for field in dataclasses.fields(TextCapturePolicy)][:5]
)
def test_a_policy_of_anything_but_counts_is_refused_when_it_is_made(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 0 or more, not -1"):
        TextCapturePolicy(**{name: -1})
    for value in (True, 1.0, "1"):
        with pytest.raises(TypeError, match=f"{name} must be an int, not {type(value).__name__}"):
            TextCapturePolicy(**{name: value})


def test_a_policy_tells_secrets_to_nobody_and_refuses_unusable_ones() -> None:
    policy = TextCapturePolicy(redact=True, secrets=["tillbill", "tillbill-and-more"])
    assert policy.secrets == ("tillbill-and-more", "tillbill")
    assert "till" not in repr(policy)
    assert policy == TextCapturePolicy(redact=True, secrets=["tillbill-and-more", "tillbill"])
    assert hash(policy) == hash(dataclasses.replace(policy))
    with pytest.raises(TypeError, match="redact must be a bool, not int"):
        TextCapturePolicy(redact=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="secrets must be a list of str, not str"):
        TextCapturePolicy(secrets="tillbill")
    with pytest.raises(ValueError, match=r"secrets\[0\] has 4 characters"):
        TextCapturePolicy(secrets=["till"])


def test_the_fields_of_results_keep_their_order() -> None:
    def names(kind: Any) -> list[str]:
        return [field.name for field in dataclasses.fields(kind)]

    policy = ["max_excerpt_bytes", "head_bytes", "tail_bytes", "max_line_count"]
    assert names(TextCapturePolicy) == [
        *policy,
        "binary_detection_bytes",
        "redact",
        "secrets",
        "max_file_bytes",
    ]
    assert names(ArtifactRef) == ["path", "abs_path", "exists", "size_bytes", "sha256"]
    assert names(CaptureProblem) == ["code", "detail"]
    excerpt = ["head", "tail", "truncated", "head_bytes", "tail_bytes", "omitted_bytes"]
    assert names(TextExcerpt) == [
        *excerpt,
        "omitted_lines",
        "total_lines",
        "encoding",
        "invalid_bytes",
        "redactions",
    ]
    assert names(CaptureResult) == ["artifact", "excerpt", "error", "problems", "status"]
    alone = CaptureResult(ArtifactRef("a", "/a", False, None, None), None, "error")
    assert (alone.problems, alone.status) == ((), None)


def test_a_small_file_is_whole_in_the_head(tmp_path: Path) -> None:
    file = tmp_path / "agent_stderr.txt"
    file.write_bytes("naïve\n".encode())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for path in (file, str(file)):
        result = capture_text_artifact(path)
        assert result.artifact == ArtifactRef(str(file), str(file), True, 7, digest)
        assert result.excerpt == TextExcerpt("naïve\n", "", False, 7, 0, 0, 0, 1, "utf-8", 0)
        assert (result.error, result.problems, result.status) == (None, (), "captured")


def test_a_large_file_keeps_both_ends(tmp_path: Path) -> None:
    file = tmp_path / "log"
    data = b"".join(b"line %06d\n" % number for number in range(100_000))
    file.write_bytes(data)
    result = capture_text_artifact(file, TextCapturePolicy(1_000))
    excerpt = result.excerpt
    assert excerpt is not None
    assert excerpt.head == data[:500].decode()
    assert excerpt.tail == data[-500:].decode()
    assert excerpt.omitted_bytes == len(data) - 1_000
    # Lines have 12 bytes: 41 stand whole in each half, and two more are cut into.
    assert (excerpt.omitted_lines, excerpt.total_lines) == (100_000 - 82, 100_000)
    assert result.artifact.sha256 == hashlib.sha256(data).hexdigest()


def test_both_names_of_the_policy_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    policy = TextCapturePolicy(4)
    assert capture_text_artifact(file, policy=policy) == capture_text_artifact(
        file, capture_policy=policy
    )
    with pytest.raises(TypeError, match="not both"):
        capture_text_artifact(file, capture_policy=policy, policy=policy)  # type: ignore[call-overload]


@pytest.mark.parametrize("path", [b"bytes", None, 5, ["a"]])
def test_a_path_of_the_wrong_type_is_a_type_error(path: Any) -> None:
    kind = type(path).__name__
    with pytest.raises(TypeError, match=rf"path must be str or os.PathLike\[str\], not {kind}"):
        capture_text_artifact(path)
    if path is not None:
        with pytest.raises(TypeError, match=f"root must be .*, not {kind}"):
            capture_text_artifact("file", root=path)
    with pytest.raises(TypeError, match="capture_policy must be a TextCapturePolicy, not int"):
        capture_text_artifact("file", capture_policy=5)  # type: ignore[call-overload]


def test_the_path_is_relative_to_the_root_by_the_name_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "real" / "run"
    (run / "sub").mkdir(parents=True)
    (run / "sub" / "file").write_bytes(b"x")
    (run / "agent_stderr.txt").symlink_to("sub/file")
    (tmp_path / "alias").symlink_to("real")
    alias = tmp_path / "alias" / "run"

    def named(path: Path | str, root: Path | str) -> tuple[str, str, str | None]:
        result = capture_text_artifact(path, root=root)
        return result.artifact.path, result.artifact.abs_path, result.status

    link = run / "agent_stderr.txt"
    assert named(link, run) == ("agent_stderr.txt", str(link), "captured")
    assert named(run / "sub" / "file", run) == ("sub/file", f"{run}/sub/file", "captured")
    seen_through = alias / "agent_stderr.txt"
    assert named(seen_through, run) == ("agent_stderr.txt", str(seen_through), "captured")
    assert named(link, alias) == ("agent_stderr.txt", str(link), "captured")
    monkeypatch.chdir(tmp_path / "real")
    expected = ("agent_stderr.txt", f"{tmp_path}/real/run/agent_stderr.txt", "captured")
    assert named("run/agent_stderr.txt", "run") == expected
    assert named("run/agent_stderr.txt", run) == expected
    outside = capture_text_artifact("/etc/../etc/hostname", root="run")
    assert (outside.artifact.path, outside.status) == ("/etc/../etc/hostname", "refused")
    assert named(run / "absent" / "file", run / "absent")[::2] == ("file", "missing")


def test_a_root_that_is_none_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for root in (tmp_path / "absent", tmp_path / "other"):
        (tmp_path / "other").touch()
        result = capture_text_artifact(tmp_path / "file", root=root)
        assert (result.status, result.artifact.exists) == ("refused", True)
        below = capture_text_artifact(root / "name", root=root)
        assert (below.status, below.artifact.path, below.error) == ("missing", "name", None)
    itself = capture_text_artifact(tmp_path / "file", root=tmp_path / "file")
    assert (itself.status, itself.artifact.exists) == ("refused", True)
    assert capture_text_artifact("", root="/").status == "missing"
    assert capture_text_artifact(tmp_path / "file", root="").status == "refused"
    assert capture_text_artifact("", root=tmp_path).status == "refused"
    assert capture_text_artifact("").status == "missing"


@pytest.mark.parametrize("root", ["run", "alias", ".//run", "run/../alias"])
def test_what_is_not_there_is_missing_however_the_root_is_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "file").write_bytes(b"x")
    (tmp_path / "alias").symlink_to("run")
    monkeypatch.chdir(tmp_path)
    for path in ("run/nope/../file", "run/file/../file", "run/file/", "run/file/."):
        result = capture_text_artifact(path, root=root)
        assert (result.status, result.artifact.exists) == ("missing", False)
    assert capture_text_artifact("run/file", root=root).artifact.path == "file"


def test_a_path_without_a_root_stays_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    artifact = capture_text_artifact("sub/../absent").artifact
    assert artifact == ArtifactRef("sub/../absent", f"{tmp_path}/sub/../absent", False, None, None)


def test_every_problem_has_a_code_a_status_and_a_readable_form(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "dangling").symlink_to("absent")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "out").symlink_to("/etc/hostname")
    seen = {}
    for name in ("absent", "binary", "dangling", "loop", "out", ".", "a\0b"):
        result = capture_text_artifact(tmp_path / name, root=tmp_path)
        assert result.excerpt is None
        seen[name] = (result.status, [problem.code for problem in result.problems])
        assert result.error == ("; ".join(map(str, result.problems)) or None)
    assert seen == {
        "absent": ("missing", []),
        "binary": ("binary", ["binary_artifact_detected"]),
        "dangling": ("missing", ["dangling_link"]),
        "loop": ("unreadable", ["link_loop"]),
        "out": ("refused", ["outside_root"]),
        ".": ("refused", ["not_a_regular_file"]),
        "a\0b": ("unreadable", ["invalid_path"]),
    }
    assert str(CaptureProblem("code", "detail")) == "code: detail"
    assert str(CaptureProblem("code")) == "code"


def test_a_binary_file_has_its_size_and_digest(tmp_path: Path) -> None:
    (tmp_path / "core").write_bytes(b"\0" * 1_000_000)
    artifact = capture_text_artifact(tmp_path / "core").artifact
    assert artifact.size_bytes == 1_000_000
    assert artifact.sha256 == hashlib.sha256(bytes(1_000_000)).hexdigest()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error"), "read_failed: Input/output error"),
        (
            PermissionError(1, "Operation not permitted"),
            "permission_denied: Operation not permitted",
        ),
    ],
    ids=["failed", "refused"],
)
def test_a_read_that_fails_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)

    def failing_read(_fd: int, _size: int) -> bytes:
        raise error

    monkeypatch.setattr(os, "read", failing_read)
    result = capture_text_artifact(tmp_path / "file")
    assert result.status == "unreadable"
    assert result.error == said
    assert (result.artifact.size_bytes, result.artifact.sha256) == (10, None)


@pytest.mark.parametrize(("data", "status"), [(b"text\n", "captured"), (b"\0", "binary")])
def test_a_change_is_said_beside_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, status: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    read = os.read

    def read_and_append(fd: int, size: int) -> bytes:
        found = read(fd, size)
        with file.open("ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr(os, "read", read_and_append)
    result = capture_text_artifact(file)
    assert result.status == status
    assert result.problems[-1].code == "changed_during_read"
    assert result.problems[-1].detail == f"from {len(data)} to {len(data) + 4} bytes"
    said = f"changed_during_read: {result.problems[-1].detail}"
    assert result.error == ("" if data == b"text\n" else "binary_artifact_detected; ") + said
    assert result.artifact.size_bytes == len(data)
    assert result.artifact.sha256 == hashlib.sha256(data).hexdigest()


def test_a_deleted_working_directory_is_a_missing_artifact() -> None:
    out = run_python("""
        import os, tempfile
        from run_artifacts import capture_text_artifact
        os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())
        for root in (None, "/tmp", "."):
            result = capture_text_artifact("file", root=root)
            print(result.status, result.error, result.artifact.path)
    """)
    assert out == "missing None file\n" * 3


def test_a_manifest_entry_is_json_and_leaves_unmeasured_what_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    entry = capture_text_artifact(
        tmp_path / "file", TextCapturePolicy(4), root=tmp_path
    ).manifest_entry()
    assert json.loads(json.dumps(entry)) == {
        "path": "file",
        "exists": True,
        "size_bytes": 10,
        "sha256": hashlib.sha256(b"0123456789").hexdigest(),
        "truncated": True,
        "error": None,
        "status": "captured",
        "head_bytes": 2,
        "tail_bytes": 2,
        "omitted_bytes": 6,
        "omitted_lines": 1,
        "total_lines": 1,
        "encoding": "utf-8",
        "invalid_bytes": 0,
    }
    missing = capture_text_artifact(tmp_path / "absent", root=tmp_path).manifest_entry()
    assert list(missing) == list(entry)
    assert {key for key, value in missing.items() if value is not None} == {
        "path",
        "exists",
        "status",
    }


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
@pytest.mark.parametrize(
    ("start", "size"),
    [(b"text " * 1_000, (1 << 27) + 1), ("\ufefftext".encode("utf-16-le"), 1 << 26)],
    ids=["UTF-8", "UTF-16"],
)
def test_memory_is_bounded_by_the_policy_not_by_the_file(
    tmp_path: Path, start: bytes, size: int
) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.write(start)
        file.truncate(size)
    out = run_python(
        """
        import sys
        from run_artifacts import TextCapturePolicy, capture_text_artifact
        policy = TextCapturePolicy(binary_detection_bytes=10)
        capture_text_artifact("/etc/hostname", policy)
        before = peak_kib()
        result = capture_text_artifact(sys.argv[1], policy)
        after = peak_kib()
        print(result.artifact.size_bytes, result.excerpt.omitted_bytes, result.excerpt.total_lines)
        print(after - before < 4_096)
        """,
        str(tmp_path / "sparse"),
    )
    assert out == f"{size} {size - 24_000} 1\nTrue\n"


def test_a_policy_larger_than_memory_costs_no_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    result = capture_text_artifact(tmp_path / "file", TextCapturePolicy(10**15))
    assert result.excerpt is not None
    assert result.excerpt.head == "abc"


@pytest.mark.parametrize("encoding", BOMS)
def test_a_byte_order_mark_says_how_a_text_is_encoded(tmp_path: Path, encoding: str) -> None:
    text = "".join(f"Zeile {number}: é€😀\r\n" for number in range(2_000))
    data = BOMS[encoding] + text.encode(encoding.removesuffix("-sig"))
    (tmp_path / "log").write_bytes(data)
    result = capture_text_artifact(tmp_path / "log", TextCapturePolicy(1_001))
    assert (result.status, result.error) == ("captured", None)
    assert result.artifact.sha256 == hashlib.sha256(data).hexdigest()
    excerpt = result.excerpt
    assert excerpt is not None
    assert text.startswith(excerpt.head)
    assert text.endswith(excerpt.tail)
    assert 0 <= 500 - (excerpt.head_bytes or 0) < 4
    assert 0 <= 501 - (excerpt.tail_bytes or 0) < 4
    assert (excerpt.encoding, excerpt.total_lines) == (encoding, 2_000)
    assert excerpt.invalid_bytes == 0
    whole = capture_text_artifact(tmp_path / "log", TextCapturePolicy(10**6)).excerpt
    assert whole == TextExcerpt(text, "", False, len(data), 0, 0, 0, 2_000, encoding, 0)


@pytest.mark.parametrize("encoding", [name for name in BOMS if name != "utf-8"])
@pytest.mark.parametrize("looked_at", [0, 1, 2_048])
def test_a_byte_order_mark_says_text_whatever_follows(
    tmp_path: Path, encoding: str, looked_at: int
) -> None:
    (tmp_path / "file").write_bytes(BOMS[encoding] + b"\0\1\2\3" * 100)
    policy = TextCapturePolicy(binary_detection_bytes=looked_at)
    assert capture_text_artifact(tmp_path / "file", policy).status == "captured"
    (tmp_path / "file").write_bytes(b"\0\1\2\3" * 100)
    expected = "binary" if looked_at else "captured"
    assert capture_text_artifact(tmp_path / "file", policy).status == expected


@pytest.mark.parametrize("encoding", [name for name in BOMS if name != "utf-8"])
def test_a_byte_order_mark_alone_is_an_empty_text(tmp_path: Path, encoding: str) -> None:
    mark = BOMS[encoding]
    (tmp_path / "file").write_bytes(mark)
    whole = capture_text_artifact(tmp_path / "file").excerpt
    assert whole == TextExcerpt("", "", False, len(mark), 0, 0, 0, 0, encoding, 0)
    nothing = capture_text_artifact(tmp_path / "file", TextCapturePolicy(0)).excerpt
    assert nothing == TextExcerpt("", "", True, 0, 0, len(mark), 0, 0, encoding, 0)


def test_all_the_bytes_that_the_policy_names_decide_whether_a_file_is_binary(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 50_000 + b"\0" + b"x" * 50_000)
    for looked_at, status in {50_000: "captured", 50_001: "binary"}.items():
        policy = TextCapturePolicy(0, binary_detection_bytes=looked_at)
        assert capture_text_artifact(tmp_path / "file", policy).status == status


def append(file: Path, content: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(content)


@pytest.mark.parametrize(
    ("start_bytes", "captures"), [(20_000, 5_000), (1_500_000, 300)], ids=["small", "large"]
)
@pytest.mark.parametrize("root", [False, True], ids=["alone", "below a root"])
def test_a_file_under_a_busy_writer_is_a_state_that_it_had_or_said_to_have_changed(
    tmp_path: Path, start_bytes: int, captures: int, root: bool
) -> None:
    file = tmp_path / "log"
    content = b"".join(b"%07d\n" % number for number in range(start_bytes // 8))
    file.write_bytes(content)
    states = {hashlib.sha256(content).hexdigest()}
    done = threading.Event()

    def write() -> None:
        now = content
        for number in itertools.count(1):
            # What is cut off grows again with other content, and by a page at a time, so that no
            # state is seen before it is whole. No file has the same size twice.
            kept = len(now) // 4 // 4_096 * 4_096
            digest = hashlib.sha256(now[:kept])
            states.add(digest.hexdigest())
            os.truncate(file, kept)
            more = b"%07d\n" % number * 512
            for _ in range(start_bytes // len(more)):
                digest.update(more)
                states.add(digest.hexdigest())
                append(file, more)
            now = b"%d " % number + content + b"y" * (number % 50_000)
            states.add(hashlib.sha256(now).hexdigest())
            (tmp_path / "next").write_bytes(now)
            (tmp_path / "next").replace(file)
            if done.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[CaptureResult] = []
    outcomes: set[bool] = set()
    try:
        for number in range(20 * captures):
            seen.append(capture_text_artifact(file, root=tmp_path if root else None))
            outcomes.add(bool(seen[-1].problems))
            if number >= captures and len(outcomes) == 2:
                break
    finally:
        done.set()
        writer.join()
    for result in seen:
        assert result.status == "captured"
        assert result.excerpt is not None
        kept = (result.excerpt.head_bytes, result.excerpt.omitted_bytes, result.excerpt.tail_bytes)
        assert sum(count or 0 for count in kept) == result.artifact.size_bytes
        if not result.problems:
            assert result.artifact.sha256 in states
        else:
            assert [problem.code for problem in result.problems] == ["changed_during_read"]
    assert outcomes == {False, True}


def make_node(path: Path, kind: int) -> None:
    try:
        os.mknod(path, kind | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


# What a path can name: how it comes about, the name that is captured, and what is said of it.
KINDS: dict[str, tuple[Callable[[Path], object], str, str, str | None, bool]] = {
    "nothing": (lambda _: None, "x", "missing", None, False),
    "nothing in nothing": (lambda _: None, "x/y/z", "missing", None, False),
    "below a file": (lambda top: (top / "x").touch(), "x/y", "missing", None, False),
    "a file as a directory": (lambda top: (top / "x").touch(), "x/", "missing", None, False),
    "dangling link": (
        lambda top: (top / "x").symlink_to("y"),
        "x",
        "missing",
        "dangling_link",
        False,
    ),
    "dangling chain": (
        lambda top: ((top / "x").symlink_to("y"), (top / "y").symlink_to("z/z")),
        "x",
        "missing",
        "dangling_link",
        False,
    ),
    "link to itself": (
        lambda top: (top / "x").symlink_to("x"),
        "x",
        "unreadable",
        "link_loop",
        False,
    ),
    "link loop": (
        lambda top: ((top / "x").symlink_to("y"), (top / "y").symlink_to("x")),
        "x",
        "unreadable",
        "link_loop",
        False,
    ),
    "below a link loop": (
        lambda top: (top / "x").symlink_to("x"),
        "x/y",
        "unreadable",
        "link_loop",
        False,
    ),
    "FIFO": (lambda top: os.mkfifo(top / "x"), "x", "refused", "not_a_regular_file", True),
    "closed FIFO": (
        lambda top: os.mkfifo(top / "x", 0),
        "x",
        "refused",
        "not_a_regular_file",
        True,
    ),
    "link to a FIFO": (
        lambda top: (os.mkfifo(top / "y"), (top / "x").symlink_to("y")),
        "x",
        "refused",
        "not_a_regular_file",
        True,
    ),
    "socket": (lambda top: make_socket(top / "x"), "x", "refused", "not_a_regular_file", True),
    "character device": (
        lambda top: make_node(top / "x", stat.S_IFCHR),
        "x",
        "refused",
        "not_a_regular_file",
        True,
    ),
    "block device": (
        lambda top: make_node(top / "x", stat.S_IFBLK),
        "x",
        "refused",
        "not_a_regular_file",
        True,
    ),
    "directory": (lambda top: (top / "x").mkdir(), "x", "refused", "not_a_regular_file", True),
    "directory by a dot": (lambda _: None, ".", "refused", "not_a_regular_file", True),
    "link to a directory": (
        lambda top: (top / "x").symlink_to("."),
        "x",
        "refused",
        "not_a_regular_file",
        True,
    ),
    "NUL in a name": (lambda _: None, "a\0b", "unreadable", "invalid_path", False),
    "NUL in a folder": (lambda _: None, "a\0b/c", "unreadable", "invalid_path", False),
    "5,000 characters": (lambda _: None, "x" * 5_000, "unreadable", "invalid_path", False),
    "256 characters": (lambda _: None, "x" * 256, "unreadable", "invalid_path", False),
    "a lone surrogate": (lambda _: None, "\ud800", "unreadable", "invalid_path", False),
    "empty file": (lambda top: (top / "x").touch(), "x", "captured", None, True),
    "a file of zeros": (
        lambda top: (top / "x").write_bytes(bytes(9)),
        "x",
        "binary",
        "binary_artifact_detected",
        True,
    ),
    "a name that is no text": (
        lambda top: (top / os.fsdecode(b"\xff\n\x1b")).touch(),
        os.fsdecode(b"\xff\n\x1b"),
        "captured",
        None,
        True,
    ),
    "a link to a link": (
        lambda top: (
            (top / "x").symlink_to("y"),
            (top / "y").symlink_to("z"),
            (top / "z").touch(),
        ),
        "x",
        "captured",
        None,
        True,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_path_names_has_a_result_in_time(tmp_path: Path, kind: str) -> None:
    make, name, status, code, exists = KINDS[kind]
    make(tmp_path)
    source = """
        import json, os, sys
        from run_artifacts import capture_text_artifact
        top, name = json.loads(sys.stdin.readline())
        os.chdir(top)
        for path, root in ((name, None), (name, top), (top + "/" + name, None),
                           (top + "/" + name, top), (top + "/" + name, ".")):
            found = capture_text_artifact(path, root=root)
            assert (found.excerpt is not None) == (found.status == "captured")
            print(found.status, *[problem.code for problem in found.problems],
                  found.artifact.exists)
    """
    out = run_python(source, stdin=json.dumps([str(tmp_path), name]) + "\n", timeout=10)
    line = " ".join([status, *([code] if code else []), str(exists)])
    assert out.splitlines() == [line] * 5


def test_a_path_longer_than_the_system_takes_is_walked_below_a_root(tmp_path: Path) -> None:
    path = f"{tmp_path}/" + "x/" * 5_000 + "y"
    assert capture_text_artifact(path).error == "invalid_path: File name too long"
    assert capture_text_artifact(path, root=tmp_path).status == "missing"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_no_byte_of_a_device_is_read(device: str) -> None:
    source = """
        import os, sys
        from run_artifacts import capture_text_artifact
        os.read = None
        for root in (None, "/dev"):
            print(capture_text_artifact(sys.argv[1], root=root).status)
    """
    assert run_python(source, device, timeout=10) == "refused\n" * 2


def captured_below(run_dir: Path, **options: Any) -> dict[str, tuple[str | None, str | None]]:
    found = list(iter_run_artifacts(run_dir, **options))
    paths = [result.artifact.path for result in found]
    assert paths == sorted(paths)
    assert len(set(paths)) == len(paths)
    return {result.artifact.path: (result.status, result.error) for result in found}


@pytest.mark.parametrize("descriptors", [True, False])
def test_everything_below_a_run_directory_that_is_no_directory_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, descriptors: bool
) -> None:
    monkeypatch.setattr(beneath, "_HAS_DIRECTORY_DESCRIPTORS", descriptors)
    run = tmp_path / "run"
    for path in ("a/b/c", "a-b", "a.txt", "a.d/x", "_hidden/.dot", "z", os.fsdecode(b"\xff")):
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_bytes(b"text\n")
    (run / "empty").mkdir()
    (run / "core").write_bytes(b"\0")
    os.mkfifo(run / "a" / "fifo")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    links = {"in": "a/b/c", "in_dir": "a", "out": "../outside/secret", "out_dir": "../outside"}
    for name, target in {**links, "nowhere": "x", "loop": "loop", "up": "."}.items():
        (run / name).symlink_to(target)
    captured = ("captured", None)
    outside = ("refused", f"outside_root: leads outside {run}")
    directory = ("refused", "not_a_regular_file: is a directory")
    assert captured_below(run) == {
        "_hidden/.dot": captured,
        "a-b": captured,
        "a.d/x": captured,
        "a.txt": captured,
        "a/b/c": captured,
        "a/fifo": ("refused", "not_a_regular_file: is a FIFO"),
        "core": ("binary", "binary_artifact_detected"),
        "in": captured,
        "in_dir": directory,
        "loop": ("unreadable", "link_loop: Too many levels of symbolic links"),
        "nowhere": ("missing", "dangling_link"),
        "out": outside,
        "out_dir": outside,
        "up": directory,
        "z": captured,
        os.fsdecode(b"\xff"): captured,
    }
    (whole,) = [found for found in iter_run_artifacts(str(run)) if found.artifact.path == "a/b/c"]
    assert whole == capture_text_artifact(run / "a" / "b" / "c", root=run)


def test_a_relative_run_directory_is_that_of_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "file").touch()
    monkeypatch.chdir(tmp_path)
    results = iter_run_artifacts("run")
    monkeypatch.chdir("/")
    assert [found.artifact.abs_path for found in results] == [str(tmp_path / "run" / "file")]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_a_sweep_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/b/file", "a/file", "file"):
        (tmp_path / name).touch()
    before = len(os.listdir("/proc/self/fd"))
    assert len(list(iter_run_artifacts(tmp_path))) == 3
    abandoned = iter_run_artifacts(tmp_path)
    next(abandoned)
    del abandoned
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_policy_holds_for_every_artifact(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"0123456789")
    policy = TextCapturePolicy(4)
    for result in iter_run_artifacts(tmp_path, policy):
        assert result.excerpt is not None
        assert (result.excerpt.head, result.excerpt.tail) == ("01", "89")
    assert captured_below(tmp_path, capture_policy=policy).keys() == {"a", "b"}


@pytest.mark.parametrize("descriptors", [True, False])
def test_a_run_directory_that_cannot_be_listed_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, descriptors: bool
) -> None:
    monkeypatch.setattr(beneath, "_HAS_DIRECTORY_DESCRIPTORS", descriptors)
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "link_to_file").symlink_to("file")
    (tmp_path / "link_to_link").symlink_to("link_to_file")
    (tmp_path / "below_a_file").symlink_to("file/x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "link_to_full").symlink_to("full")
    seen = {}
    for name in (
        "absent",
        "file",
        "link_to_file",
        "link_to_link",
        "loop",
        "dangling",
        "below_a_file",
        "a\0b",
        "empty",
        "link",
    ):
        results = list(iter_run_artifacts(tmp_path / name))
        assert all(result.artifact.abs_path == str(tmp_path / name) for result in results)
        seen[name] = [
            (found.artifact.path, found.status, found.error, found.artifact.exists)
            for found in results
        ]
    no_directory = [(".", "unreadable", "read_failed: Not a directory", True)]
    assert seen == {
        "absent": [(".", "missing", None, False)],
        "file": no_directory,
        "link_to_file": no_directory,
        "link_to_link": no_directory,
        "below_a_file": [(".", "missing", "dangling_link", False)],
        "loop": [(".", "unreadable", "link_loop: Too many levels of symbolic links", False)],
        "dangling": [(".", "missing", "dangling_link", False)],
        "a\0b": [(".", "unreadable", "invalid_path: holds a NUL", False)],
        "empty": [],
        "link": [],
    }
    assert captured_below(tmp_path / "link_to_full") == {"file": ("captured", None)}


def test_a_directory_that_cannot_be_listed_is_a_result_among_the_others(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    for name in ("closed", "searchable", "listable"):
        (public_path / name).mkdir()
        (public_path / name / "file").touch()
        (public_path / name / "file").chmod(0o644)
    (public_path / "listable" / "sub").mkdir()
    (public_path / "closed.txt").touch()
    (public_path / "closed.txt").chmod(0o644)
    (public_path / "closed").chmod(0)
    (public_path / "searchable").chmod(0o111)
    (public_path / "listable").chmod(0o444)
    out = run_unprivileged(f"""
        from run_artifacts import iter_run_artifacts
        for result in iter_run_artifacts({str(public_path)!r}):
            print(result.artifact.path, result.status, result.artifact.exists, result.error)
        for result in iter_run_artifacts({str(public_path / "searchable")!r}):
            print(result.artifact.path, result.status, result.artifact.exists, result.error)
            print(result.artifact.abs_path)
    """)
    denied = "permission_denied: Permission denied"
    assert out.splitlines() == [
        f"closed unreadable True {denied}",
        "closed.txt captured True None",
        f"listable/file unreadable False {denied}",
        f"listable/sub unreadable True {denied}",
        f"searchable unreadable True {denied}",
        f". unreadable True {denied}",
        str(public_path / "searchable"),
    ]


def test_what_goes_after_it_was_listed_is_missing(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"x")
    results = iter_run_artifacts(tmp_path)
    assert next(results).artifact.path == "a"
    (tmp_path / "b").unlink()
    assert [(found.artifact.path, found.status) for found in results] == [
        ("b", "missing"),
        ("c", "captured"),
    ]


def test_a_directory_that_becomes_a_link_while_it_is_listed_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    (tmp_path / "run" / "sub").mkdir(parents=True)
    (tmp_path / "run" / "gone").mkdir()
    entries = Root.entries

    def list_and_exchange(root: Root, names: Any, **options: Any) -> Iterator[tuple[str, bool]]:
        yield from list(entries(root, names, **options))
        if not names:
            (tmp_path / "run" / "sub").rmdir()
            (tmp_path / "run" / "sub").symlink_to("../outside")
            (tmp_path / "run" / "gone").rmdir()

    monkeypatch.setattr(Root, "entries", list_and_exchange)
    run = tmp_path / "run"
    assert captured_below(run) == {
        "gone": ("missing", None),
        "sub": ("refused", f"outside_root: leads outside {run}"),
    }


def test_a_listing_that_breaks_off_keeps_what_it_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "file").touch()
    entries = Root.entries

    def break_off(root: Root, names: Any, **options: Any) -> Iterator[tuple[str, bool]]:
        yield from entries(root, names, **options)
        if names == ("a",):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Root, "entries", break_off)
    assert captured_below(tmp_path) == {
        "a": ("unreadable", "read_failed: Input/output error"),
        "a/file": ("captured", None),
    }


def test_a_tree_deeper_than_a_path_can_be_is_captured_to_its_end(tmp_path: Path) -> None:
    levels, name = 60, "x" * 100
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(levels):
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    finally:
        os.close(here)
    assert captured_below(tmp_path) == {f"{name}/" * levels + "file": ("captured", None)}


def test_the_arguments_are_checked_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"run_dir must be str or os\.PathLike"):
        iter_run_artifacts(b"run")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="capture_policy must be a TextCapturePolicy, not int"):
        iter_run_artifacts(tmp_path, 5)  # type: ignore[arg-type]


def test_a_line_end_right_before_the_tail_ends_a_line_that_is_omitted(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"0123456789\n" * 1_000_000)
    excerpt = capture_text_artifact(file, TextCapturePolicy(22, 11, 11)).excerpt
    assert excerpt is not None
    assert (excerpt.head, excerpt.tail) == ("0123456789\n",) * 2
    assert (excerpt.omitted_lines, excerpt.total_lines) == (999_998, 1_000_000)
