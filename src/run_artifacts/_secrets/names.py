"""The names that say of a value that it is secret, and what kind of secret they say it is.

A name is split into words, at whatever is no letter and where the case begins a new word; words are
compared whole and in lower case. So ``OPENAI_API_KEY``, ``x-api-key`` and ``apiKey`` end in the
same name, and ``tokenizer``, ``keyboard`` and ``author`` are none. As case is not always that of
words (``APIkey``, ``passWord``), each part between separators is a word too; and as words are
written together (``sshkey``), a part may be two.

The last word says what a thing is: a ``password_length`` is a length. What ``key`` and ``pass``
are is said by the word before: data are full of keys, so it takes a word that is known to make one
a secret, or the spelling of an environment's variable, where a list says what is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Literal

from run_artifacts._patterns import any_of, lazy_pattern

#: What a name says of its value: `password`, a person may have chosen it, so any word may be one;
#: `token`, it is made by a machine and looks like that; `phrase`, it is several words; `address`,
#: it is a URL or the like, and the secret is a part of that.
Kind = Literal["password", "token", "phrase", "address"]

_PARTS = lazy_pattern("[A-Za-z]+")
_WORDS = lazy_pattern("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_VARIABLE = lazy_pattern("[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")  # of an environment, by POSIX


def listed(names: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(names.split(", "))


def _together(names: frozenset[str]) -> frozenset[str]:
    return names.union(name.replace(" ", "") for name in names)


#: Words that make a name a password's wherever they stand in it, or at the end of one of them.
PASSWORD_WORDS = listed(
    "password, passwords, passwd, passwds, passphrase, passphrases, passcode, pwd, pword"
)
_PASSWORD_ENDS = ("password", "passwords", "passwd", "passphrase")

#: Words, or two in a row or written together, that make it secret wherever they stand in it.
SECRET_WORDS = _together(
    listed(
        "secret, secrets, credential, credentials, api key, "
        "api keys, access key, access keys, secret key, secret keys, private key, private keys, "
        "priv key, signing key, signing keys, encryption key, encryption keys, decryption key, "
        "master key, auth key, auth keys, account key, storage key, shared key, preshared key, "
        "shared access, subscription key, deploy key, hmac key, api token, api tokens, "
        "access tokens, auth tokens, refresh tokens, auth token, access token, bearer token, "
        "oauth token, refresh token, security token, session token, identity token, "
        "registry token, csrf token, xsrf token, authenticity token, id token, user token, "
        "client secret, connection string, connection strings, client assertion, "
        "dockerconfig json"
    )
)

#: Words that make it secret where what follows says no more than in which form it is; in a variable
#: of an environment also elsewhere but at its start.
MIDDLE_SECRET_WORDS = listed("authorization, cookie, cookies, token")

#: Up to three words that make it secret where they are the last ones.
LAST_SECRET_WORDS = _together(
    listed(
        "jwt, jwts, otp, totp, psk, bearer, creds, auth header, auth headers, access key id, "
        "session id, session ids, sess id, phpsess id, jsession id, connect sid, code verifier, "
        "auth code, authorization code, device code, otp code, mfa code, totp code, "
        "recovery code, recovery codes, backup code, backup codes, saml response, saml request"
    )
)
PHRASES = _together(
    listed("mnemonic, mnemonics, seed phrase, seed words, recovery phrase, backup phrase")
)

#: Words before "key" that make it secret: what it opens, or what is done with it.
OPENING_WORDS = listed(
    "access, activation, admin, aes, age, api, app, application, auth, authentication, "
    "authorization, bearer, bot, ca, cert, certificate, cipher, client, consumer, cookie, crypt, "
    "crypto, decrypt, decryption, deploy, deployment, dsa, ec, ecdsa, encrypt, encryption, fernet, "
    "functions, gpg, hmac, ingest, ingestion, instrumentation, integration, jwt, license, licence, "
    "mac, maps, master, oauth, pem, personal, pgp, preshared, private, priv, psk, recovery, role, "
    "root, rsa, sas, secret, server, service, session, sftp, shared, sign, signature, signing, "
    "ssh, ssl, storage, subscription, symmetric, tls, unseal, vpn, wallet, webhook, wep, wifi, "
    "wireguard, wpa, write"
)

#: Who issues secrets, as far as the word means nothing else in the names of programs.
ISSUERS = listed(
    "adafruit, ado, airtable, algolia, amplitude, anthropic, artifactory, atlassian, aws, azure, "
    "bitbucket, bugsnag, buildkite, cerebras, circleci, claude, cloudflare, codecov, cohere, "
    "contentful, databricks, datadog, deepseek, devops, digitalocean, discord, docker, dockerhub, "
    "doppler, dropbox, dynatrace, elevenlabs, etherscan, fastly, figma, firebase, firecrawl, "
    "gcp, gemini, ghcr, github, gitlab, google, grafana, groq, heroku, honeycomb, huggingface, "
    "infura, jfrog, jira, langfuse, langsmith, launchdarkly, logfire, mailchimp, mailgun, mapbox, "
    "mattermost, mistral, mixpanel, netlify, ngrok, nuget, nvidia, okta, openai, openrouter, "
    "openweathermap, pagerduty, paypal, pinecone, plaid, planetscale, posthog, postman, postmark, "
    "pulumi, pusher, pypi, quay, recaptcha, rollbar, rubygems, scaleway, sendgrid, sentry, "
    "shodan, shopify, slack, snyk, sonar, sonarqube, splunk, strapi, stripe, supabase, tailscale, "
    "tavily, telegram, terraform, twilio, twitch, twitter, vercel, virustotal, wandb, youtube, "
    "zapier, zendesk"
)

#: Words before "key" that make it one of data or of a keyboard, or one that anybody may know.
KEYS_OF_OTHER_KINDS = listed(
    "alt, any, arrow, attr, attribute, block, bucket, cache, cls, cluster, cmp, column, compare, "
    "composite, config, context, control, ctrl, current, data, default, delete, dependency, dict, "
    "down, end, enter, error, esc, escape, event, extra, feature, field, filter, first, flag, "
    "foreign, format, func, group, grouping, hash, header, home, host, hot, id, "
    "idempotency, index, item, join, label, lang, last, left, legend, list, locale, lock, lookup, "
    "mandatory, map, message, meta, metadata, missing, n, name, natural, next, node, object, "
    "option, order, page, param, parameter, parent, partition, path, prev, previous, primary, pub, "
    "public, publishable, query, queue, range, record, redis, registry, remarks, required, "
    "resource, result, return, right, route, routing, row, schema, search, section, setting, "
    "settings, shift, shortcut, site, sort, sorting, space, state, store, tab, table, tag, task, "
    "template, text, topic, translation, type, unique, unknown, up, url, value, verification, "
    "verify, version, view"
)

#: What may stand behind a key, and says in which form it is, or for where.
FORMS = listed(
    "base, b, content, contents, current, data, der, dev, development, hex, json, live, new, old, "
    "pem, plain, plaintext, prod, production, raw, staging, string, test, v, value"
)

#: Words before "pass" or "pw" that make it a password: whose it is, or what it opens.
ACCOUNTS = listed(
    "account, admin, auth, basic, become, bind, client, database, db, dba, default, email, ftp, "
    "git, http, imap, jdbc, key, keystore, ldap, login, mail, mariadb, master, mongo, mongodb, "
    "mq, mssql, my, mysql, new, old, oracle, pg, pop, postgres, postgresql, rabbitmq, "
    "redis, registry, remote, repo, root, router, server, service, sftp, smtp, sql, ssh, sudo, "
    "truststore, unix, user, vnc, vpn, wifi, wlan"
)

#: Words before "pat" that make it a personal access token, and no pattern.
_HOSTS = listed("bot, ci, ext, gh, git, jenkins, org, user")

#: Words before "url" and the like, whose URLs have user information or are secret altogether.
_SERVICES = listed(
    "amqp, broker, celery, clickhouse, cloudamqp, connection, database, datasource, db, jdbc, "
    "mariadb, mongo, mongodb, mysql, pg, postgres, postgresql, presigned, rabbitmq, redis, sas, "
    "sentry, signed, sqlalchemy, webhook, webhooks"
)
_ADDRESSES = listed("url, uri, urls, uris")
_CHATS = listed("alert, alerts, chat, feishu, incoming, lark, notify, outgoing, teams")

#: Words before "signature" that make it one of a request.
_SIGNED = listed(
    "access, amz, body, bot, goog, hmac, hub, oauth, payload, request, sas, shared, svix, url, "
    "webhook, x"
)

#: First words that make a name that of a question, a setting or a function.
FIRST_WORDS = listed(
    "allow, allows, ask, bad, can, change, check, count, create, decode, delete, derive, "
    "describe, disable, enable, enabled, encode, exclude, expire, find, force, forgot, "
    "generate, get, has, have, hide, include, includes, incorrect, invalid, is, manage, max, min, "
    "missing, need, needs, no, num, parse, prompt, random, require, required, requires, reveal, "
    "rotate, set, should, show, skip, strip, supports, use, uses, validate, with, without, wrong"
)

#: Last words of names that only tell of a secret: how many, which, where, until when.
TELLING_WORDS = listed(
    "active, age, algorithm, algorithms, arn, at, attr, attribute, attributes, behavior, "
    "behaviour, box, breakdown, bucket, budget, button, cache, callback, cb, char, chars, check, "
    "class, client, collection, column, columns, config, configuration, configurations, consent, "
    "contains, cost, count, counts, created, date, description, detail, details, dialog, dict, "
    "dir, directory, doc, docs, domain, duration, enabled, endpoint, endswith, env, error, "
    "errors, exact, exceeded, exception, expiration, expired, expires, expiry, expression, "
    "factory, field, fields, file, filename, files, flags, flow, folder, form, format, found, "
    "func, function, generator, handler, hashers, header, headers, help, helper, hint, httponly, "
    "icontains, id, ids, iexact, in, index, info, input, interval, isnull, iterator, jar, kind, "
    "label, len, length, lengths, level, lifetime, limit, limits, link, list, loader, location, "
    "lock, manager, map, matcher, message, messages, method, methods, mgr, min, mode, model, "
    "msg, name, names, num, offset, option, options, page, parameter, params, parser, path, "
    "paths, pattern, placeholder, policy, position, prefix, present, prevention, process, "
    "projection, prompt, prop, properties, property, provider, providers, question, quota, rate, "
    "re, ref, reference, refs, regex, regexp, required, requirements, reset, rotated, rotation, "
    "rule, rules, samesite, schema, scheme, scope, scopes, secure, selector, server, service, "
    "services, size, source, spec, startswith, state, stats, status, store, strategy, stream, "
    "strength, suffix, table, tags, template, time, timeout, timestamp, title, ttl, type, types, "
    "units, updated, uri, url, usage, used, valid, validator, validators, validity, var, "
    "variable, verified, version, versions, view, visible, within, wrapper"
)

#: Words before "token" that make it one of a text, or a position in a list or a protocol.
TOKENS_OF_OTHER_KINDS = listed(
    "annotation, audio, backward, bad, bos, cache, cached, cancellation, change, class, close, "
    "cls, colon, comma, comment, completion, concurrency, continuation, continue, cur, curr, "
    "current, cursor, dedup, delimiter, end, eof, eos, eot, error, expected, final, first, "
    "forward, idempotency, identifier, image, input, invalid, key, keyword, last, leading, lex, "
    "lexer, line, lock, lookahead, marker, mask, matching, name, next, node, null, number, "
    "offending, open, operator, out, output, pad, page, paging, pagination, paren, parser, peek, "
    "per, prev, previous, prompt, pseudo, raw, reasoning, resume, resumption, sep, separator, "
    "sequence, single, special, start, starting, stop, string, subword, symbol, sync, syntax, "
    "text, trailing, type, unexpected, unk, unknown, value, version, whitespace, word"
)

#: Words before "auth" that make it a way to prove who one is.
_WAYS = listed(
    "client, custom, digest, external, handshake, mutual, selective, server, srp, tls, type"
)

#: Whole names that hold something else: the working folder of POSIX shells.
KNOWN_NAMES = listed("PWD")

_KEYS, _PASSES = listed("key, keys"), listed("pass, pw")
_OTHERS = listed("auth, dsn, key, pass, pat, pw, session, sig, signature, uri, url, webhook")


# What is soonest told from the words of other names.
_CORE = listed("assertion, auth, code, codes, key, keys, phrase, saml, secret, token, tokens")


@cache
def _stems() -> list[str]:
    """Return texts of which one is in each name of a secret: the rarest word of each."""
    said = PASSWORD_WORDS | SECRET_WORDS | MIDDLE_SECRET_WORDS | LAST_SECRET_WORDS | PHRASES
    words = {max(words.split(), key=lambda word: (word in _CORE, len(word))) for words in said}
    words |= _OTHERS
    return [word for word in words if not any(other in word for other in words - {word})]


_STEM = lazy_pattern(lambda: any_of({*_stems()}))


def says_secret(text: str) -> bool:
    """Say whether there is any of the words in a text that make a name secret."""
    return _STEM.search(text.lower()) is not None


def may_be_secret(names: Iterable[str]) -> list[str]:
    """Return those of some names that hold any of these words; far sooner than each alone."""
    lowered = {name: name.lower() for name in names}
    joined = "\n".join(lowered.values())
    stems = [stem for stem in _stems() if stem in joined]
    return [name for name, low in lowered.items() if any(stem in low for stem in stems)]


def is_secret_name(key: str) -> bool:
    """Say whether what stands under a key is secret by its name."""
    return secret_kind(key) is not None


def secret_kind(key: str) -> Kind | None:
    """Return what kind of secret stands under a key by its name; ``None`` where it is none."""
    if not says_secret(key):  # as in nearly all names
        return None
    parts = _PARTS.findall(key)
    words = [word.lower() for part in parts for word in _WORDS.findall(part)]
    if not words or key in KNOWN_NAMES or _is_asked(words):
        return None
    parts = [part.lower() for part in parts]
    before, last = _last_two(words)
    if _is_address(before, last, key):
        return "address"
    if _ends_in(words, PHRASES):
        return "phrase"
    if _ends_in(words, LAST_SECRET_WORDS):
        return "token"
    if last in TELLING_WORDS:
        return None
    if _is_password(parts, words) or (last in _PASSES and _is_any(before, ACCOUNTS, ISSUERS)):
        return None if last == "auth" else "password"
    is_token = _says_secret(parts, words, key) or _ends_secret(words, key)
    return "token" if is_token else None


def _is_variable(key: str) -> bool:
    return _VARIABLE.fullmatch(key) is not None


def _is_asked(words: list[str]) -> bool:
    """Say whether a name is that of a question or a function; a header sets a cookie."""
    if words[0] in ("self", "this"):
        words = words[1:]
    return len(words) > 1 and words[0] in FIRST_WORDS and words[:2] != ["set", "cookie"]


def _is_any(word: str, *lists: frozenset[str]) -> bool:
    return any(word in listed for listed in lists)


def _last_two(words: list[str]) -> tuple[str, str]:
    """Return the last two words, also where they are written together."""
    last = words[-1]
    for end in ("keys", "key", "pass", "pw", "pat", "url", "uri"):
        start = last.removesuffix(end)
        if start != last and _is_any(start, OPENING_WORDS, ISSUERS, ACCOUNTS, _SERVICES):
            return start, end
    return words[-2] if len(words) > 1 else "", last


def _ends_in(words: list[str], names: frozenset[str]) -> bool:
    return any(" ".join(words[-count:]) in names for count in (1, 2, 3))


def _is_address(before: str, last: str, key: str) -> bool:
    if last == "webhook":
        return _is_variable(key) or _is_any(before, ISSUERS, _CHATS)
    return last == "dsn" or (last in _ADDRESSES and before in _SERVICES)


def _is_password(parts: list[str], words: list[str]) -> bool:
    return any(
        name in PASSWORD_WORDS
        or any(
            name.endswith(end) and name.removesuffix(end) not in FIRST_WORDS
            for end in _PASSWORD_ENDS
        )
        for name in (*words, *parts)
    )


def _says_secret(parts: list[str], words: list[str], key: str) -> bool:
    """Say whether there is a word of a secret in a name, wherever that counts."""
    pairs = list(zip(["", *words], words, strict=False))
    if any(word in SECRET_WORDS or f"{before} {word}" in SECRET_WORDS for before, word in pairs):
        return True
    counting = pairs[1:] if _is_variable(key) else []
    return any(
        word in MIDDLE_SECRET_WORDS and not (word == "token" and before in TOKENS_OF_OTHER_KINDS)
        for before, word in (*counting, _without_form(pairs)[-1])
    ) or any(part in SECRET_WORDS for part in parts)


def _ends_secret(words: list[str], key: str) -> bool:
    """Say whether the last words of a name make it secret, as far as one of them alone doesn't."""
    before, last = _last_two(words)
    if last == "auth":
        return before not in _WAYS
    if last in ("signature", "sig"):
        return before == "" or before in _SIGNED
    if last in _PASSES:
        return before == ""
    if last == "pat":
        return _is_any(before, _HOSTS, ISSUERS)
    if last == "session":
        return before in ISSUERS
    return _is_key(words, key)


def _is_key(words: list[str], key: str) -> bool:
    before, last = _last_two([word for _, word in _without_form([("", word) for word in words])])
    if last == "key" and _is_variable(key):
        return before not in KEYS_OF_OTHER_KINDS
    return last in _KEYS and _is_any(before, OPENING_WORDS, ISSUERS)


def _without_form(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out of words, each with the one before, the last where it says but a form."""
    return pairs[:-1] if len(pairs) > 1 and pairs[-1][1] in FORMS else pairs
