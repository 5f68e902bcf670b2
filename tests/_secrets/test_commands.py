"""Command lines: what is secret in them, by the names of options and by what programs mean."""

from __future__ import annotations

import pytest

from run_artifacts._secrets.commands import (
    ANCHOR,
    PROGRAMS,
    argument_ranges,
    command_ranges,
    line_ranges,
    secret_spans,
)

# Each with what is secret in it between two marks; as a shell takes it, words are its arguments.
PROGRAMS_AT_WORK = [
    "curl -sS -u me:«p4ss» https://till.invalid/",
    "curl -sSume:«p4ss» https://till.invalid/",
    "curl --user me:«p4ss» -b «sid=a1» -b jar.txt",
    "curl --user=me:«p4ss» -U px:«pr0xy» -E client.p12:«c3rt»",
    "/usr/bin/curl -u me:«a:b:c» x",
    "curl.exe -u me:«p4ss» x",
    "sudo -E env A=b timeout 5 nice curl -u me:«p4ss» x",
    "docker exec -it till mysql -uroot -p«s3cr3t» -P 3306 till",
    "mysqldump --password=«s3cr3t» -h db till",
    "mysqladmin -uroot -p«0ld» password «n3w»",
    "sshpass -p «p4ss» ssh -p 2222 me@host",
    "sshpass -e -p«p4ss» scp -P 22 a b",
    "docker login -u me -p «p4ss» registry.invalid",
    "podman --log-level debug login -p «p4ss» registry.invalid",
    "redis-cli -h host -p 6379 -a «p4ss» ping",
    "mongosh -u me -p «p4ss» --port 27017 till",
    "ldapsearch -x -D cn=me -w «p4ss» -b dc=till",
    "smbclient //host/share -U me%«p4ss»",
    "openssl rsa -in key.pem -passin pass:«p4ss» -passout env:OUT",
    "htpasswd -b .htpasswd me «p4ss»",
    "htpasswd -cb .htpasswd me «p4ss»",
    "htpasswd -b mysql me «p4ss»",
    "curl https://till.invalid/mysql -u me:«p4ss»",
    "zip -r -P «p4ss» a.zip b",
    "zip -rP «p4ss» a.zip b",
    "7z a -p«p4ss» a.7z b",
    "rar a -hp«p4ss» a.rar b",
    "keytool -list -storepass «p4ss» -keystore k.jks",
    "sqlcmd -S host -U sa -P «p4ss»",
    "lftp -u me,«p4ss» host",
    "rabbitmqctl add_user me «p4ss»",
    "ssh-keygen -t ed25519 -N «p4ss» -f k",
    "twine upload -u me -p «p4ss» dist.whl",
    "vault login «t0k3n»",
]

UNTOUCHED = [
    "curl -u me https://till.invalid/",
    "curl -u $USER:$PASS x",
    "curl -u me:**** x",
    "curl -u user:password https://till.invalid/",
    "curl -u me:[redacted:assignment] x",
    "curl -u [redacted:secret] x",
    "curl --cert ./client.pem x",
    "curl --cert /etc/ssl/c:d x",
    "curl -b jar.txt -H Accept:x -o -u",
    "mysql -u root -p till",
    "mysql -p -h host",
    "ssh -p 2222 host",
    "cp -p a b",
    "mkdir -p a/b",
    "git -p log",
    "python -u main.py",
    "docker run -p 80:80 nginx",
    "docker ps -p",
    "redis-cli -p 6379 ping",
    "psql -p 5432 till",
    "unzip -p a.zip",
    "7z x a.7z -oout",
    "openssl req -new -key k.pem -keyout p4 -kdf x",
    "openssl rsa -passin file:p.txt -passout stdin",
    "sshpass -f file ssh host",
    "tar -xpf a.tar -U b",
    "vault kv get till",
    "grep -u x:y file",
    "curl https://till.invalid/mysql -o p",
]


def unmarked(text: str) -> str:
    return text.replace("«", "").replace("»", "")


def marked(text: str, ranges: list[tuple[int, int]]) -> str:
    for start, end in sorted(ranges, reverse=True):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    return text


@pytest.mark.parametrize("line", [*PROGRAMS_AT_WORK, *UNTOUCHED])
def test_what_an_option_of_a_program_means_is_known(line: str) -> None:
    plain = unmarked(line)
    args = plain.split()
    assert [*map(marked, args, command_ranges(args))] == line.split()
    assert marked(plain, line_ranges(plain)) == line


@pytest.mark.parametrize("line", [*PROGRAMS_AT_WORK, *UNTOUCHED])
def test_a_command_line_is_found_in_a_text(line: str) -> None:
    plain = unmarked(line)
    listed = ", ".join(map(repr, line.split()))
    names = "--password=«s3cr3t»"  # which the search for assignments finds in a text
    for text in (
        line,
        f"+ {line}\n+ mkdir -p x:y\n",
        f"$ true && {line}; echo -u x:y",
        f'{{"cmd": "{line}", "u": "x:y"}}',
        f"Command '[{listed}]' returned non-zero exit status 22.",
        f"argv: [{listed}]; then -u x:y",
        f"run `{line}` with -u x:y",
        line.replace(" ", " \\\n  "),
    ):
        if names not in line and "/usr/bin" not in line:
            found = unmarked(text)
            assert marked(found, secret_spans(found)) == text, plain


@pytest.mark.parametrize(
    "line",
    [
        "tool --token «t0p» --verbose",
        "tool --api-key «t0p» --no-auth x --auth-token $X",
        "tool -password «t0p»",
        "tool --password «p4ss» --token --verbose",
        "tool --token-file t --private-key ~/.ssh/id --secret-name x --password -",
        "tool --client-key k.pem --max-tokens 5 --key k --public-key k",
        "API_KEY=«t0p» TOKEN= PASSWORD=$P tool",
        "tool --token=«t0p» --env=DB_PASSWORD=«p4ss» -e TOKEN=«t0p» -Ddb.password=«p4ss»",
        "npm config set //registry.invalid/:_authToken=«t0p»",
        "tool -H 'X-Api-Key: «t0p»' -H \"Authorization: «Bearer t0p4»\" -H 'Accept: text/html'",
        "tool -H 'Authorization: Bearer $TOKEN' -H 'X-Token: <token>'",
        "sh -c 'curl -u me:«p4ss» x; true' -u x:y",
        "git commit -m 'password: say what is wrong' -m 'token: fix'",
        "tool --password '«p 4; s|s»' | next --token «t0p» > --token",
        "curl -u 'me:«p 4»' x",
        "curl -u me:'«p 4»' x",
        'curl -u "me:«p\\"4»" x',
        "curl -u me:«p\\ 4» x",
        "curl -u «'me:p'4» x",
        "curl -u $(cat p) x",
    ],
)
def test_a_line_for_a_shell_is_read_as_one(line: str) -> None:
    plain = unmarked(line)
    assert marked(plain, line_ranges(plain)) == line


def test_a_command_line_ends_with_the_quotes_around_it() -> None:
    text = '{"cmd": "curl --user me:", "argv": ["curl"], "x": "a:b"}'
    assert secret_spans(text) == []


def test_what_is_no_text_among_arguments_is_passed_over() -> None:
    assert argument_ranges(["curl", None, "-u", "a:b4", None]) == {3: (2, 4)}
    assert argument_ranges(["--token", None]) == {}
    assert argument_ranges([]) == {}
    assert argument_ranges(["--token"]) == {}


def test_every_program_is_an_anchor() -> None:
    for name in PROGRAMS:
        found = ANCHOR.search(f"$ {name} -x")
        assert found is not None
        assert found[0] == name
        assert ANCHOR.search(f"{name}s -x a.{name} -{name} -x") is None


@pytest.mark.parametrize(
    "piece",
    [
        "curl -u ", "curl -u a:b ", "curl '", 'curl "', 'curl "\\"', "'curl", '"curl ', "curl\\\n",
        "curl 'a' 'curl', ", "'curl', '-u', ", "mysql -p", "curl -u a:'", "curl $(", "curl `",
        "--token ", "a=", "a: ", "token: ", "-", "\\", "htpasswd -b ", "x/", "curl -sSsSs", "7z -p",
        "//:", 'curl -u a:"\\', "\ud800", "\0",
    ],
)  # fmt: skip
def test_each_character_is_looked_at_a_few_times(piece: str) -> None:
    """What takes time by the square would not come to an end here."""
    text = piece * (100_000 // len(piece))
    for ranges in (secret_spans(text), line_ranges(text)):
        assert all(0 <= start < end <= len(text) for start, end in ranges)
        assert ranges == sorted(ranges)
