"""What is known of the options of programs, from their manuals: a row for each program."""

from __future__ import annotations

# How an option has its secret: it is the whole value; that, but only within the same word, as what
# follows is another argument; a cookie, if not the name of a file; what OpenSSL reads it from. Any
# other text is the character behind which it stands in the value.
WHOLE, GLUED, COOKIE, SOURCE = "whole", "glued", "cookie", "source"


class Program:
    """What is known of a program.

    Attributes:
        options: How each short option, or long one whose name doesn't say so, has its secret.
        flags: Short options that take no value, so that others may stand behind them in a word;
            ``None`` where options are words, and only equal ones count.
        below: The words of which one must come first, where only some commands have the options.
        words: How many words behind a command the secret comes, without options.
    """

    __slots__ = ("below", "flags", "options", "words")

    def __init__(
        self,
        options: dict[str, str],
        flags: str | None = "",
        below: tuple[str, ...] = (),
        words: dict[str, int] | None = None,
    ) -> None:
        self.options = options
        self.flags = flags
        self.below = below
        self.words = words or {}


_CURL = Program(
    {
        **dict.fromkeys(
            ("-u", "--user", "-U", "--proxy-user", "-E", "--cert", "--proxy-cert"), ":"
        ),
        **dict.fromkeys(("-b", "--cookie"), COOKIE),
        **dict.fromkeys(("--pass", "--proxy-pass"), WHOLE),
    },
    flags="#0123468BGIJLNOSafgijklnpqsv",
)
_MYSQL_OPTIONS = {"-p": GLUED, "--password": GLUED}
_MYSQL = Program(_MYSQL_OPTIONS)
_MYSQL_ADMIN = Program(_MYSQL_OPTIONS, words={"password": 1})
_MONGO = Program({"-p": WHOLE})
_LOGIN = Program({"-p": WHOLE}, below=("login",))
_LDAP = Program({"-w": WHOLE}, flags="xvncZMD")
_SAMBA = Program({"-U": "%", "--user": "%"})
_SQL_SERVER = Program({"-P": WHOLE})
_KEYTOOL = Program(
    dict.fromkeys(
        (
            "-storepass",
            "-keypass",
            "-srcstorepass",
            "-deststorepass",
            "-srckeypass",
            "-destkeypass",
        ),
        WHOLE,
    ),
    flags=None,
)


def _alike(names: str, program: Program) -> dict[str, Program]:
    return dict.fromkeys(names.split(), program)


#: The programs whose short options, or whose words, are secret.
PROGRAMS = {
    "curl": _CURL,
    "sshpass": Program({"-p": WHOLE}, flags="ev"),
    **_alike("mysql mysqldump mysqlimport mysqlshow mysqlcheck", _MYSQL),
    **_alike("mariadb mariadb-dump mariadb-import mariadb-check", _MYSQL),
    **_alike("mysqladmin mariadb-admin", _MYSQL_ADMIN),
    **_alike("mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat", _MONGO),
    **_alike("docker podman buildah skopeo nerdctl helm oras crane az oc ibmcloud", _LOGIN),
    "cf": Program({"-p": WHOLE}, below=("login",), words={"auth": 2}),
    "redis-cli": Program({"-a": WHOLE}),
    **_alike("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare", _LDAP),
    "ldappasswd": Program({"-w": WHOLE, "-a": WHOLE, "-s": WHOLE}, flags="xvnZ"),
    **_alike("smbclient smbget rpcclient smbcacls", _SAMBA),
    "openssl": Program(
        {
            **dict.fromkeys(("-passin", "-passout", "-pass"), SOURCE),
            **dict.fromkeys(("-k", "-K"), WHOLE),
        },
        flags=None,
    ),
    "htpasswd": Program({}, flags="ncmBdspbDv", words={"-b": 3}),
    "zip": Program({"-P": WHOLE}, flags="rq0123456789jmuTvye"),
    "unzip": Program({"-P": WHOLE}, flags="oqnjlCLtvx"),
    **_alike("7z 7za 7zr 7zz", Program({"-p": GLUED})),
    "rar": Program({"-p": GLUED, "-hp": GLUED}),
    "unrar": Program({"-p": GLUED}),
    **_alike("keytool jarsigner", _KEYTOOL),
    **_alike("sqlcmd bcp osql tsql", _SQL_SERVER),
    "cqlsh": Program({"-p": WHOLE}),
    "lftp": Program({"-u": ","}),
    **_alike("mosquitto_pub mosquitto_sub mosquitto_rr ipmitool", Program({"-P": WHOLE})),
    "rabbitmqadmin": Program({"-p": WHOLE}),
    "rabbitmqctl": Program({}, words={"add_user": 2, "change_password": 2}),
    "ssh-keygen": Program({"-N": WHOLE, "-P": WHOLE}, flags="qv"),
    **_alike("snmpget snmpwalk snmpbulkwalk snmpset", Program({"-A": WHOLE, "-X": WHOLE})),
    "twine": Program({"-p": WHOLE}, below=("upload",)),
    "poetry": Program({"-p": WHOLE}, below=("publish",)),
    "doctl": Program({"-t": WHOLE}),
    "rclone": Program({}, words={"obscure": 1}),
    "cargo": Program({}, words={"login": 1}),
    "snyk": Program({}, words={"auth": 1}),
    "wandb": Program({}, words={"login": 1}),
    "ngrok": Program({}, words={"authtoken": 1, "add-authtoken": 1}),
    "vault": Program({}, words={"login": 1}),
}
