"""Each format in which a failure is told: which rule reads it, and what of it is the cause."""

from __future__ import annotations

import pytest

from run_artifacts._causes.lines import lines_of
from run_artifacts._causes.readings import READINGS, read_format

# The rule, what is printed, and the parts, before anything is masked.
TOLD: dict[str, tuple[str, str, list[str]]] = {
    "pytest, whole": (
        "pytest",
        """\
=================================== FAILURES ===================================
___________________________ TestTill.test_open[3] ____________________________

    def test_open(self, n):
>       assert till(n) == 4
E       assert 3 == 4
E        +  where 3 = till(3)

tests/test_till.py:9: AssertionError
=========================== short test summary info ============================
FAILED tests/test_till.py::TestTill::test_open[3] - assert 3 == 4
========================= 1 failed, 2 passed in 0.12s ==========================
""",
        ["tests/test_till.py::TestTill::test_open[3]: assert 3 == 4"],
    ),
    "pytest, cut by the terminal": (
        "pytest",
        """\
____ test_open ____
E   KeyError: 'shelf'
==== short test summary info ====
FAILED tests/test_till.py::test_open - KeyErr...
""",
        ["tests/test_till.py::test_open: KeyError: 'shelf'"],
    ),
    "pytest, without a summary": (
        "pytest",
        "==== FAILURES ====\n____ test_open ____\nE   KeyError: 'shelf'\n== 1 failed in 2s ==\n",
        ["test_open: KeyError: 'shelf'"],
    ),
    "pytest, an error of collecting": (
        "pytest",
        """\
==== ERRORS ====
____ ERROR collecting tests/test_till.py ____
ImportError while importing test module '/srv/b/17/tests/test_till.py'.
E   ModuleNotFoundError: No module named 'till'
==== short test summary info ====
ERROR tests/test_till.py
""",
        ["tests/test_till.py: ModuleNotFoundError: No module named 'till'"],
    ),
    "pytest, no tests": ("pytest", "no tests ran in 0.01s\n", ["pytest: no tests ran"]),
    "pytest, a wrong option": (
        "pytest",
        "ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --till\n",
        ["unrecognized arguments: --till"],
    ),
    "unittest": (
        "unittest",
        """\
======================================================================
FAIL: test_open (tests.test_till.Till.test_open)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/srv/b/17/tests/test_till.py", line 9, in test_open
    self.assertEqual(3, 4)
AssertionError: 3 != 4

----------------------------------------------------------------------
FAILED (failures=1)
""",
        ["tests.test_till.Till.test_open: AssertionError: 3 != 4"],
    ),
    "unittest before 3.11": (
        "unittest",
        "\nERROR: test_open (__main__.Till)\n----\nTraceback (most recent call last):\n"
        '  File "a.py", line 9, in test_open\n    x\nKeyError: 1\n\nFAILED (errors=1)\n',
        ["Till.test_open: KeyError: 1"],
    ),
    "doctest": (
        "doctest",
        '*****\nFile "/srv/till.py", line 4, in till.open\nFailed example:\n    open(2)\n'
        "Expected:\n    3\nGot:\n    2\n***Test Failed*** 1 failures.\n",
        ["till.open: open(2)"],
    ),
    "go test": (
        "go_test",
        "=== RUN   TestOpen\n--- FAIL: TestOpen (0.01s)\n    till_test.go:14: closed\nFAIL\n",
        ["TestOpen: closed"],
    ),
    "go test, with all tests": (
        "go_test",
        "=== RUN   TestOpen\n    till_test.go:14: closed\n--- FAIL: TestOpen (0.01s)\nFAIL\n",
        ["TestOpen: closed"],
    ),
    "cargo test": (
        "rust_test",
        "---- tests::open stdout ----\nthread 'tests::open' panicked at src/lib.rs:9:5:\n"
        "till is closed\n\nfailures:\n    tests::open\n",
        ["tests::open: till is closed"],
    ),
    "TAP": (
        "tap",
        "TAP version 13\nok 1 - close\nnot ok 2 - open\n  ---\n  error: 'closed'\n  ...\n1..2\n",
        ["open: closed"],
    ),
    "node --test": (
        "crossed",
        "✔ close (1.2ms)\n✖ open (0.4ms)\n  Error: closed\n      at till.js:3:1\n"
        "✖ failing tests:\n\n✖ open (0.4ms)\n",
        ["open: closed"],
    ),
    "jest": (
        "jest",
        "  \u25cf till \u203a opens\n\n    expect(received).toBe(expected)\n\n    Expected: 3\n",
        ["till \u203a opens: Expected: 3"],
    ),
    "minitest": (
        "minitest",
        "  1) Failure:\nTillTest#test_open [till_test.rb:9]:\nExpected: 4\n  Actual: 3\n",
        ["TillTest#test_open: Expected: 4"],
    ),
    "ctest": (
        "ctest",
        "The following tests FAILED:\n\t  2 - till_open (Failed)\nErrors while running CTest\n",
        ["till_open"],
    ),
    "Maven": (
        "maven",
        "[ERROR] COMPILATION ERROR : \n[ERROR] /srv/App.java:[3,8] cannot find symbol\n"
        "[ERROR] -> [Help 1]\n[ERROR] For more information\n",
        ["cannot find symbol", "in App.java"],
    ),
    "Java": (
        "java",
        """\
Exception in thread "main" com.till.Closed: till 7
	at java.base/java.util.Map.get(Map.java:1)
	at com.till.Shop.open(Shop.java:17)
	at com.till.Main.main(Main.java:3)
Caused by: java.io.IOException: no shelf
	at com.till.Disk.read(Disk.java:9)
	... 2 more
""",
        [
            "Closed: till 7",
            "in com.till.Shop.open",
            "IOException: no shelf",
            "in com.till.Disk.read",
        ],
    ),
    "Node": (
        "node",
        """\
/srv/b/17/till.js:3
    throw new TypeError('closed')
    ^

TypeError: closed
    at open (/srv/b/17/till.js:3:11)
    at node:internal/main:1:1 {
  [cause]: Error: no shelf
}
Node.js v20.1.0
""",
        ["TypeError: closed", "in till.open", "Error: no shelf"],
    ),
    "Node, a file of its own": (
        "node",
        "node:internal/modules/cjs/loader:1080\n  throw err;\n\nError: Cannot find module 'till'\n"
        "    at Module._resolve (node:internal/modules/cjs/loader:1077:15)\n",
        ["Error: Cannot find module 'till'"],
    ),
    ".NET": (
        "dotnet",
        "Unhandled exception. Till.ClosedException: till 7\n ---> System.IO.IOException: no\n"
        "   at System.IO.File.Open(String path)\n   at Till.Shop.Open() in /srv/Shop.cs:line 9\n",
        ["ClosedException: till 7", "IOException: no", "in Till.Shop.Open"],
    ),
    "Go": (
        "go",
        "panic: till 7 [recovered]\n\ngoroutine 1 [running]:\nruntime.gopanic(...)\n"
        "main.open(0x1)\n\t/srv/main.go:9 +0x1d\nexit status 2\n",
        ["panic: till 7", "in main.open"],
    ),
    "Go's compiler": (
        "go",
        "# example.org/till\n./till.go:9:2: undefined: shelf\n",
        ["undefined: shelf", "in till.go"],
    ),
    "Rust": (
        "rust",
        "thread 'main' (71) panicked at src/main.rs:9:5:\ntill is closed\nnote: run with\n",
        ["panicked: till is closed", "in main.rs"],
    ),
    "Rust before 1.73": (
        "rust",
        "thread 'main' panicked at 'till is closed', src/main.rs:9:5\nnote: run with\n",
        ["panicked: till is closed", "in main.rs"],
    ),
    "Rust's compiler": (
        "rust",
        "warning: unused\n  --> src/a.rs:1:1\nerror[E0425]: no `shelf`\n --> src/main.rs:3:5\n"
        "error: could not compile `till`\n",
        ["error[E0425]: no `shelf`", "in main.rs"],
    ),
    "Ruby": (
        "ruby",
        "/srv/till.rb:3:in 'open': till is closed (Till::Closed)\n"
        "\tfrom /srv/till.rb:9:in '<main>'\n",
        ["Till::Closed: till is closed", "in till.open"],
    ),
    "PHP": (
        "php",
        "PHP Fatal error:  Uncaught Till\\Closed: till 7 in /srv/till.php:3\nStack trace:\n"
        "#0 /srv/till.php(9): open()\n#1 {main}\n  thrown in /srv/till.php on line 3\n",
        ["Fatal error: Till\\Closed: till 7", "in till.php"],
    ),
    "Perl's compiler": (
        "perl",
        'syntax error at /srv/till.pl line 3, near "x"\nGlobal symbol "$y" at till.pl line 9.\n'
        "Execution of /srv/till.pl aborted due to compilation errors.\n",
        ['syntax error at /srv/till.pl line 3, near "x"'],
    ),
    "Lua": (
        "lua",
        "lua: till.lua:3: no shelf\n\tno field x\nstack traceback:\n\t[C]: in function 'error'\n",
        ["no shelf"],
    ),
    "gcc": (
        "compiler",
        "till.c: In function 'main':\ntill.c:3:9: warning: x\ntill.c:4:9: error: 'y' undeclared\n"
        "make: *** [Makefile:2: till.o] Error 1\n",
        ["error: 'y' undeclared", "in till.c"],
    ),
    "gcc in German": (
        "compiler",
        "till.c:4:9: Fehler: »y« nicht deklariert\n",
        ["Fehler: »y« nicht deklariert", "in till.c"],
    ),
    "MSVC": (
        "compiler",
        "C:\\b\\till.c(4): error C2065: 'y': undeclared identifier\n",
        ["error C2065: 'y': undeclared identifier", "in till.c"],
    ),
    "tsc": (
        "compiler",
        "src/till.ts(3,5): error TS2304: Cannot find name 'y'.\n",
        ["error TS2304: Cannot find name 'y'.", "in till.ts"],
    ),
    "mypy, cut by the terminal": (
        "compiler",
        'till.py:3: error: Incompatible types (expression has\ntype "str")  [assignment]\n    x\n',
        ['error: Incompatible types (expression has type "str") [assignment]', "in till.py"],
    ),
    "a linker": (
        "compiler",
        "/usr/bin/ld: /tmp/ccX.o: in function `main':\ntill.c:(.text+0x5): undefined reference to"
        " `shelf'\ncollect2: error: ld returned 1 exit status\n",
        ["undefined reference to `shelf'"],
    ),
    "ESLint": (
        "compiler",
        "\n/srv/b/till.js\n  3:9  error  'y' is not defined  no-undef\n\n✖ 1 problem (1 error)\n",
        ["'y' is not defined no-undef", "in till.js"],
    ),
    "ruff": (
        "compiler",
        "F821 Undefined name `y`\n --> till.py:3:1\n  |\nFound 1 error.\n",
        ["F821 Undefined name `y`", "in till.py"],
    ),
    "Terraform": (
        "terraform",
        "\u2577\n\u2502 Error: Unsupported argument\n\u2502 \n\u2502   on main.tf line 3:\n"
        '\u2502    3:   till = 1\n\u2502 \n\u2502 No argument "till" is\n\u2502 expected. See.\n',
        ["Error: Unsupported argument", 'No argument "till" is expected', "in main.tf"],
    ),
    "C++": (
        "cpp",
        "terminate called after throwing an instance of 'till::closed'\n"
        "  what():  till 7\nAborted\n",
        ["till::closed: till 7"],
    ),
    "AddressSanitizer": (
        "sanitizer",
        "==71==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n"
        "    #0 0x7f in __interceptor_free /src/x.cpp:1\n    #1 0x55 in shelf /srv/till.c:9:3\n",
        ["AddressSanitizer: heap-use-after-free", "in shelf"],
    ),
    "Valgrind": (
        "valgrind",
        "==71== Invalid read of size 4\n==71==    at 0x1091: shelf (till.c:9)\n"
        "==71== ERROR SUMMARY: 1 errors from 1 contexts\n",
        ["Invalid read of size 4", "in shelf"],
    ),
    "CMake": (
        "cmake",
        "CMake Error at CMakeLists.txt:3 (find_package):\n  By not providing\n  FindTill.cmake\n\n"
        "-- Configuring incomplete, errors occurred!\n",
        ["CMake Error: By not providing FindTill.cmake", "in find_package"],
    ),
    "npm": (
        "npm",
        "npm error code E404\nnpm error 404 Not Found - GET https://r/till\n"
        "npm error A complete log\n",
        ["npm: E404", "Not Found - GET https://r/till"],
    ),
    "make": (
        "make",
        "make: *** No rule to make target 'till.c', needed by 'till'.  Stop.\n",
        ["make: No rule to make target 'till.c', needed by 'till'.  Stop."],
    ),
    "git, a push that was rejected": (
        "git",
        "remote: no room        \nremote: Resolving: 100% (3/3)\nTo up.git\n"
        " ! [remote rejected] main -> main (hook declined)\nerror: failed to push some refs\n",
        ["git push: main (hook declined)", "no room"],
    ),
    "git": ("tool", "hint: x\nfatal: not a till\n", ["fatal: not a till"]),
    "git in French": ("tool", "erreur: pas de caisse\n", ["erreur: pas de caisse"]),
    "git in Italian": ("tool", "errore: niente cassa\n", ["errore: niente cassa"]),
    "git in Portuguese": ("tool", "erro: sem caixa\n", ["erro: sem caixa"]),
    "pip": (
        "tool",
        "Looking in indexes\nERROR: Could not find till==3\nERROR: No matching distribution\n",
        ["error: Could not find till==3"],
    ),
    "cargo": (
        "tool",
        "error: failed to load manifest\n\nCaused by:\n  no such till\n",
        ["error: failed to load manifest", "no such till"],
    ),
    "an error that is announced": (
        "tool",
        "ERROR: In till:\nno shelf\n",
        ["error: In till: no shelf"],
    ),
}


@pytest.mark.parametrize(("rule", "text", "parts"), TOLD.values(), ids=TOLD)
def test_a_format_gives_what_identifies_the_cause(rule: str, text: str, parts: list[str]) -> None:
    lines = lines_of(text)
    assert read_format("\n".join(lines), lines) == (rule, parts)


@pytest.mark.parametrize(("rule", "text", "parts"), TOLD.values(), ids=TOLD)
def test_what_other_programs_write_around_it_changes_nothing(
    rule: str, text: str, parts: list[str]
) -> None:
    lines = lines_of(f"step 3 of 9\nfetched 12 files\n\n{text}\nuploaded 3 files\n")
    assert read_format("\n".join(lines), lines) == (rule, parts)


def test_what_is_no_failure_is_read_by_no_format() -> None:
    text = (
        "All tests passed.\n12 passed in 0.3s\nok 1 - open\n  3:9  warning  unused\n"
        "till.c:3:9: warning: unused\nerrors: 0\nerror log is empty\n[INFO] BUILD SUCCESS\n"
        "0 errors, 0 failures\nmake: Nothing to be done for 'all'.\n+--------+\n"
    )
    lines = lines_of(text)
    assert read_format("\n".join(lines), lines) is None


def test_of_thousands_of_failed_tests_ten_identify_a_run() -> None:
    texts = {
        "pytest": "short test summary info\n"
        + "".join(f"FAILED a.py::t{n}\n" for n in range(3_000)),
        "go_test": "".join(f"--- FAIL: Test{n} (0.01s)\n" for n in range(3_000)),
        "doctest": 'File "a", line 1, in a\nFailed example:\n    1\n' * 3_000,
    }
    for rule, text in texts.items():
        lines = lines_of(text)
        found = read_format("\n".join(lines), lines)
        assert found is not None
        assert (found[0], len(found[1])) == (rule, 10)


def test_every_row_of_the_table_is_shown_here() -> None:
    shown = {rule for rule, _, _ in TOLD.values()}
    # These are in tests/_causes/test_tracebacks.py, and in the table of real failures.
    others = {
        "python_traceback",
        "python_crash",
        "junit",
        "mocha",
        "rspec",
        "phpunit",
        "dotnet_test",
    }
    assert {reading.rule for reading in READINGS} == shown | others
