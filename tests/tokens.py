"""Tokens in every format that is redacted, with random bodies, and what must not be taken for one.

No token here was ever issued, and none stands in a file as a whole.
"""

from __future__ import annotations

import base64
import random
import re
import string
from typing import NamedTuple

ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"

_chance = random.Random(5)


def some(length: int, alphabet: str = ALNUM) -> str:
    """Return a random body that begins and ends with what no format stops at."""
    inner = "".join(_chance.choices(alphabet, k=length - 2))
    ends = [letter for letter in alphabet if letter.isalnum()]
    return f"{_chance.choice(ends)}{inner}{_chance.choice(ends)}"


def jwt(payload: int, signature: int) -> str:
    """Return a token of header, payload and signature (RFC 7519)."""
    return f"eyJ{some(33, URL_SAFE)}.eyJ{some(payload, URL_SAFE)}.{some(signature, URL_SAFE)}"


def private_key(kind: str, lines: int) -> str:
    """Return a private key as PEM has it (RFC 7468)."""
    body = "\n".join([some(64, BASE64) for _ in range(lines)] + [some(40, BASE64) + "=="])
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


class Token(NamedTuple):
    """A secret in its format: what stands before it stays, and so does what follows."""

    rule: str
    secret: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        return f"{self.before}{self.secret}{self.after}"

    @property
    def redacted(self) -> str:
        return f"{self.before}[redacted:{self.rule}]{self.after}"


TOKENS = {
    **{f"github {letter}": Token("github_token", f"gh{letter}_{some(36)}") for letter in "opusr"},
    "github fine-grained": Token("github_token", f"github_pat_{some(22)}_{some(59)}"),
    "github app": Token("github_token", f"ghs_1234567_{jwt(280, 342)}"),
    "gitlab": Token("gitlab_token", f"glpat-{some(20, URL_SAFE)}"),
    "gitlab routable": Token("gitlab_token", f"glpat-{some(27, URL_SAFE)}.01.{some(9)}"),
    "openai": Token("openai_key", f"sk-{some(20)}T3BlbkFJ{some(20)}"),
    "openai project": Token(
        "openai_key", f"sk-proj-{some(74, URL_SAFE)}T3BlbkFJ{some(74, URL_SAFE)}"
    ),
    "openai project, plain": Token("openai_key", f"sk-proj-{some(48)}"),
    "anthropic": Token("anthropic_key", f"sk-ant-api03-{some(93, URL_SAFE)}AA"),
    "aws": Token("aws_key_id", f"AKIA{some(16, BASE32)}"),
    "aws temporary": Token("aws_key_id", f"ASIA{some(16, BASE32)}"),
    "google": Token("google_api_key", f"AIza{some(35, URL_SAFE)}"),
    "slack bot": Token("slack_token", f"xoxb-{some(12, '123')}-{some(13, '123')}-{some(24)}"),
    "slack refreshed": Token("slack_token", f"xoxe.xoxp-1-{some(160)}"),
    "stripe": Token("stripe_key", f"sk_live_{some(24)}"),
    "stripe restricted": Token("stripe_key", f"rk_test_{some(99)}"),
    "stripe webhook": Token("stripe_key", f"whsec_{some(15)}/{some(15)}+"),
    "npm": Token("npm_token", f"npm_{some(36)}"),
    "pypi": Token("pypi_token", f"pypi-AgEIcHlwaS5vcmc{some(150, URL_SAFE)}"),
    "hugging face": Token("huggingface_token", f"hf_{some(34, string.ascii_letters)}"),
    "jwt": Token("jwt", jwt(120, 43)),
    "jwt, encrypted directly": Token(
        "jwt", f"eyJ{some(33, URL_SAFE)}..{some(16)}.{some(60, URL_SAFE)}.{some(22)}"
    ),
    "rsa key": Token("private_key", private_key("RSA ", 25)),
    "key": Token("private_key", private_key("", 3)),
    "openssh key": Token("private_key", private_key("OPENSSH ", 6)),
    "url": Token("url_userinfo", f"deploy:{some(20)}", "https://", "@host/"),
    "url, quoted password": Token("url_userinfo", f"deploy:pa'{some(20)}", "https://", "@host/"),
    "url token": Token("url_userinfo", some(24), "git+https://", "@host/"),
    "url in JSON": Token("url_userinfo", f"deploy:{some(20)}", r"https:\/\/", "@host"),
    "url in ASCII": Token("url_userinfo", f"deploy:{some(20)}", r"https:\u002f\u002F", "@host"),
    "bearer": Token("bearer", some(40), "Authorization: Bearer "),
    "bearer, short": Token("bearer", "till7", "authorization: bearer "),
    "bearer, letters": Token("bearer", some(24, string.ascii_letters), "Bearer "),
    "bearer behind another word": Token("bearer", some(40), "Bearer token:Bearer "),
    "bearer in a query": Token("bearer", some(40), "Bearer%20"),
    "basic, short": Token("basic", "dTpwYXNz", "Basic "),
    "basic": Token("basic", base64.b64encode(f"user:{some(19)}".encode()).decode(), "Basic "),
}

# Each prefix that `docs/format.md` lists.
PREFIXES = """
    ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- glptt- gldt- glrt- glcbt- glsoat- glft- glimt-
    glagent- gloas- glffct- sk-proj- sk-svcacct- sk-admin- sk-ant- AKIA ASIA ABIA ACCA AIza xoxb-
    xapp-1- sk_live_ sk_test_ rk_live_ rk_test_ whsec_ npm_ pypi- hf_ api_org_
""".split()  # noqa: SIM905 - a table of words

# What stands in logs and data, and is no secret.
SURVIVORS = {
    "git hash": "commit 3a613da0c1f2e4b5968778695a4b3c2d1e0f9a8b (HEAD -> main)",
    "sha256": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uuid": "run 123e4567-e89b-42d3-a456-426614174000 failed",
    "path": "/home/build/.cache/pip/wheels/ab/cd/ef0123456789abcdef0123456789abcdef0123/x.whl",
    "windows path": r"C:\Users\build\AppData\Local\Temp\npm-cache\_logs\2026-01-01T00_00_00_000Z",
    "image": "data:image/png;base64,"
    + base64.b64encode(random.Random(6).randbytes(6_000)).decode(),
    "integrity": '"integrity": "sha512-' + "Zk7dJ3c0x9Q2+ab/" * 5 + 'v1qWx3A=="',
    "hash of a requirement": "--hash=sha256:" + "0123456789abcdef" * 4,
    "source map": "//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2Vz",
    "public key": "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ\n-----END PUBLIC KEY-----",
    "public ssh key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0d",
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAg\n-----END CERTIFICATE-----",
    "fetching": "ssh://git@github.com/owner/project.git and git@github.com:owner/project.git",
    "address in a query": "https://example.org/?to=someone@example.org",
    "templates": "https://{user}@h https://%s:%s@h https://${USER}:${PASS}@h https://***:***@h",
    "an address behind a URL": "https://example.org/,someone@example.org (https://a.b,me@a.b)",
    "an address in minified code": "f('https://a.b','me@a.b');g('https://a.b'+'@latest')",
    "an address in an encoded URL": "next=https%3A%2F%2Fexample.org%3Fto%3Dme%40x.org"
    " https%3A%2F%2Fa.b%23me%40x.org https%3A%2F%2Fa.b%20or%20mail%20me%40x.org"
    " https%3A%2F%2Fa.b%22me%40x.org https%3A%2F%2Fa.b%26mail%3Dme%40x.org"
    " https%3A%2F%2Fa.b,me%40c.d",
    "container image": "docker://alpine:3.8@sha256:" + "9f86d081884c7d65" * 4,
    "scoped package": "https://registry.invalid/@types/node/-/node-20.0.0.tgz",
    "bearer prose": "Bearer authentication is required; no bearer token sent (Bearer tokens).",
    "basic prose": "Basic authentication failed. BASIC INTERPRETER, basic building-blocks",
    "bearer without": "Authorization: Bearer undefined",
    "variable": '-H "Authorization: Bearer $TOKEN" -H "Authorization: Basic ${AUTH}"',
    "npm variables": "npm_config_registry npm_package_json npm_lifecycle_script_of_a_long_name",
    "kebab": "task-proj-some-long-name-of-a-branch desk-ant-eaters-of-america pypi-publish-action",
    "constants": "hf_transfer gho_initialize_connection_pool sk-learn AKIA ASIAN_MARKETS",
    "unexpected token": "SyntaxError: Unexpected token '}', \"password: \" is not valid JSON",
}

SURVIVING_KEYS = """
    max_tokens token_count next_page_token tokenizer authorType keyboard tokens completion_tokens
    tokenizer_config token_type token_limit eos_token pageToken nextToken page_token_count author
    authority authored_by monkey key primary_key cache_key public_key idempotency_key passenger
    bypass compass secretary password_length password_required has_password_policy
    access_token_expires_at accessTokenExpiry api_key_id private_key_path secret_name auth_method
    auth_url PWD OLDPWD session authentication input_token_details output_token_details
    token_breakdown InvalidTokenException cancellation_token start_token cookie_consent
    password_reset sort_key SORT_KEY config_key translation_key row_key api_key_name
    public_key_token
    SSH_PUBLIC_KEY STRIPE_PUBLISHABLE_KEY RECAPTCHA_SITE_KEY hash_key host_key kms_key_id BASE_URL
    REPO_URL URL token_url code code_challenge http_session DESKTOP_SESSION text_signature pat
    IPV4_PAT webhook first_pass PASS_COUNT NOPASSWD SSH_AUTH_SOCK XAUTHORITY noAuth has_auth
    self.is_password get_password post_handshake_auth secretName TokenStream token_pos
    CookiesConfig cookie_samesite proxy_pass lock_token USER_PASSWORD_AUTH
""".split()  # noqa: SIM905 - a table of words

SECRET_KEYS = """
    password PASSWORD dbPassword DB_PASSWORD password2 user-password passwd pwd sa_pwd passphrase
    secret client_secret clientSecret CLIENT_SECRET_V2 secrets token TOKEN ACCESS_TOKEN auth_token
    accessToken GITHUB_TOKEN npm.token x-api-key X-API-Key apiKey apikey api_keys OPENAI_API_KEY
    Ocp-Apim-Subscription-Key private_key PRIVATE-KEY secretAccessKey AWS_SECRET_ACCESS_KEY
    AccountKey signing_key Authorization Proxy-Authorization auth _auth cookie Set-Cookie cookies
    credentials connectionString password_confirmation oauth2_token XAuthToken PGPASSWORD SSHPASS
    APIkey passWord DBPASS authHeader OPENAI_KEY SSH_KEY GH_PAT gitlab_pat AZURE_DEVOPS_EXT_PAT
    DATABASE_URL databaseUrl MONGODB_URI CELERY_BROKER_URL SENTRY_DSN presigned_url SLACK_WEBHOOK
    SLACK_WEBHOOK_URL TEAMS_WEBHOOK session_id sessionid PHPSESSID connect.sid OPENAI_SESSION
    signature sig X-Amz-Signature X-Hub-Signature-256 X-Amz-Security-Token SharedAccessSignature
    client-key-data tls.key sshkey TS_AUTHKEY CF_ORIGIN_CA_KEY NEW_RELIC_LICENSE_KEY SOPS_AGE_KEY
    openai_key SECRET_KEY_BASE RSA_PRIVATE_KEY_BASE64 PresharedKey x-functions-key otp totp jwt
    mnemonic seed_phrase psk wpa_psk code_verifier client_assertion SAMLResponse PRIVATE-TOKEN
    _authToken _password .dockerconfigjson identitytoken AWS_ACCESS_KEY_ID DB_PASS userPass
    ansible_become_pass smtp_pw pass MYSQL_PWD Pwd AWS_BEARER_TOKEN_BEDROCK NPM_TOKEN_CI csrftoken
""".split()  # noqa: SIM905 - a table of words

# The starts of what the patterns look for, repeated: each nearly matches, as often as it can.
NEARLY = (
    "ghp_", "ghs_1_eyJ", "ghs_" + "a" * 41, "ghp_" + "a" * 29 + " ", "github_pat_", "glpat-",
    "glpat-aaaa ", "glpat-" + "a" * 16 + ".", "sk-", "sk-proj-", "sk-a", "sk-T3BlbkF", "sk-ant-",
    "sk-" + "a" * 17 + "T3BlbkF-", "T3BlbkFJ-sk-", "AKIA", "AKIA" + "A" * 15 + "a ", "AIza",
    "AIza-",
    "xoxb-", "xoxe.xoxp-", "sk_live_", "npm_", "npm_" + "a" * 29 + "_", "pypi-", "pypi-Ag", "hf_",
    "eyJ", "eyJ-", "eyJ.", "eyJaaaaa.", "eyJaaaaa-", "eyJaaaaa.a", "0meyJ", "\x1b[0meyJ-",
    "-----BEGIN ", "-----BEGIN " + "A" * 40, "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----END ", "://", "a://a", "a://a:", "a://a@", "a://@", "a:\\/\\/a",
    "Bearer ", "Bearer  ", "bearer a", "bearer aaaa-", "basic ", "Basic Aa-", "authorization: ",
    "Authorization: Bearer ", "authorization:        bearer", "Bearer Basic-Basic-Basic-",
    "whsec_", "whsec_" + "a" * 15 + " ", "a%3A%2F%2F", "a%3a%2f%2fa", "a%3a%2f%2fa%3a%40",
    "Bearer a1", "bearer a1Bearer a1",
    "[redacted:bearer]", "[redacted:", "\\", "%20", "\x1b[31m",
)  # fmt: skip

_PLACEHOLDER = re.compile(r"\[redacted:[a-z_]+\]")
_PIECE = re.compile(r"[\w+/=.~:-]{8,}", re.ASCII)
_LABELS = ("Authorization:", "token:Bearer", "authorization:", "git+https://", "Bearer%20")


def pieces_left(text: str) -> set[str]:
    """Return the runs of eight characters and more that a token may have, but for labels."""
    pieces = _PIECE.findall(_PLACEHOLDER.sub("\n", text))
    return {piece for piece in pieces if not any(piece in label for label in _LABELS)}


def left_of(token: Token, text: str) -> set[str]:
    """Return the pieces of a token of eight characters that are left in a text."""
    pieces = {token.secret[at : at + 8] for at in range(len(token.secret) - 7)}
    shown = _PLACEHOLDER.sub("\0", text)
    return {piece for piece in pieces if piece in shown}
