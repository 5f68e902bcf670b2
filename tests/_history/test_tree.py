"""Walking a tree: order, what is skipped, and what could not be looked into."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from run_artifacts import HistoryLoss, iter_report_history, iter_run_dirs
from run_artifacts._history.tree import iter_places, utc_timestamp
from support import write_run


def walk(runs: Path, target_slug: str | None = None) -> list[str]:
    """The runs of a tree, and its losses as `reason path`."""
    found = []
    for place in iter_places(str(runs), target_slug):
        if isinstance(place, HistoryLoss):
            found.append(f"{place.reason} {os.path.relpath(place.path, runs)}")
        else:
            assert place.run_dir == f"{runs}/{place.run_rel}"
            found.append(place.run_rel)
    return found


@pytest.mark.parametrize(
    ("name", "stated"),
    {
        "20260101T000000Z": "2026-01-01T00:00:00Z",
        "20240229T235959Z": "2024-02-29T23:59:59Z",
        "00010101T000000Z": "0001-01-01T00:00:00Z",
        "20230229T000000Z": None,
        "20261399T999999Z": None,
        "20260101T240000Z": None,
        "20260101T000060Z": None,
        "00000101T000000Z": None,
        "20260101T000000": None,
        "20260101T000000z": None,
        "20260101T000000Z\n": None,
        "2026011T0000000Z": None,
        "²0260101T000000Z": None,
        "٢٠٢٦٠١٠١T٠٠٠٠٠٠Z": None,
        "": None,
    }.items(),
)
def test_a_timestamp_is_a_valid_time_in_ascii_digits(name: str, stated: str | None) -> None:
    assert utc_timestamp(name) == stated


def test_runs_come_by_name_at_each_level(runs: Path) -> None:
    expected = [
        "a/20260101T000000Z/claude/0",
        "a/20260101T000000Z/claude/1",
        "a/20260101T000000Z/claude/10",
        "a/20260101T000000Z/claude/2",
        "a/20260101T000000Z/codex/0",
        "a/20260102T000000Z/claude/0",
        "b/20250101T000000Z/claude/0",
    ]
    for run_rel in reversed(expected):
        write_run(runs, run_rel)
    assert walk(runs) == expected
    assert walk(runs, "b") == expected[-1:]


def test_names_with_an_underscore_are_skipped_at_each_level(runs: Path) -> None:
    for run_rel in ("_a/t/x/0", "a/_t/x/0", "a/t/_x/0", "a/t/x/_0", "a/t/x/0"):
        write_run(runs, run_rel)
    assert walk(runs) == ["a/t/x/0"]
    assert walk(runs, "_a") == ["_a/t/x/0"]


def test_files_at_any_level_are_no_runs(runs: Path) -> None:
    write_run(runs, "a/t/x/0")
    for folder in ("", "a", "a/t", "a/t/x"):
        (runs / folder / "README.md").write_text("")
        (runs / folder / "dangling").symlink_to("nowhere")
    assert walk(runs) == ["a/t/x/0"]
    assert walk(runs, "README.md") == []


@pytest.mark.parametrize(
    ("link", "target"),
    {
        "latest": "a",
        "latest_run": "a/t/x/0",
        "a/latest": "t",
        "a/up": "../a",
        "a/t/x/last": "0",
        "a/t/other": "x",
    }.items(),
)
def test_a_link_is_an_alias_where_its_real_path_is_walked(
    runs: Path, link: str, target: str
) -> None:
    write_run(runs, "a/t/x/0")
    (runs / link).symlink_to(os.path.relpath(runs / target, (runs / link).parent))
    assert walk(runs) == ["a/t/x/0"]


@pytest.mark.parametrize(
    ("link", "target", "run"),
    [
        ("a/t/x/0", "store/abc", "a/t/x/0"),  # the same depth is not the same level
        ("t", "archive/t", "t/20260101T000000Z/x/0"),
        ("a/t", "batch", "a/t/x/0"),
        ("a/t/x", "agents/x", "a/t/x/0"),
        ("all", ".", "all/a/t/x"),
    ],
)
def test_a_link_to_another_level_is_followed(runs: Path, link: str, target: str, run: str) -> None:
    """What it leads to is met under its own name too, where it is a run of no target."""
    below = os.path.relpath(run, link)
    write_run(runs, os.path.normpath(f"{target}/{below}"))
    (runs / link).parent.mkdir(parents=True, exist_ok=True)
    (runs / link).symlink_to(os.path.relpath(runs / target, (runs / link).parent))
    assert run in walk(runs)
    records = [*iter_report_history(runs, on_loss=lambda _: None)]
    assert [record["run_rel"] for record in records] == [run]


def test_a_link_that_is_met_again_at_another_level_is_followed(runs: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "e", "20260101T000000Z/codex")
    (tmp_path / "e" / "t").symlink_to("../e")
    (runs / "a").symlink_to(tmp_path / "e")
    assert "a/t/20260101T000000Z/codex" in walk(runs)


def test_links_to_the_tree_itself_are_followed_once_on_a_way(runs: Path) -> None:
    write_run(runs, "a/t/x/0")
    for number in range(30):
        (runs / f"back{number}").symlink_to(".")
    with mock.patch.object(os, "scandir", side_effect=os.scandir) as listed:
        assert "a/t/x/0" in walk(runs)
    assert listed.call_count < 1_000


def test_a_link_to_what_is_not_walked_itself_is_followed(runs: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", "t/x/0")
    write_run(runs, "_hidden/t/x/0")
    write_run(runs, "a/t/x/0")
    (runs / "b").symlink_to(tmp_path / "elsewhere")
    (runs / "c").symlink_to("_hidden")
    assert walk(runs) == ["a/t/x/0", "b/t/x/0", "c/t/x/0"]
    # Asked for by the name of an alias, the target is walked under that name.
    (runs / "alias").symlink_to("a")
    (runs / "a" / "latest").symlink_to("t")
    assert walk(runs, "alias") == ["alias/t/x/0"]
    # What a followed link leads to is walked too: a link in it is an alias as well.
    (tmp_path / "elsewhere" / "latest").symlink_to("t")
    assert walk(runs, "b") == ["b/t/x/0"]
    assert "b/t/x/0" in walk(runs)
    assert "b/latest/x/0" not in walk(runs)


def test_a_link_into_a_run_directory_is_followed(runs: Path) -> None:
    run = write_run(runs, "a/t/x/0")
    write_run(run, "workspace/t/x/0")
    (runs / "b").symlink_to("a/t/x/0/workspace")
    assert walk(runs) == ["a/t/x/0", "b/t/x/0"]


def test_an_alias_whose_real_path_another_target_holds_is_followed(runs: Path) -> None:
    write_run(runs, "a/t/x/0")
    (runs / "b").mkdir()
    (runs / "b" / "t2").symlink_to("../a/t")
    assert walk(runs) == ["a/t/x/0"]
    assert walk(runs, "b") == ["b/t2/x/0"]


def test_a_link_that_leads_nowhere_hides_no_run(runs: Path) -> None:
    write_run(runs, "a/t/x/0")
    (runs / "loop").symlink_to("loop")
    (runs / "dangling").symlink_to("nowhere")
    assert walk(runs) == ["a/t/x/0"]


def test_a_link_that_the_system_will_not_follow_is_a_loss(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    runs = public_path / "runs"
    write_run(runs, "a/t/x/0")
    (runs.parent / "closed" / "b").mkdir(parents=True)
    (runs / "b").symlink_to(runs.parent / "closed" / "b")
    (runs.parent / "closed").chmod(0)
    out = run_unprivileged(f"""
        from run_artifacts import iter_report_history
        reader = iter_report_history({str(runs)!r}, on_loss=lambda loss: print(loss))
        print([record["run_rel"] for record in reader], reader.tally.lost)
    """)
    denied = f"unreadable_directory: Permission denied ({runs}/b)"
    assert out.splitlines() == [denied, "['a/t/x/0'] 1"]


def test_a_target_that_is_not_there_has_no_runs(runs: Path) -> None:
    assert walk(runs, "absent") == []
    assert walk(runs, "x" * 5_000) == []
    assert walk(runs, "\ud800") == []


def test_a_directory_that_cannot_be_listed_is_a_loss_and_the_others_are_walked(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    runs = public_path / "runs"
    for run_rel in ("a/t/x/0", "b/t/x/0", "c/t/x/0"):
        write_run(runs, run_rel)
    (runs / "a" / "t").chmod(0)
    (runs / "b" / "t" / "x" / "0").chmod(0)
    out = run_unprivileged(f"""
        from run_artifacts import iter_report_history
        losses = []
        reader = iter_report_history({str(runs)!r}, on_loss=losses.append)
        print([record["run_rel"] for record in reader], tuple(reader.tally))
        print([(loss.reason, loss.path[{len(str(runs))}:], loss.detail) for loss in losses])
    """)
    denied = "Permission denied"
    lost = [("unreadable_directory", path, denied) for path in ("/a/t", "/b/t/x/0")]
    assert out.splitlines()[0].startswith("['c/t/x/0'] (1, 0, 0, 2, 3, ")
    assert out.splitlines()[1] == str(lost)


def test_a_directory_that_goes_while_the_tree_is_walked_is_a_loss(runs: Path) -> None:
    for run_rel in ("a/t/x/0", "b/t/x/0"):
        write_run(runs, run_rel)
    places = iter_places(str(runs), None)
    assert not isinstance(next(places), HistoryLoss)
    (runs / "b").rename(runs.parent / "b")
    (loss,) = places
    assert isinstance(loss, HistoryLoss)
    assert (loss.reason, loss.path) == ("vanished", f"{runs}/b")


def test_a_name_that_is_no_utf_8_is_walked(runs: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    write_run(runs, f"{name}/t/x/0")
    assert walk(runs) == [f"{name}/t/x/0"]
    assert [path.parts[-4] for path in iter_run_dirs(runs)] == [name]
