"""The names that say of a value that it is secret.

A key is split into words, at whatever is no letter and where the case begins a new word; words are
compared whole and in lower case. So ``OPENAI_API_KEY``, ``x-api-key`` and ``apiKey`` end in the
same name, and ``tokenizer``, ``keyboard`` and ``author`` are none. As case is not always that of
words (``APIkey``, ``passWord``), each part between separators is a word too.
"""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern

_PARTS = lazy_pattern("[A-Za-z]+")
_WORDS = lazy_pattern("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split(", "))


#: Words, or two in a row, that make a name secret wherever they stand in it.
SECRET_WORDS = _listed(
    "password, passwords, passwd, passphrase, passcode, pwd, dbpassword, pgpassword, rootpassword, "
    "userpassword, dbpass, smtppass, sshpass, userpass, secret, secrets, credential, credentials, "
    "authorization, token, cookie, cookies, apikey, apikeys, accesskey, secretkey, privatekey, "
    "authkey, apitoken, authtoken, accesstoken, bearertoken, oauthtoken, refreshtoken, "
    "securitytoken, sessiontoken, clientsecret, api key, api keys, access key, access keys, "
    "secret key, private key, signing key, encryption key, master key, auth key, account key, "
    "storage key, shared key, subscription key, deploy key, hmac key, db pass, user pass, "
    "smtp pass, auth header, connection string"
)

#: Words that make it secret where they are the last one.
LAST_SECRET_WORDS = _listed("auth")

#: Last words of names that only tell of a secret: how many, which, where, until when.
TELLING_WORDS = _listed(
    "algorithm, at, breakdown, bucket, budget, consent, cost, count, counts, detail, details, dir, "
    "domain, enabled, endpoint, env, error, errors, exceeded, exception, expired, expires, "
    "expiration, expiry, field, file, format, found, helper, id, ids, in, index, kind, length, "
    "limit, limits, method, name, names, offset, path, policy, position, present, provider, quota, "
    "rate, ref, required, reset, scope, scopes, size, source, stats, status, ttl, type, uri, url, "
    "usage, used, valid, version"
)

#: Words before "token" that make it one of a text, or a position in a list.
TOKENS_OF_OTHER_KINDS = _listed(
    "audio, bos, cache, cached, cancellation, cls, completion, continuation, continue, current, "
    "end, eos, expected, first, image, input, last, mask, next, output, pad, page, per, prev, "
    "previous, prompt, reasoning, sep, special, start, stop, sync, syntax, text, unexpected, unk"
)

#: Whole names that hold something else: the working folder of POSIX shells.
KNOWN_NAMES = _listed("PWD")


def is_secret_name(key: str) -> bool:
    """Say whether what stands under a key is secret by its name."""
    if key in KNOWN_NAMES:
        return False
    parts = _PARTS.findall(key)
    words = [word.lower() for part in parts for word in _WORDS.findall(part)]
    if not words or words[-1] in TELLING_WORDS:
        return False
    if words[-1] in LAST_SECRET_WORDS:
        return True
    return any(
        (word in SECRET_WORDS and not (word == "token" and before in TOKENS_OF_OTHER_KINDS))
        or f"{before} {word}" in SECRET_WORDS
        for before, word in zip(["", *words], words, strict=False)
    ) or any(part.lower() in SECRET_WORDS for part in parts if part.lower() != "token")
