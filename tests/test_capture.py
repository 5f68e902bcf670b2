"""Capturing: one result for whatever a path names, and every byte accounted for."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle
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
)
from support import run_python


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
    assert dataclasses.astuple(policy) == (10_000, 5_000, 5_000, 7, 9)
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert dataclasses.replace(policy, max_line_count=None) != policy
    assert hash(policy) == hash(TextCapturePolicy(10_000, 5_000, 5_000, 7, 9))
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.head_bytes = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(TextCapturePolicy)])
def test_a_policy_of_anything_but_counts_is_refused_when_it_is_made(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 0 or more, not -1"):
        TextCapturePolicy(**{name: -1})
    for value in (True, 1.0, "1"):
        with pytest.raises(TypeError, match=f"{name} must be an int, not {type(value).__name__}"):
            TextCapturePolicy(**{name: value})


def test_the_fields_of_results_keep_their_order() -> None:
    def names(kind: Any) -> list[str]:
        return [field.name for field in dataclasses.fields(kind)]

    assert names(ArtifactRef) == ["path", "abs_path", "exists", "size_bytes", "sha256"]
    excerpt = ["head", "tail", "truncated", "head_bytes", "tail_bytes", "omitted_bytes"]
    assert names(TextExcerpt) == [
        *excerpt,
        "omitted_lines",
        "total_lines",
        "encoding",
        "invalid_bytes",
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
    assert capture_text_artifact(tmp_path / "file", root="").status == "refused"
    assert capture_text_artifact("", root=tmp_path).status == "refused"
    assert capture_text_artifact("").status == "missing"


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


def test_a_read_that_fails_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)

    def failing_read(_fd: int, _size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", failing_read)
    result = capture_text_artifact(tmp_path / "file")
    assert result.status == "unreadable"
    assert result.error == "read_failed: Input/output error"
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


def test_memory_is_bounded_by_the_policy_not_by_the_file(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.write(b"text " * 1_000)
        file.truncate(1 << 29)
    out = run_python(
        """
        import resource, sys
        from run_artifacts import capture_text_artifact
        capture_text_artifact("/etc/hostname")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = capture_text_artifact(sys.argv[1])
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(result.artifact.size_bytes, result.excerpt.omitted_bytes, after - before < 4_096)
        """,
        str(tmp_path / "sparse"),
    )
    assert out == f"{1 << 29} {(1 << 29) - 24_000} True\n"


def test_a_policy_larger_than_memory_costs_no_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    result = capture_text_artifact(tmp_path / "file", TextCapturePolicy(10**15))
    assert result.excerpt is not None
    assert result.excerpt.head == "abc"
