"""The secrets that redaction's recall is measured on, made at random, and where each is spelt."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import string
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# The spellings stand beside the tests, which use them too.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from spellings import SPELLINGS  # type: ignore[import-not-found]

#: A secret has parts that all of its format share, and parts of its own; the flag tells these.
Parts = list[tuple[str, bool]]

_LETTERS = string.ascii_letters
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URL_SAFE = _ALNUM + "-_"
_SYMBOLS = "!#$%&*+-./:=?@^_~"
_MORE_SYMBOLS = _SYMBOLS + "\"'`\\;,()[]{}<>|"

# Words as people choose them.
_WORDS = """
    autumn banana butterfly captain charlie chocolate coffee dragon eagle family flower football
    garden ginger guitar hammer horse island jaguar jordan kitten ladder lemon maggie market monkey
    mountain orange panda pepper piano pirate planet pumpkin purple rabbit river rocket sailor
    shadow silver soccer sparrow spring staple summer sunshine tiger tractor turtle violet walnut
    winter wizard yellow zebra
""".split()  # noqa: SIM905 - a table of words

#: Names under which values without a format of their own stand.
NAMES = """
    password PASSWORD DB_PASSWORD db_password POSTGRES_PASSWORD MYSQL_ROOT_PASSWORD dbPassword
    SMTP_PASSWORD passwd root_pwd passphrase secret client_secret clientSecret CLIENT_SECRET
    SECRET_KEY JWT_SECRET webhook_secret token TOKEN auth_token AUTH_TOKEN access_token accessToken
    refresh_token BOT_TOKEN api_key apiKey API_KEY SERVICE_API_KEY secret_access_key private_key
    signing_key ENCRYPTION_KEY access_key OPENAI_KEY credentials session_id
""".split()  # noqa: SIM905 - a table of words


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of secret looks like, and the names that it stands under."""

    name: str
    make: Callable[[random.Random], Parts]
    names: tuple[str, ...] = tuple(NAMES)
    has_format: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A secret spelt in a text: where it stands, and which of its characters are its own."""

    spelling: str
    shape: str
    name: str
    text: str
    start: int
    end: int
    own: frozenset[int]

    @property
    def kinds(self) -> tuple[str, str, str]:
        """The kinds that a sample is counted by."""
        return self.spelling, self.shape, self.name


def _password(chance: random.Random, form: str) -> str:
    """Make a password as people choose them: w a word, W a title, d a digit, s a symbol."""
    made = {
        "w": lambda: chance.choice(_WORDS),
        "W": lambda: chance.choice(_WORDS).title(),
        "d": lambda: chance.choice(string.digits),
        "s": lambda: chance.choice(_SYMBOLS),
    }
    return "".join(made[letter]() if letter in made else letter for letter in form)


def _some(alphabet: str, least: int, most: int, chance: random.Random) -> str:
    """Make a text of an alphabet, with an end that is no symbol."""
    length = chance.randint(least, most)
    ends = [letter for letter in alphabet if letter.isalnum()]
    middle = "".join(chance.choices(alphabet, k=length - 2))
    return f"{chance.choice(ends)}{middle}{chance.choice(ends)}"


def _base64(least: int, most: int, chance: random.Random) -> str:
    return base64.b64encode(chance.randbytes(chance.randint(least, most))).decode()


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _jwt(chance: random.Random) -> str:
    payload, signature = _some(_URL_SAFE, 60, 200, chance), _some(_URL_SAFE, 43, 43, chance)
    return f"eyJ{_some(_ALNUM, 33, 33, chance)}.eyJ{payload}.{signature}"


def _whole(make: Callable[[random.Random], str], chance: random.Random) -> Parts:
    return [(make(chance), True)]


def own_shapes() -> Iterator[Shape]:
    """Yield shapes that no issuer has: what people choose, and what generators make."""
    chosen = {
        "a word": ["w", "W"],
        "two words": ["WW", "ww", "w-w", "w_w"],
        "words and spaces": ["w w w w"],
        "a word and digits": ["wd", "wddd", "Wdddd", "Wdd"],
        "a word, digits, a symbol": ["wds", "Wdds", "wsddd", "Wdddds", "sWdd"],
    }
    for name, forms in chosen.items():

        def make(chance: random.Random, forms: list[str] = forms) -> str:
            return _password(chance, chance.choice(forms))

        yield Shape(f"password: {name}", partial(_whole, make), tuple(NAMES[:12]))
    made: dict[str, Callable[[random.Random], str]] = {
        "password: generated, symbols": partial(_some, _ALNUM + _SYMBOLS, 10, 24),
        "password: generated, any symbol": partial(_some, _ALNUM + _MORE_SYMBOLS, 10, 24),
        "random: alphanumeric": partial(_some, _ALNUM, 20, 64),
        "random: letters": partial(_some, _LETTERS, 20, 40),
        "random: URL-safe": partial(_some, _URL_SAFE, 20, 64),
        "random: hex": partial(_some, _HEX, 20, 64),
        "random: base32": partial(_some, string.ascii_uppercase + "234567", 16, 52),
        "random: base64": partial(_base64, 15, 48),
        "random: UUID": _uuid,
        "random: digits and dashes": partial(_some, string.digits + "-", 20, 30),
        "random: short": partial(_some, _ALNUM, 8, 12),
    }
    for name, make_one in made.items():
        yield Shape(name, partial(_whole, make_one))


_PIECE = re.compile(
    r"<(?P<kind>[^>]+)>|\[(?P<alphabet>[^\]]+)\](?:\{(?P<length>\d+)\})?|(?P<literal>[^<\[]+)"
)
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_ROW = re.compile(r"\| *(?P<issuer>[^|]+?) *\| *`(?P<shape>[^`|]+)` *\| *`(?P<name>[^`|]+)` *\|")
_BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def shapes_of(path: Path) -> Iterator[Shape]:
    """Yield the shapes of a Markdown document: tables of an issuer, a shape and a name.

    A shape is a literal text with classes of characters (`[a-z0-9]{20}`) and kinds (`<UUID>`,
    `<JWT>`, `<base64 of 64 bytes>`). From the second table on, none has a format that tells it.
    """
    table = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        table += line.startswith("| --")
        if row := _ROW.fullmatch(line.strip()):
            make = partial(_shaped, row["shape"])
            yield Shape(row["issuer"], make, (row["name"],), has_format=table == 1)


def _shaped(shape: str, chance: random.Random) -> Parts:
    parts: Parts = []
    for piece in _PIECE.finditer(shape):
        if literal := piece["literal"]:
            parts.append((literal, False))
        elif kind := piece["kind"]:
            parts.append((_of_kind(kind, chance), True))
        else:
            length = int(piece["length"] or 1)
            letters = _alphabet(piece["alphabet"])
            parts.append(("".join(chance.choices(letters, k=length)), True))
    return parts


def _of_kind(kind: str, chance: random.Random) -> str:
    if kind == "UUID":
        return _uuid(chance)
    if kind == "JWT":
        return _jwt(chance)
    size = int(found[0]) if (found := re.search(r"\d+", kind)) else 60
    return _base64(size, size, chance)


def _alphabet(written: str) -> str:
    if written.startswith("bech32"):
        return _BECH32
    letters: list[str] = []
    for first, last, single in _RANGE.findall(written):
        letters += [single] if single else map(chr, range(ord(first), ord(last) + 1))
    return "".join(letters)


def samples(shapes: list[Shape], count: int, seed: int, *, held: bool) -> Iterator[Sample]:
    """Yield samples of one half: a hash of the seed, the spelling and the shape says of which."""
    for name, spelling in SPELLINGS.items():
        for shape in shapes:
            if spelling.by_format_alone and not shape.has_format:
                continue
            key = hashlib.sha256(f"{seed}\0{name}\0{shape.name}".encode()).digest()
            if (key[0] % 2 == 1) is held:
                chance = random.Random(key)  # noqa: S311 - data, and no secret
                for _ in range(count):
                    yield from _spelt(name, spelling, shape, chance)


def _spelt(name: str, spelling: Any, shape: Shape, chance: random.Random) -> Iterator[Sample]:
    """Yield a sample, unless the value can't be spelt this way."""
    parts = shape.make(chance)
    value = "".join(part for part, _ in parts)
    if not spelling.fits(value):
        return
    called = chance.choice(shape.names)
    before, written, after = spelling.parts(called, value)
    before, after = f"step 3 of 7\n{before}", f"{after}\nfinished in 3 s\n"
    start, end = len(before), len(before) + len(written)
    own = frozenset(start + index for index in _own(parts, value, written, spelling.value))
    shown = called if "{name}" in spelling.template else "(the spelling's own)"
    yield Sample(name, shape.name, shown, f"{before}{written}{after}", start, end, own)


def _own(parts: Parts, value: str, written: str, write: Callable[[str], str]) -> Iterator[int]:
    """Yield which characters of what is written stand for the parts of a secret's own."""
    flags = [own for part, own in parts for _ in part]
    shown = [write(letter) for letter in value]
    if "".join(shown) == written:
        at = 0
        for letters, own in zip(shown, flags, strict=True):
            yield from range(at, at + len(letters)) if own else ()
            at += len(letters)
    elif (at := written.find(value)) >= 0:
        yield from (at + index for index, own in enumerate(flags) if own)
    else:
        yield from range(len(written))
