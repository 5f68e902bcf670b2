r"""The formats of tokens, as one table: a row for each, and what a row says.

A token is a fixed prefix and a body. The prefix is matched exactly as its issuer writes it; the
body has an alphabet, a usual length and a least one, and no greatest one, as issuers lengthen
theirs without notice. To add a format is to add a row here, and its two examples to the tests.

Facts: what issuers document, and the rules of scanners (gitleaks, detect-secrets, secretlint,
trufflehog); not each was checked against its issuer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from run_artifacts._secrets.interruptions import BORDERS

# The characters of bodies, by the name that a row has for them.
ALPHABETS = {
    "alnum": "A-Za-z0-9",
    "letters": "A-Za-z",
    "lower": "a-z0-9",
    "upper": "A-Z0-9",
    "hex": "0-9a-f",
    "base64": "A-Za-z0-9+/=",
    "url": r"\w-",
    "dotted": r"\w.-",
    "padded": r"\w=.-",
    "percent": r"\w%.-",
    "dotted~": r"\w.~-",
    "path": r"\w@/-",
    "crypt": "A-Za-z0-9./=,$+-",
    "digits": "0-9",
    "none": "",
}

# Rule, prefixes, alphabet, usual length of the body, and its least length: two thirds where none
# stands. "exact" is for prefixes that are short, or a word: a body of another length is none.
# "[a-z]" and the like in a prefix stand for each character.
_TABLE = r"""
github_token        gh[opsur]_                       alnum   36
github_token        ghs_                             dotted  36/640 30
github_token        github_pat_                      url     82  20
gitlab_token        gl[dfr]t- glpat- glptt- glimt-   dotted  20/40 16
gitlab_token        glsoat- glffct- glagent- gloas-  dotted  20  16
gitlab_token        glcbt-                           dotted  23  16
gitlab_token        GR1348941                        url     20  16
openai_key          sk-proj- sk-svcacct- sk-admin-   url     48/124/156 20
openai_key          sk-                              alnum   48  40
openai_key          sess-                            alnum   40
openrouter_key      sk-or-v1-                        hex     64
deepseek_key        sk-                              hex     32  exact
anthropic_key       sk-ant-                          url     101 20
langfuse_key        sk-lf-                           url     36
aws_key_id          AKIA ASIA ABIA ACCA              upper   16  16
aws_session_token   IQoJb3JpZ2lu                     base64  307 60
aws_bedrock_key     ABSK                             base64  88/132 60
google_api_key      AIza                             url     35  35
google_oauth        GOCSPX-                          url     28
google_oauth        ya29.                            dotted  163 40
google_oauth        1//0                             url     98  40
slack_token         xox[a-z]-                        percent 51  10
slack_token         xox[a-z].xox                     percent 164/167/170 12
slack_token         xapp-[0-9]-                      percent 90  10
twilio_key          SK                               hex     32  exact
sendgrid_key        SG.                              dotted  66
mailgun_key         key-                             hex     32  exact
new_relic_key       NRAK-                            upper   27
sentry_token        sntrys_                          url     116 60
sentry_token        sntryu_                          hex     64
heroku_key          HRKU-                            url     60  36
digitalocean_token  do[opr]_v1_                      hex     64
doppler_token       dp.st. dp.pt. dp.ct. dp.sa.      dotted  43/47 28
doppler_token       dp.scim. dp.audit.               dotted  43
vault_token         hvs. hvb. hvr.                   dotted  95  24
vault_token         s.                               alnum   24  exact
databricks_token    dapi                             hex     32  exact
docker_token        dckr_pat_ dckr_oat_              url     27
npm_token           npm_                             alnum   36
pypi_token          pypi-Ag                          url     163 30
pypi_token          pypi-                            url     165  80
rubygems_key        rubygems_                        hex     48
crates_token        cio                              alnum   32  exact
nuget_key           oy2                              lower   43  exact
huggingface_token   hf_ api_org_                     alnum   34  30
replicate_token     r8_                              alnum   37
groq_key            gsk_                             alnum   52
xai_key             xai-                             alnum   80
perplexity_key      pplx-                            alnum   48
pinecone_key        pcsk_                            url     70
langsmith_key       lsv2_pt_ lsv2_sk_                url     43
wandb_key           wandb_v1_                        url     77
cerebras_key        csk-                             lower   48
fireworks_key       fw_                              alnum   22
nvidia_key          nvapi-                           url     64
tavily_key          tvly-                            url     36
elevenlabs_key      sk_                              hex     48
cursor_key          crsr_ key_                       hex     64
firecrawl_key       fc-                              hex     32  exact
e_two_b_key         e2b_                             hex     40
logfire_token       pylf_v                           url     48
posthog_key         ph[acsx]_                        alnum   47
together_key        tgp_v1_                          url     43
linear_key          lin_api_ lin_oauth_              alnum   40
notion_token        ntn_                             alnum   46
notion_token        secret_                          alnum   43  exact
figma_token         figd_ figo_ figdr_               url     40
shopify_token       shpat_ shpca_ shppa_ shpss_      hex     32
square_token        EAAA                             url     60
square_token        sq0csp- sq0atp-                  url     43  22
stripe_key          [rs]k_live_ [rs]k_test_          alnum   24/99 16
stripe_key          whsec_                           base64  32  16
atlassian_token     ATATT3xFfGF0                     padded  179
bitbucket_password  ATBB                             alnum   32  exact
grafana_token       glsa_                            url     41
grafana_token       glc_eyJ                          base64  100 40
cloudflare_key      v1.0                             url     172 110
cloudflare_key      cf[aku]t_                        alnum   48
pulumi_token        pul-                             hex     40
supabase_key        sbp_                             hex     40
supabase_key        sb_secret_                       url     31
postman_key         PMAK-                            url     59
sonar_token         sq[apu]_                         hex     40
jfrog_token         AKCp                             alnum   69
jfrog_token         cmVmdGtuO                        alnum   55
age_key             AGE-SECRET-KEY-1                 upper   58
tailscale_key       tskey-                           url     55
one_password_token  ops_eyJ                          base64  250 80
fly_token           fm[12][ar]_ fm2_ fo1_            base64  200 40
vercel_token        vc[acikp]_                       alnum   56
netlify_token       nf[cop]_                         alnum   36
render_key          rnd_                             alnum   28
buildkite_token     bkua_                            hex     40
circleci_token      CCIPAT_ CCIPRJ_                  url     63
dropbox_token       sl.                              dotted  142
planetscale_token   pscale_tkn_ pscale_oauth_        dotted  43
planetscale_token   pscale_pw_                       dotted  43
neon_key            napi_                            lower   64
harness_key         pat. sat.                        dotted  68  60
contentful_token    CFPAT-                           url     43
dynatrace_token     dt0c01. dt0s01. dt0s16.          dotted  89
prefect_key         pnu_ pnb_                        alnum   36
resend_key          re_                              url     33  exact
infracost_key       ico-                             alnum   32
"""

# The same with what stands before the prefix, as an expression, and how long that is at the most.
# "label" says that it is no part of the secret. The last column is for a prefix that is met in any
# text: an expression for what else is looked at first, from the prefix on.
_SURROUNDED = r"""
airtable_token      pat                     dotted  79       60     (?:) 0 - at(?:\w{8}|\w{0,7}WRAP)
telegram_token      AA                      url     33       30     [0-9]{8,10}: 11 - BEHIND
azure_secret        Q~                      dotted~ 34       28     [A-Za-z0-9_.~]{3}[0-9] 4
azure_devops_token  AZDO                    alnum   4        exact  [A-Za-z0-9]{50,80} 80
azure_key           JQQJ99                  alnum   6        exact  [A-Za-z0-9]{50,80} 80
mailchimp_key       -us                     digits  2        1      [0-9a-f]{32} 32
new_relic_key       NRAL                    none    0        exact  [0-9a-f]{24,40} 40
discord_token       .                       url     38       27     BOT 35 - (?:AFTER|(?=[\w-]{27}))
terraform_token     .atlasv1.               url     67       45     [A-Za-z0-9]{14} 14
slack_webhook       .slack.com/services/    path    44/46/48 24     hooks 5 label
slack_webhook       .slack.com/workflows/   path    60       24     hooks 5 label
slack_webhook       .slack.com/triggers/    path    60       24     hooks 5 label
discord_webhook     .com/api/webhooks/      path    87       50     discord(?:app)? 10 label
teams_webhook       .webhook.office.com/webhookb2/  path  159  60   [\w-]{1,63} 63 label
password_hash       $1$                     crypt   31       20     (?<!\$) 1 label
password_hash       $5$                     crypt   52/60    20     (?<!\$) 1 label
password_hash       $6$                     crypt   95/103   20     (?<!\$) 1 label
password_hash       $y$ $gy$                crypt   70       20     (?<!\$) 1 label
password_hash       $2$ $2[abxy]$           crypt   56       40     (?<!\$) 1 label
password_hash       $argon2id$ $argon2i$ $argon2d$  crypt  87  40   (?<!\$) 1 label
password_hash       $7$                     crypt   71       20     (?<!\$) 1 label
password_hash       $pbkdf2-sha256$         crypt   72       20     (?<!\$) 1 label
"""

# Too long for the table: the first two parts of a token of Discord's, and the end of these; the
# colon of Telegram's, behind which a line may end; and what is at a line's end within a token.
_SHORT = {
    "BOT": r"[MNO][\w-]{21,27}\.[\w-]{6}",
    "AFTER": r"(?<=\.[\w-]{6}\.)",
    "BEHIND": rf"(?<=:A)A(?:[\w-]|WRAP)|(?<=[{BORDERS}\n]A)A(?=[\w-]{{16}})",
    "WRAP": rf"[{BORDERS}\\]*+\n",
}

_BRACKETS = re.compile(r"\[(.)-(.)\]|\[(.+?)\]")


class Format:
    """A row of the table, for one of its prefixes.

    Attributes:
        rule: The name that remarks and placeholders have for it.
        prefix: What it begins with, to the letter.
        alphabet: The characters of its body, as a class of an expression has them.
        usuals: How many of them its issuer makes today; more than one number where it varies.
        least: How few there must be.
        is_exact: Whether a body of more than the usual is none.
        before: An expression for what stands before the prefix, or nothing.
        before_length: How long that is at the most.
        is_labelled: Whether that and the prefix are a label, which stays.
        glance: An expression for what is beside a prefix that says little, or nothing.
    """

    __slots__ = (
        "alphabet",
        "before",
        "before_length",
        "glance",
        "is_exact",
        "is_labelled",
        "least",
        "prefix",
        "rule",
        "usuals",
    )

    def __init__(self, prefix: str, row: list[str]) -> None:
        """Read the columns of a row behind its prefixes."""
        self.rule, alphabet, usual, *more = row
        self.prefix = prefix
        self.alphabet = ALPHABETS[alphabet]
        self.usuals = tuple(map(int, usual.split("/")))
        self.is_exact = more[:1] == ["exact"]
        given = more[0] if more and not self.is_exact else ""
        self.least = self.usuals[0] if self.is_exact else int(given or -(-2 * self.usuals[0] // 3))
        beside = more[1:] + ["", "0", "", ""][len(more[1:]) :]
        self.before, self.glance = _SHORT.get(beside[0], beside[0]), beside[3]
        for short, expression in _SHORT.items():
            self.glance = self.glance.replace(short, expression)
        self.is_labelled = beside[2] == "label"
        self.before_length = int(beside[1])


@cache
def formats() -> tuple[Format, ...]:
    """Return the formats, a row of the table for each of its prefixes."""
    rows = [line.split() for line in (_TABLE + _SURROUNDED).splitlines() if line]
    return tuple(
        Format(prefix, [rule, *columns])
        for rule, *rest in rows
        for prefixes, columns in [_columns(rest)]
        for prefix in prefixes
    )


def _columns(rest: list[str]) -> tuple[list[str], list[str]]:
    """Tell the prefixes of a row from its other columns, and write each of them out."""
    at = next(index for index, word in enumerate(rest) if word in ALPHABETS)
    return [prefix for given in rest[:at] for prefix in _written_out(given)], rest[at:]


def _written_out(prefix: str) -> Iterator[str]:
    """Yield the prefixes that one with brackets stands for."""
    found = _BRACKETS.search(prefix)
    if not found:
        yield prefix
        return
    first, last, listed = found.groups()
    for letter in listed or map(chr, range(ord(first), ord(last) + 1)):
        yield from _written_out(prefix[: found.start()] + letter + prefix[found.end() :])


@cache
def token_rules() -> tuple[str, ...]:
    """Return the names of their rules, each once."""
    return tuple(dict.fromkeys(found.rule for found in formats()))
