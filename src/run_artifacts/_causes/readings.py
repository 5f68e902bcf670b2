"""The formats in which failures are told, in one table: whether one may be there, and its reading.

Lines come in; the parts that identify the failure go out, of the first format that is there. To add
one is to add a row, and a function from lines to parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from run_artifacts._causes import compilers, native, python, stacks, test_runners, tools
from run_artifacts._causes.test_runners import named_reader


class Reading(NamedTuple):
    """A format: its name, texts of which one is in every output that has it, and what reads it."""

    rule: str
    signs: tuple[str, ...]
    read: Callable[[list[str]], list[str] | None]


# A test runner prints stacks, a build tool what the compilers say that it calls: who stands above
# another knows better what failed.
READINGS = (
    Reading(
        "pytest",
        (
            "= FAILURES =",
            "= ERRORS =",
            "short test summary info",
            "INTERNALERROR>",
            " deselected in ",
            "no tests ran in ",
            " deselected\n",
            "ERROR: usage: ",
            "ERROR: not found: ",
            "ERROR: file or directory not found",
        ),
        test_runners.read_pytest,
    ),
    Reading("unittest", ("\nFAIL: ", "\nERROR: ", "FAILED ("), test_runners.read_unittest),
    Reading("doctest", ("Failed example:\n",), test_runners.read_doctest),
    Reading("go_test", ("--- FAIL: ",), named_reader("go_test")),
    Reading("rust_test", (" stdout ----",), named_reader("rust_test")),
    Reading(
        "junit",
        ("[ERROR] Tests run:", "[ERROR] Failures:", "[ERROR] Errors:"),
        named_reader("junit"),
    ),
    Reading("jest", ("\u25cf ",), named_reader("jest")),
    Reading("crossed", ("\u2716 ", "\u2718 ", "\u2717 ", "\u2715 "), named_reader("crossed")),
    Reading("tap", ("not ok ",), named_reader("tap")),
    Reading("mocha", (" failing\n",), named_reader("mocha")),
    Reading("rspec", ("\nrspec ",), named_reader("rspec")),
    Reading("phpunit", ("PHPUnit ",), named_reader("phpunit")),
    Reading("minitest", ("Failure:", "Error:\n"), named_reader("minitest")),
    Reading("dotnet_test", ("  Failed ",), named_reader("dotnet_test")),
    Reading("ctest", ("The following tests FAILED",), named_reader("ctest")),
    Reading("maven", ("[Help 1]",), tools.read_maven),
    Reading("python_crash", ("Fatal Python error: ",), python.read_crash),
    Reading("python_traceback", ('File "',), python.read_traceback),
    Reading("dotnet", ("nhandled exception. ", "nhandled Exception: "), stacks.read_dotnet),
    Reading("go", ("\ngoroutine ",), stacks.read_go),
    Reading("rust", (" panicked at ",), stacks.read_rust_panic),
    Reading("java", ("\tat ", "    at "), stacks.read_jvm),
    Reading("node", ("    at ", "FATAL ERROR: "), stacks.read_node),
    Reading("ruby", (":in '", ":in `"), stacks.read_ruby),
    Reading("php", ("Fatal error: ", "Parse error: "), stacks.read_php),
    Reading(
        "rust", ("error[E", "\n  --> ", "\n --> ", "error: could not compile"), compilers.read_rust
    ),
    Reading("perl", (" compilation error",), tools.read_perl),
    Reading(
        "compiler",
        (
            ": error",
            ": fatal error",
            "undefined reference",
            "multiple definition",
            "cannot find -l",
            "undefined symbol",
            "unresolved external",
            "duplicate symbol",
            "rror TS",
            ": Fehler",
            ": erreur",
        ),
        compilers.read_compiler,
    ),
    Reading("go", (".go:",), compilers.read_go_build),
    Reading("compiler", ("\n  --> ", "\n --> "), compilers.read_arrow),
    Reading("lua", ("stack traceback:",), stacks.read_lua),
    Reading("valgrind", ("== ERROR SUMMARY: ",), native.read_valgrind),
    Reading("terraform", ("\n  on ",), tools.read_terraform),
    Reading("compiler", ("  error  ",), compilers.read_stylish),
    Reading("sanitizer", ("Sanitizer: ",), native.read_sanitizer),
    Reading("cpp", ("terminate called after ",), native.read_terminate),
    Reading("cmake", ("CMake Error",), tools.read_cmake),
    Reading("npm", ("npm error", "npm ERR!"), tools.read_npm),
    Reading("git", ("failed to push some refs",), tools.read_git_push),
    Reading("make", (": *** ",), tools.read_make),
    Reading(
        "tool",
        (
            *("rror: ", "RROR: ", "atal: ", "ATAL: ", "panic: ", "rror]: "),
            *("ehler: ", "rreur: ", "rrore: ", "rro: "),
        ),
        tools.read_error_line,
    ),
)


def read_format(text: str, lines: list[str]) -> tuple[str, list[str]] | None:
    """Return the rule and the parts of the first format that is in a text."""
    for rule, signs, read in READINGS:
        for sign in signs:
            if sign in text:
                parts = read(lines)
                if parts:
                    return rule, parts
                break
    return None
