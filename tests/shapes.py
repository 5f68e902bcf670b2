"""A token of every format, by the shape that its issuer gives it, and what is nearly one.

To add a format is to add a row to the table of the package, and its two shapes here. The bodies are
random: no token here was ever issued.
"""

from __future__ import annotations

import re
import string

from tokens import Token, some

_LETTERS = "|".join(string.ascii_lowercase)

# The shapes of tokens as their issuers write them: rule, shape, and what nearly has it and is none.
# "(a|b)" is either, "[...]{n}" so many of these characters, and what stands in "<...>", if not all
# of it, is the secret.
SHAPES = {
    "GitHub": ("github_token", "gh(o|p|r|s|u)_[A-Za-z0-9]{36}", "ghp_[A-Za-z0-9]{20}"),
    "GitHub, fine-grained": (
        "github_token",
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        "github_pat_[A-Za-z0-9]{15}",
    ),
    "GitHub, app": (
        "github_token",
        "ghs_[0-9]{7}_eyJ[A-Za-z0-9]{33}.eyJ[A-Za-z0-9_-]{90}.[A-Za-z0-9_-]{86}",
        "ghs_initialize.connection_pool.of_all",
    ),
    "GitLab": (
        "gitlab_token",
        "gl(pat|ptt|dt|ft|rt|imt)-[A-Za-z0-9_-]{20}",
        "glpat-[A-Za-z0-9_-]{12}",
    ),
    "GitLab, routable": (
        "gitlab_token",
        "glpat-[A-Za-z0-9_-]{27}.01.[a-z0-9]{9}",
        "glpat-some.name.of-a-file.txt",
    ),
    "GitLab, others": (
        "gitlab_token",
        "gl(soat|ffct|agent|oas)-[A-Za-z0-9_-]{20}",
        "glagent-name-of-a-service-x",
    ),
    "GitLab, job": ("gitlab_token", "glcbt-64_[A-Za-z0-9]{20}", "glcbt-[a-z]{10}"),
    "GitLab, runner": ("gitlab_token", "GR1348941[A-Za-z0-9_-]{20}", "GR1348942[A-Za-z0-9_-]{20}"),
    "OpenAI": (
        "openai_key",
        "sk-(proj|svcacct|admin)-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}",
        "sk-proj-name-of-a-project-of-ours",
    ),
    "OpenAI, legacy": (
        "openai_key",
        "sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
        "sk-[A-Za-z0-9]{30}",
    ),
    "OpenAI, session": ("openai_key", "sess-[A-Za-z0-9]{40}", "sess-[A-Za-z0-9]{20}"),
    "OpenRouter": ("openrouter_key", "sk-or-v1-[0-9a-f]{64}", "sk-or-v1-[0-9a-f]{30}"),
    "DeepSeek": ("deepseek_key", "sk-[0-9a-f]{32}", "sk-[0-9a-f]{33}"),
    "Anthropic": (
        "anthropic_key",
        "sk-ant-(api03|oat01)-[A-Za-z0-9_-]{93}AA",
        "sk-ant-eaters-of-south-america",
    ),
    "AWS": ("aws_key_id", "(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", "AKIA[A-Z2-7]{12}"),
    "AWS, session": (
        "aws_session_token",
        "IQoJb3JpZ2luX2VjE[A-Za-z0-9+/]{300}==",
        "IQoJb3JpZ2lu[A-Za-z0-9]{40}",
    ),
    "AWS, Bedrock": ("aws_bedrock_key", "ABSK[A-Za-z0-9+/]{131}=", "ABSK[A-Za-z0-9]{40}"),
    "Google": ("google_api_key", "AIza[A-Za-z0-9_-]{35}", "AIza[A-Za-z0-9_-]{34}"),
    "Google, client": ("google_oauth", "GOCSPX-[A-Za-z0-9_-]{28}", "GOCSPX-[A-Za-z0-9]{12}"),
    "Google, access": ("google_oauth", "ya29.a0A[A-Za-z0-9_-]{160}", "ya29.a0A[A-Za-z0-9_-]{20}"),
    "Google, refresh": ("google_oauth", "1//0[A-Za-z0-9_-]{98}", "1//0[A-Za-z0-9_-]{30}"),
    "Azure": ("azure_secret", "[A-Za-z0-9]{3}8Q~[A-Za-z0-9_~.-]{34}", "abcdQ~[A-Za-z0-9_~.-]{34}"),
    "Azure DevOps": (
        "azure_devops_token",
        "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        "[A-Za-z0-9]{40}AZDO[A-Za-z0-9]{4}",
    ),
    "Azure AI": (
        "azure_key",
        "[A-Za-z0-9]{75}JQQJ99[A-Za-z0-9]{4}AC",
        "[A-Za-z0-9]{40}JQQJ99[A-Za-z0-9]{6}",
    ),
    "Slack": (
        "slack_token",
        "xox(" + _LETTERS + ")-[0-9]{12}-[0-9]{13}-[A-Za-z0-9]{24}",
        "xoxb-name-of-a-bot",
    ),
    "Slack, refreshed": (
        "slack_token",
        "xox(" + _LETTERS + ").xoxp-1-[A-Za-z0-9]{163}",
        "xoxe.xox1",
    ),
    "Slack, app": (
        "slack_token",
        "xapp-(0|1|2|3|4|5|6|7|8|9)-A[A-Z0-9]{10}-[0-9]{13}-[0-9a-f]{64}",
        "xapp-1-abc",
    ),
    "Slack, webhook": (
        "slack_webhook",
        "https://hooks.slack.com/services/<T[A-Z0-9]{10}/B[A-Z0-9]{10}/[A-Za-z0-9]{24}>",
        "https://hooks.slack.com/services/T/B/x",
    ),
    "Slack, workflow": (
        "slack_webhook",
        "https://hooks.slack.com/(workflows|triggers)/<T[A-Z0-9]{10}/A[A-Z0-9]{10}/[0-9]{11}/[A-Za-z0-9]{24}>",
        "https://api.slack.com/workflows/T[A-Z0-9]{10}/[0-9]{13}/[0-9a-f]{32}",
    ),
    "Discord": (
        "discord_token",
        "M[A-Za-z0-9]{25}.G[A-Za-z0-9]{5}.[A-Za-z0-9_-]{38}",
        "M[A-Za-z0-9]{15}.G[A-Za-z0-9]{5}.[A-Za-z0-9_-]{38}",
    ),
    "Discord, webhook": (
        "discord_webhook",
        "https://(discord|discordapp).com/api/webhooks/<[0-9]{18}/[A-Za-z0-9_-]{68}>",
        "https://discord.com/api/webhooks/[0-9]{18}",
    ),
    "Teams": (
        "teams_webhook",
        "https://acme.webhook.office.com/webhookb2/<UUID@UUID/IncomingWebhook/[0-9a-f]{32}/UUID>",
        "https://acme.webhook.office.com/webhookb2/UUID",
    ),
    "Telegram": (
        "telegram_token",
        "[0-9]{10}:AA[A-Za-z0-9_-]{33}",
        "[0-9]{10}:AA[A-Za-z0-9_-]{20}",
    ),
    "Twilio": ("twilio_key", "SK[0-9a-f]{32}", "SK[0-9a-f]{31}"),
    "SendGrid": (
        "sendgrid_key",
        "SG.[A-Za-z0-9_-]{22}.[A-Za-z0-9_-]{43}",
        "SG.[A-Za-z0-9_-]{9}.[A-Za-z0-9_-]{9}",
    ),
    "Mailgun": ("mailgun_key", "key-[0-9a-f]{32}", "key-[0-9a-f]{40}"),
    "Mailchimp": ("mailchimp_key", "[0-9a-f]{32}-us12", "[0-9a-f]{31}-us12"),
    "New Relic": ("new_relic_key", "NRAK-[A-Z0-9]{27}", "NRAK-[A-Z0-9]{15}"),
    "New Relic, license": ("new_relic_key", "[0-9a-f]{36}NRAL", "[0-9a-f]{20}NRAL"),
    "Sentry": (
        "sentry_token",
        "sntrys_eyJpYXQiOjE2[A-Za-z0-9]{60}_[A-Za-z0-9_-]{43}",
        "sntrys_eyJpYXQiOjE2[A-Za-z0-9]{20}",
    ),
    "Sentry, user": ("sentry_token", "sntryu_[0-9a-f]{64}", "sntryu_[0-9a-f]{40}"),
    "Heroku": ("heroku_key", "HRKU-AA[A-Za-z0-9_-]{58}", "HRKU-AA[A-Za-z0-9_-]{20}"),
    "DigitalOcean": ("digitalocean_token", "do(o|p|r)_v1_[0-9a-f]{64}", "dop_v1_[0-9a-f]{40}"),
    "Doppler": (
        "doppler_token",
        "dp.(st|pt|ct|sa|scim|audit).[A-Za-z0-9]{43}",
        "dp.st.[A-Za-z0-9]{20}",
    ),
    "Doppler, service": ("doppler_token", "dp.st.prd.[A-Za-z0-9]{43}", "dp.st.prd.name"),
    "Vault": ("vault_token", "hv(s|b|r).[A-Za-z0-9_-]{95}", "hvs.[A-Za-z0-9_-]{20}"),
    "Vault, legacy": ("vault_token", "s.[A-Za-z0-9]{24}", "s.[A-Za-z0-9]{25}"),
    "Databricks": ("databricks_token", "dapi[0-9a-f]{32}-2", "dapi[0-9a-f]{31}"),
    "Docker": ("docker_token", "dckr_(pat|oat)_[A-Za-z0-9_-]{27}", "dckr_pat_[A-Za-z0-9]{15}"),
    "npm": ("npm_token", "npm_[A-Za-z0-9]{36}", "npm_lifecycleScriptOfALongName"),
    "PyPI": ("pypi_token", "pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{150}", "pypi-AgEIcHlwaS5vcmc"),
    "PyPI, another": ("pypi_token", "pypi-[A-Za-z0-9_-]{165}", "pypi-[A-Za-z0-9]{40}"),
    "RubyGems": ("rubygems_key", "rubygems_[0-9a-f]{48}", "rubygems_[0-9a-f]{30}"),
    "crates.io": ("crates_token", "cio[A-Za-z0-9]{32}", "cio[A-Za-z0-9]{33}"),
    "NuGet": ("nuget_key", "oy2[a-z0-9]{43}", "oy2[a-z0-9]{42}"),
    "Hugging Face": (
        "huggingface_token",
        "(hf|api_org)_[A-Za-z]{34}",
        "hf_requiredCharacteristicTypesForDisplayMetadata",
    ),
    "Replicate": ("replicate_token", "r8_[A-Za-z0-9]{37}", "r8_[A-Za-z0-9]{20}"),
    "Groq": ("groq_key", "gsk_[A-Za-z0-9]{20}WGdyb3FY[A-Za-z0-9]{24}", "gsk_[A-Za-z0-9]{30}"),
    "xAI": ("xai_key", "xai-[A-Za-z0-9]{80}", "xai-[A-Za-z0-9]{40}"),
    "Perplexity": ("perplexity_key", "pplx-[A-Za-z0-9]{48}", "pplx-[A-Za-z0-9]{30}"),
    "Pinecone": ("pinecone_key", "pcsk_[A-Za-z0-9]{6}_[A-Za-z0-9]{63}", "pcsk_[A-Za-z0-9]{40}"),
    "LangSmith": (
        "langsmith_key",
        "lsv2_(pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
        "lsv2_pt_[0-9a-f]{20}",
    ),
    "Langfuse": ("langfuse_key", "sk-lf-UUID", "sk-lf-[0-9a-f]{20}"),
    "Weights & Biases": ("wandb_key", "wandb_v1_[A-Za-z0-9]{77}", "wandb_v1_[A-Za-z0-9]{40}"),
    "Cerebras": ("cerebras_key", "csk-[a-z0-9]{48}", "csk-[a-z0-9]{30}"),
    "Fireworks": ("fireworks_key", "fw_[A-Za-z0-9]{22}", "fw_[A-Za-z0-9]{14}"),
    "Nvidia": ("nvidia_key", "nvapi-[A-Za-z0-9_-]{64}", "nvapi-[A-Za-z0-9]{40}"),
    "Tavily": ("tavily_key", "tvly-dev-[A-Za-z0-9]{32}", "tvly-dev-[A-Za-z0-9]{16}"),
    "ElevenLabs": ("elevenlabs_key", "sk_[0-9a-f]{48}", "sk_[0-9a-f]{30}"),
    "Cursor": ("cursor_key", "(crsr|key)_[0-9a-f]{64}", "key_[0-9a-f]{40}"),
    "Firecrawl": ("firecrawl_key", "fc-[0-9a-f]{32}", "fc-[0-9a-f]{40}"),
    "E2B": ("e_two_b_key", "e2b_[0-9a-f]{40}", "e2b_[0-9a-f]{20}"),
    "Logfire": ("logfire_token", "pylf_v1_us_[A-Za-z0-9]{43}", "pylf_v1_us_[A-Za-z0-9]{20}"),
    "PostHog": ("posthog_key", "ph(a|c|s|x)_[A-Za-z0-9]{47}", "phx_[A-Za-z0-9]{30}"),
    "Together": ("together_key", "tgp_v1_[A-Za-z0-9_-]{43}", "tgp_v1_[A-Za-z0-9]{20}"),
    "Linear": ("linear_key", "lin_(api|oauth)_[A-Za-z0-9]{40}", "lin_api_[A-Za-z0-9]{20}"),
    "Notion": ("notion_token", "ntn_[0-9]{11}[A-Za-z0-9]{35}", "ntn_[0-9]{11}"),
    "Notion, older": ("notion_token", "secret_[A-Za-z0-9]{43}", "secret_[A-Za-z0-9]{44}"),
    "Figma": ("figma_token", "fig(d|o|dr)_[A-Za-z0-9_-]{40}", "figd_[A-Za-z0-9]{20}"),
    "Airtable": (
        "airtable_token",
        "pat[A-Za-z0-9]{14}.[0-9a-f]{64}",
        "pat[A-Za-z0-9]{14}.[0-9a-f]{32}",
    ),
    "Shopify": ("shopify_token", "shp(at|ca|pa|ss)_[0-9a-f]{32}", "shpat_[0-9a-f]{20}"),
    "Square": ("square_token", "EAAA[A-Za-z0-9_-]{60}", "EAAA[A-Za-z0-9]{30}"),
    "Square, client": ("square_token", "sq0(csp|atp)-[A-Za-z0-9_-]{43}", "sq0csp-[A-Za-z0-9]{20}"),
    "Stripe": ("stripe_key", "(sk|rk)_(live|test)_[A-Za-z0-9]{99}", "sk_live_[A-Za-z0-9]{15}"),
    "Stripe, older": ("stripe_key", "rk_live_[A-Za-z0-9]{24}", "pk_live_[A-Za-z0-9]{24}"),
    "Stripe, webhook": ("stripe_key", "whsec_[A-Za-z0-9+/]{32}", "whsec_[A-Za-z0-9]{15}"),
    "Atlassian": (
        "atlassian_token",
        "ATATT3xFfGF0[A-Za-z0-9_-]{170}=[A-Z0-9]{8}",
        "ATATT3xFfGF0[A-Za-z0-9]{90}",
    ),
    "Bitbucket": ("bitbucket_password", "ATBB[A-Za-z0-9]{32}", "ATBB[A-Za-z0-9]{33}"),
    "Grafana": ("grafana_token", "glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", "glsa_[A-Za-z0-9]{20}"),
    "Grafana Cloud": ("grafana_token", "glc_eyJ[A-Za-z0-9]{100}", "glc_eyJ[A-Za-z0-9]{30}"),
    "Cloudflare": (
        "cloudflare_key",
        "cf(u|a|k)t_[A-Za-z0-9]{40}[0-9a-f]{8}",
        "cfut_[A-Za-z0-9]{30}",
    ),
    "Cloudflare, origin": (
        "cloudflare_key",
        "v1.0-[0-9a-f]{24}-[0-9a-f]{146}",
        "v1.0-[0-9a-f]{24}-[0-9a-f]{40}",
    ),
    "Terraform": (
        "terraform_token",
        "[A-Za-z0-9]{14}.atlasv1.[A-Za-z0-9_-]{67}",
        "[A-Za-z0-9]{14}.atlasv1.[A-Za-z0-9]{30}",
    ),
    "Pulumi": ("pulumi_token", "pul-[0-9a-f]{40}", "pul-[0-9a-f]{20}"),
    "Supabase": ("supabase_key", "sbp_[0-9a-f]{40}", "sbp_[0-9a-f]{20}"),
    "Supabase, project": (
        "supabase_key",
        "sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9]{8}",
        "sb_publishable_[A-Za-z0-9]{22}",
    ),
    "Postman": ("postman_key", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-[0-9a-f]{24}"),
    "Sonar": ("sonar_token", "sq(u|a|p)_[0-9a-f]{40}", "squ_[0-9a-f]{20}"),
    "JFrog": ("jfrog_token", "AKCp[A-Za-z0-9]{69}", "AKCp[A-Za-z0-9]{40}"),
    "JFrog, reference": ("jfrog_token", "cmVmdGtuO[A-Za-z0-9]{55}", "cmVmdGtuO[A-Za-z0-9]{30}"),
    "age": (
        "age_key",
        "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        "AGE-SECRET-KEY-1[A-Z0-9]{30}",
    ),
    "Tailscale": (
        "tailscale_key",
        "tskey-auth-[A-Za-z0-9]{17}-[A-Za-z0-9]{32}",
        "tskey-auth-[A-Za-z0-9]{17}",
    ),
    "1Password": ("one_password_token", "ops_eyJ[A-Za-z0-9]{250}", "ops_eyJ[A-Za-z0-9]{60}"),
    "Fly": (
        "fly_token",
        "FlyV1 <(fm2|fm1r|fm1a|fm2r|fm2a|fo1)_[A-Za-z0-9+/]{200}>",
        "FlyV1 fm2_[A-Za-z0-9]{30}",
    ),
    "Vercel": ("vercel_token", "vc(p|a|c|i|k)_[A-Za-z0-9]{56}", "vcp_[A-Za-z0-9]{30}"),
    "Netlify": ("netlify_token", "nf(p|c|o)_[A-Za-z0-9]{36}", "nfp_[A-Za-z0-9]{20}"),
    "Render": ("render_key", "rnd_[A-Za-z0-9]{28}", "rnd_[A-Za-z0-9]{15}"),
    "Buildkite": ("buildkite_token", "bkua_[0-9a-f]{40}", "bkua_[0-9a-f]{20}"),
    "CircleCI": (
        "circleci_token",
        "(CCIPAT|CCIPRJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}",
        "CCIPAT_[A-Za-z0-9]{22}",
    ),
    "Dropbox": ("dropbox_token", "sl.u.[A-Za-z0-9_-]{140}", "sl.u.[A-Za-z0-9_-]{60}"),
    "PlanetScale": (
        "planetscale_token",
        "pscale_(tkn|oauth|pw)_[A-Za-z0-9_-]{43}",
        "pscale_tkn_[A-Za-z0-9]{20}",
    ),
    "Neon": ("neon_key", "napi_[a-z0-9]{64}", "napi_[a-z0-9]{30}"),
    "Harness": (
        "harness_key",
        "(pat|sat).[A-Za-z0-9]{22}.[0-9a-f]{24}.[A-Za-z0-9]{20}",
        "pat.[A-Za-z0-9]{22}.[0-9a-f]{24}",
    ),
    "Contentful": ("contentful_token", "CFPAT-[A-Za-z0-9_-]{43}", "CFPAT-[A-Za-z0-9]{20}"),
    "Dynatrace": (
        "dynatrace_token",
        "(dt0c01|dt0s01|dt0s16).[A-Z0-9]{24}.[A-Z0-9]{64}",
        "dt0c01.[A-Z0-9]{24}",
    ),
    "Prefect": ("prefect_key", "(pnu|pnb)_[A-Za-z0-9]{36}", "pnu_[A-Za-z0-9]{20}"),
    "Resend": (
        "resend_key",
        "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}",
        "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{25}",
    ),
    "Infracost": ("infracost_key", "ico-[A-Za-z0-9]{32}", "ico-[A-Za-z0-9]{20}"),
    "crypt": (
        "password_hash",
        "root:$6$<[A-Za-z0-9./]{16}$[A-Za-z0-9./]{86}>",
        "$6$[A-Za-z0-9]{16}",
    ),
    "crypt, SHA-256": (
        "password_hash",
        "root:$5$<[A-Za-z0-9./]{16}$[A-Za-z0-9./]{43}>",
        "$5$[A-Za-z0-9]{16}",
    ),
    "crypt, MD5": (
        "password_hash",
        "root:$1$<[A-Za-z0-9./]{8}$[A-Za-z0-9./]{22}>",
        "$1$[A-Za-z0-9]{8}",
    ),
    "yescrypt": (
        "password_hash",
        "$(y|gy)$<j9T$[A-Za-z0-9./]{22}$[A-Za-z0-9./]{43}>",
        "$y$j9T$salt",
    ),
    "scrypt": (
        "password_hash",
        "$7$<C6..../....[A-Za-z0-9./]{16}$[A-Za-z0-9./]{43}>",
        "$7$C6..../....",
    ),
    "bcrypt": (
        "password_hash",
        "app:$(2|2a|2b|2x|2y)$<12$[A-Za-z0-9./]{53}>",
        "$2b$12$[A-Za-z0-9./]{22}",
    ),
    "Argon2": (
        "password_hash",
        "$argon2(id|i|d)$<v=19$m=65536,t=3,p=4$[A-Za-z0-9+/]{22}$[A-Za-z0-9+/]{43}>",
        "$argon2id$v=19$m=65536,t=3,p=4$",
    ),
    "PBKDF2": (
        "password_hash",
        "$pbkdf2-sha256$<29000$[A-Za-z0-9./]{22}$[A-Za-z0-9./]{43}>",
        "$pbkdf2-sha256$29000$",
    ),
}

_PART = re.compile(r"\[([^\]]+)\]\{([0-9]+)\}|UUID")
_EITHER = re.compile(r"\(([^()]+)\)")


def shapes(shape: str) -> list[str]:
    """Return the shapes that one with alternatives stands for."""
    either = _EITHER.search(shape)
    if not either:
        return [shape]
    before, after = shape[: either.start()], shape[either.end() :]
    return [made for way in either[1].split("|") for made in shapes(before + way + after)]


def made(shape: str) -> str:
    """Return a text of a shape."""
    return _PART.sub(_made_part, shape)


def _made_part(part: re.Match[str]) -> str:
    if not part[1]:
        return "-".join(some(length, "0123456789abcdef") for length in (8, 4, 4, 4, 12))
    members = re.compile(f"[{part[1]}]")
    return some(int(part[2]), "".join(filter(members.match, map(chr, range(128)))))


def _token(rule: str, shape: str) -> Token:
    before, _, secret = made(shape).rpartition("<")
    return Token(rule, secret.removesuffix(">"), before)


#: A token for each prefix of each format, and one for each format.
EXAMPLES = {
    shape: _token(rule, shape) for rule, given, _ in SHAPES.values() for shape in shapes(given)
}
FORMATS = {name: EXAMPLES[shapes(given)[0]] for name, (_, given, _) in SHAPES.items()}

#: What is nearly one of them, and none.
NEAR_MISSES = {name: made(near) for name, (*_, near) in SHAPES.items()}
