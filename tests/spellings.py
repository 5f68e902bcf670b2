"""The ways in which text spells that a name has a value, as a table.

A template holds `{value}` once and the name at most once; how each is written there, in which case
and with which escapes, stands beside it. What is no part of a value in a spelling, as a space is
none in a bare word, stands there too: a value that has it is not spelt that way.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

_PARTS = re.compile("[A-Za-z0-9]+")
_WORDS = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# What ends a bare word, or has a meaning of its own in it.
IN_NO_WORD = " \t\n\"'`\\,;"
IN_NO_SHELL_WORD = IN_NO_WORD + "$&|<>()#!*?[]{}~^"


def as_it_is(text: str) -> str:
    """Return a name or a value as it is."""
    return text


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case."""
    parts = _PARTS.findall(name)
    one_case = [part.isupper() or part.islower() for part in parts]
    words = [
        [part] if one else _WORDS.findall(part) for part, one in zip(parts, one_case, strict=True)
    ]
    return [word.lower() for found in words for word in found]


def upper(name: str) -> str:
    """Return a name as the environment has it: `DB_PASSWORD`."""
    return "_".join(words_of(name)).upper()


def lower(name: str) -> str:
    """Return a name as Python has it: `db_password`."""
    return "_".join(words_of(name))


def kebab(name: str) -> str:
    """Return a name as options have it: `db-password`."""
    return "-".join(words_of(name))


def dotted(name: str) -> str:
    """Return a name as Java's properties have it: `db.password`."""
    return ".".join(words_of(name))


def titled(name: str) -> str:
    """Return a name as headers and Go have it, without a separator: `DbPassword`."""
    return "".join(word.title() for word in words_of(name))


def camel(name: str) -> str:
    """Return a name as JavaScript has it: `dbPassword`."""
    first, *rest = words_of(name)
    return first + "".join(word.title() for word in rest)


def header(name: str) -> str:
    """Return a name as headers have it: `X-Db-Password`."""
    return "-".join(["X", *(word.title() for word in words_of(name))])


def in_json(value: str) -> str:
    """Return a value as JSON escapes it."""
    return json.dumps(value)[1:-1]


def in_json_twice(value: str) -> str:
    """Return a value as a JSON text in a JSON text has it."""
    return in_json(in_json(value))


def in_json_thrice(value: str) -> str:
    """Return a value as a JSON text in one in one more has it."""
    return in_json(in_json_twice(value))


def in_double_quotes(value: str) -> str:
    """Return a value as shells escape it in double quotes."""
    return re.sub(r'(["\\$`])', r"\\\1", value)


def in_single_quotes(value: str) -> str:
    """Return a value as SQL, YAML and PowerShell escape it in single quotes."""
    return value.replace("'", "''")


def in_repr(value: str) -> str:
    """Return a value as Python's repr has it."""
    return repr(value)[1:-1]


def in_query(value: str) -> str:
    """Return a value as a query has it."""
    return quote(value, safe="")


def with_user(value: str) -> str:
    """Return a value as the password of a user, whose name may be hidden with it."""
    return f"till:{value}"


def in_authority(value: str) -> str:
    """Return a value as the password of a URL, the user's name before it."""
    return f"till:{in_query(value)}"


def as_user(value: str) -> str:
    """Return a value as the password of basic authentication."""
    return base64.b64encode(with_user(value).encode()).decode()


class Spelling(NamedTuple):
    """One way to spell a name and its value, and how each is written there."""

    template: str
    name: Callable[[str], str] = as_it_is
    value: Callable[[str], str] = as_it_is
    unfit: str = ""
    by_format_alone: bool = False
    """Nothing tells that the value is secret but its own format."""

    def fits(self, value: str) -> bool:
        """Say whether a value can be spelt this way."""
        return value.isprintable() and not any(letter in self.unfit for letter in value)

    def parts(self, name: str, value: str) -> tuple[str, str, str]:
        """Return what stands before the value, the value as it is written, and what follows."""
        before, after = self.template.split("{value}")
        shown = self.name(name)
        return before.replace("{name}", shown), self.value(value), after.replace("{name}", shown)


def _bare(template: str, name: Callable[[str], str] = upper) -> Spelling:
    return Spelling(template, name, unfit=IN_NO_WORD)


def _shell(template: str, name: Callable[[str], str] = upper) -> Spelling:
    return Spelling(template, name, unfit=IN_NO_SHELL_WORD)


def _header(template: str, unfit: str = " \"',;") -> Spelling:
    return Spelling(template, header, unfit=unfit)


_FILES = {
    "env file": _bare("DEBUG=1\n{name}={value}\nPORT=8080"),
    "env file, double quotes": Spelling('DEBUG=1\n{name}="{value}"', upper, in_double_quotes),
    "env file, single quotes": Spelling("DEBUG=1\n{name}='{value}'\nPORT=1", upper, unfit="'\\"),
    "ini": Spelling("[database]\n{name} = {value}\nport = 5432", lower, unfit=IN_NO_WORD),
    "ini, colon": Spelling("[database]\n{name}: {value}\nport: 5432", lower, unfit=IN_NO_WORD),
    "TOML": Spelling('[database]\n{name} = "{value}"\nport = 5432', lower, in_json),
    "TOML, literal": Spelling("{name} = '{value}'\nport = 5432", lower, unfit="'"),
    "TOML, inline": Spelling('db = { {name} = "{value}", port = 1 }', lower, in_json),
    "YAML": Spelling("db:\n  {name}: {value}\n  port: 1", lower, unfit=IN_NO_WORD + "#&*!|>%@{}[]"),
    "YAML, double quotes": Spelling('db:\n  {name}: "{value}"\n  port: 5432', camel, in_json),
    "YAML, single quotes": Spelling("db:\n  {name}: '{value}'\n  a: 1", lower, in_single_quotes),
    "YAML, item": _bare("environment:\n  - {name}={value}\n  - PORT=5432"),
    "properties": Spelling("spring.port=1\nspring.{name}={value}\na=b", dotted, unfit="\\ "),
    "properties, spaces": Spelling("a = 1\ndb.{name} = {value}\nc = d", camel, unfit="\\ "),
    "netrc": Spelling("machine h.invalid\nlogin till\npassword {value}\n", unfit=' \t"\\'),
    "netrc, one line": Spelling("machine h.invalid login till password {value}", unfit=' "\\'),
    "npmrc": _bare("//registry.invalid/:_authToken={value}\nalways-auth=true"),
    "npmrc, password": _bare("//registry.invalid/:_password={value}\nemail=till@h.invalid"),
    "pypirc": Spelling("[pypi]\nusername: __token__\npassword: {value}\n", unfit=IN_NO_WORD),
    "pgpass": Spelling("PGPASSWORD={value} psql -h db -U till", unfit=IN_NO_SHELL_WORD),
    "Dockerfile ENV": _shell("FROM alpine\nENV {name}={value}\nRUN make"),
    "Dockerfile ENV, space": _shell("FROM alpine\nENV {name} {value}\nRUN make"),
    "Dockerfile ARG": Spelling('ARG {name}="{value}"\nRUN make', upper, in_double_quotes),
    "Kubernetes": Spelling(
        'env:\n  - name: {name}\n    value: "{value}"\n  - name: PORT', upper, in_json
    ),
    "Kubernetes, bare": Spelling(
        "env:\n- name: {name}\n  value: {value}\n- name: PORT", upper, unfit=IN_NO_SHELL_WORD + "%@"
    ),
    "Kubernetes, secret": Spelling(
        "kind: Secret\nstringData:\n  {name}: {value}", kebab, unfit=IN_NO_SHELL_WORD + "%@"
    ),
    "GitHub Actions env": Spelling(
        "    env:\n      {name}: {value}\n      CI: 1", upper, unfit=IN_NO_SHELL_WORD + "%@"
    ),
    "GitHub Actions with": Spelling(
        "    with:\n      {name}: {value}\n      ref: main", kebab, unfit=IN_NO_SHELL_WORD + "%@"
    ),
    "GitHub Actions log": _bare("env:\n  {name}: {value}\n  CI: true"),
    "Terraform": Spelling('  engine = "pg"\n  {name} = "{value}"\n  size = 1', lower, in_json),
    "Terraform, aligned": Spelling('  {name}         = "{value}"\n  size = 1', lower, in_json),
}

_SHELLS = {
    "export": _shell("export {name}={value}"),
    "export, double quotes": Spelling('export {name}="{value}"', upper, in_double_quotes),
    "export, single quotes": Spelling("export {name}='{value}' && make", upper, unfit="'"),
    "before a command": _shell("$ {name}={value} make release"),
    "traced": _shell("+ {name}={value}\n+ make"),
    "declared": Spelling('declare -x {name}="{value}"', upper, in_double_quotes),
    "fish": _shell("set -gx {name} {value}"),
    "csh": _shell("setenv {name} {value}"),
    "PowerShell": Spelling('$env:{name} = "{value}"', upper, unfit='"$`'),
    "PowerShell, single quotes": Spelling("$env:{name}='{value}'", upper, in_single_quotes),
    "Windows": Spelling("C:\\till> set {name}={value}\r\nC:\\till>", upper, unfit=" %^&<>|"),
    "Windows, setx": Spelling('setx {name} "{value}"', upper, unfit='"%'),
    "option": _shell("till push --{name} {value} --verbose", kebab),
    "option, equals": _shell("till push --{name}={value} --verbose", kebab),
    "option, quoted": Spelling('till push --{name} "{value}" -v', kebab, in_double_quotes),
    "option, equals and quotes": Spelling("till --{name}='{value}' -v", kebab, unfit="'"),
    "option, snake": _shell("till push --{name}={value}", lower),
    "option, one dash": _shell("till push -{name} {value} -v", camel),
    "option -e": _shell("docker run -e {name}={value} alpine"),
    "option --env": Spelling('docker run --env "{name}={value}" a', upper, in_double_quotes),
    "option --build-arg": _shell("docker build --build-arg {name}={value} ."),
    "option --set": _shell("helm upgrade till . --set auth.{name}={value}", camel),
    "Java -D": _shell("java -Dtill.{name}={value} -jar till.jar", dotted),
    "Java -D, camel": _shell("java -D{name}={value} -jar till.jar", camel),
    "curl -u": Spelling(
        "curl -u {value} https://h.invalid", value=with_user, unfit=IN_NO_SHELL_WORD
    ),
    "curl --user": Spelling("curl --user '{value}' https://h.invalid", value=with_user, unfit="'"),
    "curl -H": Spelling(
        'curl -H "{name}: {value}" https://h.invalid', header, in_double_quotes, unfit=" "
    ),
    "curl -H, single quotes": Spelling("curl -H '{name}: {value}' https://h", header, unfit="' "),
    "curl -H Authorization": Spelling(
        'curl -H "Authorization: Bearer {value}" https://h', value=in_double_quotes, unfit=" "
    ),
    "curl -d": Spelling("curl -d '{name}={value}&a=b' https://h", lower, in_query),
    "sshpass -p": _shell("sshpass -p {value} ssh till@h.invalid"),
    "sshpass -p, quoted": Spelling("sshpass -p '{value}' ssh till@h.invalid", unfit="'"),
    "mysql -p": _shell("mysql -u root -p{value} till"),
    "docker login -p": _shell("docker login -u till -p {value} r.invalid"),
    "redis-cli -a": _shell("redis-cli -h h.invalid -a {value} ping"),
}

_PROGRAMS = {
    "JSON": Spelling('{"host": "db", "{name}": "{value}", "port": 5432}', camel, in_json),
    "JSON, tight": Spelling('{"host":"db","{name}":"{value}","port":5432}', lower, in_json),
    "JSON, indented": Spelling('{\n  "{name}": "{value}",\n  "port": 1\n}', upper, in_json),
    "JSON, escaped": Spelling(
        '{"body": "{\\"{name}\\": \\"{value}\\", \\"port\\": 1}"}', lower, in_json_twice
    ),
    "JSON, escaped twice": Spelling(
        '"{\\"a\\": \\"{\\\\\\"{name}\\\\\\":\\\\\\"{value}\\\\\\"}\\"}"', camel, in_json_thrice
    ),
    "JSON, name and value": Spelling('[{"name": "{name}", "value": "{value}"}]', upper, in_json),
    "JSON, key and value": Spelling('{"key":"{name}","value":"{value}"}', upper, in_json),
    "JSON, pair": Spelling('["{name}", "{value}"]', header, in_json),
    "JSON, assignment": Spelling('["PORT=1", "{name}={value}", "A=b"]', upper, in_json),
    "repr of a dict": Spelling(
        "{'host': 'db', '{name}': '{value}', 'port': 1}", lower, in_repr, "'"
    ),
    "repr of a list of arguments": Spelling(
        "Command '['till', '--{name}', '{value}', '-v']' failed", kebab, in_repr, "'"
    ),
    "repr of a list, equals": Spelling("['till', '--{name}={value}', '-v']", kebab, in_repr, "'"),
    "repr of pairs": Spelling("[('host', 'h'), ('{name}', '{value}')]", header, in_repr, "'"),
    "repr of bytes": Spelling("{b'host': b'db', b'{name}': b'{value}'}", lower, in_repr, "'"),
    "repr of a record": Spelling(
        "Config(host='db', {name}='{value}', port=1)", lower, in_repr, "'"
    ),
    "keyword argument": Spelling('connect("db", {name}="{value}")', lower, unfit='"\\'),
    "Python": Spelling("{name} = '{value}'", upper, in_repr, "'"),
    "Python, annotated": Spelling('{name}: str = "{value}"', lower, unfit='"\\'),
    "Python, item": Spelling('os.environ["{name}"] = "{value}"', upper, unfit='"\\'),
    "JavaScript": Spelling("const {name} = '{value}';", camel, unfit="'\\"),
    "JavaScript, object": Spelling(
        "const db = { {name}: '{value}', port: 1 };", camel, unfit="'\\"
    ),
    "Ruby": Spelling('config = { "{name}" => "{value}", "port" => 1 }', lower, unfit='"\\#'),
    "Ruby, symbol": Spelling('{:{name}=>"{value}", :port=>1}', lower, unfit='"\\#'),
    "PHP": Spelling("return ['{name}' => '{value}', 'port' => 1];", lower, unfit="'\\"),
    "PHP, define": Spelling("define('{name}', '{value}');", upper, unfit="'\\"),
    "Go": Spelling('cfg := Config{Host: "db", {name}: "{value}"}', titled, in_json),
    "Go, printed": Spelling("&{Host:db {name}:{value} Port:1}", titled, unfit=IN_NO_WORD + "{}"),
    "Go, short": Spelling('{name} := "{value}"', camel, in_json),
    "Java": Spelling('String {name} = "{value}";', camel, in_json),
    "Java, printed": Spelling("Config{host='db', {name}='{value}', a=1}", camel, unfit="'"),
    "Java, map": Spelling("{host=db, {name}={value}, port=1}", camel, unfit=IN_NO_WORD + "{}"),
    "C#": Spelling('Password = "{value}", Port = 1', unfit='"\\'),
    "Rust, printed": Spelling('Config { host: "db", {name}: "{value}" }', lower, in_json),
    "Rust, printed option": Spelling('Config { {name}: Some("{value}"), a: 1 }', lower, in_json),
    "SQL": Spelling("ALTER USER till WITH PASSWORD '{value}';", value=in_single_quotes),
    "XML element": Spelling("<db><{name}>{value}</{name}></db>", camel, html.escape),
    "XML attribute": Spelling('<db port="1" {name}="{value}" />', camel, html.escape),
    "XML, key and value": Spelling('<add key="{name}" value="{value}" />', titled, html.escape),
    "Maven": Spelling("<server>\n  <{name}>{value}</{name}>\n</server>", lower, html.escape),
}

_WIRE = {
    "query": Spelling("GET https://h.invalid/a?b=1&{name}={value}&c=2", lower, in_query),
    "query, first": Spelling('"GET /a?{name}={value} HTTP/1.1" 200', lower, in_query),
    "query, escaped": Spelling("href=/a?b=1&amp;{name}={value}&amp;c=2", lower, in_query),
    "fragment": Spelling("https://h.invalid/cb#{name}={value}&state=1", lower, in_query),
    "form": Spelling("grant_type=password&username=till&{name}={value}", lower, in_query),
    "signature in a query": Spelling(
        "https://h.invalid/a?se=2026&sig={value}&sp=r", value=in_query
    ),
    "signature of AWS": Spelling(
        "https://h/a?X-Amz-Signature={value}&X-Amz-Date=1", value=in_query
    ),
    "connection string": Spelling("Server=db;User=till;Password={value};Port=1", unfit=" ;'\""),
    "connection string, Pwd": Spelling("Driver={x};Uid=till;Pwd={value};Port=1", unfit=" ;'\"{}"),
    "connection string, account": Spelling(
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={value};EndpointSuffix=h",
        unfit=" ;'\"",
    ),
    "connection string, libpq": Spelling("host=db user=till password={value} port=1", unfit=" '\\"),
    "JDBC": Spelling("jdbc:h2://db/till?user=till&password={value}&ssl=1", value=in_query),
    "URL": Spelling("postgres://{value}@db.invalid:5432/till", value=in_authority),
    "header": _header("Host: h\n{name}: {value}\nAccept: */*"),
    "header, lower case": Spelling("> {name}: {value}\n> accept: */*", kebab, unfit=" \"',;"),
    "header, x-api-key": _header("x-api-key: {value}\nhost: h"),
    "header, PRIVATE-TOKEN": _header("PRIVATE-TOKEN: {value}\nHost: h"),
    "header, X-Vault-Token": _header("X-Vault-Token: {value}\nHost: h"),
    "header, Ocp-Apim-Subscription-Key": _header("Ocp-Apim-Subscription-Key: {value}\nHost: h"),
    "Authorization: Bearer": _header("Authorization: Bearer {value}\nHost: h"),
    "Authorization: Basic": Spelling("Authorization: Basic {value}\nHost: h", value=as_user),
    "Authorization: token": Spelling("Authorization: {value}\nA: b", value=lambda v: f"token {v}"),
    "Authorization: a scheme": Spelling(
        "Authorization: {value}\nHost: h", value=lambda v: f'Till id="7", mac="{v}"', unfit='"'
    ),
    "Authorization: no scheme": _header("Authorization: {value}\nHost: h"),
    "Authorization in JSON": Spelling(
        '{"headers": {"Authorization": "Bearer {value}", "a": "b"}}', value=in_json, unfit=" "
    ),
    "Authorization in a repr": Spelling(
        "{'Authorization': 'Bearer {value}', 'Accept': '*/*'}", value=in_repr, unfit="' "
    ),
    "Proxy-Authorization": Spelling("Proxy-Authorization: Basic {value}\nA: b", value=as_user),
    "Cookie": Spelling("Cookie: {value}\nA: b", value=lambda v: f"a=1; sid={v}; b=2", unfit=' ",;'),
    "Set-Cookie": Spelling(
        "Set-Cookie: {value}\nHost: h", value=lambda v: f"sid={v}; Path=/; HttpOnly", unfit=' ",;'
    ),
    "log line": _bare("2026-01-01 INFO connect {name}={value} user=till", lower),
    "log line, commas": _bare("connect host=db, {name}={value}, user=till", lower),
    "log line, quotes": Spelling('level=info {name}="{value}" user=till', lower, in_json),
    "log line, colon": _bare("2026-01-01 INFO {name}: {value}\nnext", lower),
    "log line, brackets": Spelling("connect [{name}={value}]", lower, unfit=IN_NO_WORD + "[]"),
    "log line, parentheses": Spelling("(host=db {name}={value})", lower, unfit=IN_NO_WORD + "()"),
}

_ALONE = {
    "prose": Spelling("the answer was {value} and no more", unfit=" ", by_format_alone=True),
    "a line": Spelling("{value}", unfit=" ", by_format_alone=True),
    "quoted prose": Spelling('server said "{value}".', unfit=' "', by_format_alone=True),
    "an argument": Spelling("$ till login {value}\nok", unfit=" ", by_format_alone=True),
    "a path": Spelling("https://h.invalid/hook/{value}/x", unfit=" /:?#@%", by_format_alone=True),
}

#: The groups of the table.
GROUPS = (_FILES, _SHELLS, _PROGRAMS, _WIRE, _ALONE)

#: Each spelling by its name.
SPELLINGS: dict[str, Spelling] = {
    name: spelling for group in GROUPS for name, spelling in group.items()
}
