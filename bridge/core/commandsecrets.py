"""Where the words of well-known programs hold a secret that nothing but the program tells: `mysql -pSECRET`."""

from __future__ import annotations

# Options by program: `-p` has its value in the next word or behind itself, `-p+` only behind itself, `-p=` only in
# the next word; a last `:`, `%` or `,` says that the secret begins behind that sign. A word without a dash stands for
# itself and has its value in the next word; `@2` is the second word that is no option. Behind a blank stands a word
# that must be there, too.
_MYSQL = ("-p+",)
_LDAP = ("-w",)
_PAIR = ("-u:", "--user:", "-U:", "--proxy-user:")
_NAMED_P = ("-p", "--password")
_TABLE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlpump", "mysqlsh"),
            *("mariadb", "mariadb-dump", "mariadb-admin", "mycli"),
        ),
        _MYSQL,
    ),
    **dict.fromkeys(
        ("ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd", "ldapcompare"), _LDAP
    ),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"), _NAMED_P),
    **dict.fromkeys(("redis-cli", "valkey-cli", "keydb-cli"), ("-a", "--pass", "AUTH", "auth")),
    **dict.fromkeys(
        ("docker login", "podman login", "nerdctl login", "helm login", "az login", "buildah login"), _NAMED_P
    ),
    **dict.fromkeys(("skopeo login", "oc login", "cf login", "argocd login", "crane login", "oras login"), _NAMED_P),
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"), ("-P",)),
    **dict.fromkeys(("7z", "7za", "7zr", "7zz"), ("-p+",)),
    **dict.fromkeys(("rar", "unrar"), ("-p+", "-hp+")),
    **dict.fromkeys(("zip", "unzip", "zipcloak"), ("-P",)),
    **dict.fromkeys(("smbclient", "rpcclient", "smbget", "net", "wmic", "winexe"), ("-U%", "--user%")),
    **dict.fromkeys(("sqlcmd", "bcp", "isql", "tsql", "ipmitool", "fisql"), ("-P",)),
    **dict.fromkeys(("snmpwalk", "snmpget", "snmpset", "snmpbulkwalk"), ("-A", "-X", "-c")),
    **dict.fromkeys(("xfreerdp", "xfreerdp3", "wlfreerdp"), ("/p:+", "/gp:+")),
    **dict.fromkeys(("rdesktop", "ncftpput", "ncftpget", "ncftp", "twine", "impacket-smbexec"), ("-p",)),
    **dict.fromkeys(("http", "https", "xh", "xhs"), ("-a:", "--auth:")),
    **dict.fromkeys(
        ("influx", "cqlsh", "clickhouse-client", "clickhouse", "arangosh", "neo4j-admin"), ("-p=", "-password")
    ),
    "curl": (*_PAIR, "--oauth2-bearer", "--pass", "-E:", "--cert:"),
    "wget": ("--password", "--http-password", "--ftp-password", "--proxy-password"),
    "sshpass": ("-p",),
    "cypher-shell": ("-p",),
    "rabbitmqadmin": ("-p",),
    "lftp": ("-u,", "--user,"),
    "openssl": ("-k=", "-K="),
    "ssh-keygen": ("-N=", "-P="),
    "htpasswd -b": ("@3",),
    "htpasswd -nb": ("@2",),
    "htpasswd -bn": ("@2",),
    "htpasswd -cb": ("@3",),
    "htpasswd -bc": ("@3",),
    "wpa_passphrase": ("@2",),
    "vault login": ("@2",),
    "vault": ("-token",),
    "nmcli": ("password", "wifi-sec.psk", "802-11-wireless-security.psk"),
    "aws configure": ("aws_secret_access_key", "aws_session_token"),
    "rabbitmqctl add_user": ("@3",),
    "rabbitmqctl change_password": ("@3",),
    "sqlplus": ("@1/",),
    "kinit": ("--password",),
    "iwconfig": ("key",),
    "pg_basebackup": ("--password",),
}
_PROGRAMS: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
for _key, _options in _TABLE.items():
    _PROGRAMS.setdefault(_key.partition(" ")[0], []).append((_key.partition(" ")[2], _options))
_ENDS = frozenset(("|", "||", "&&", ";", "&", "|&"))
_SIGNS = ":%,/"
NAMES = frozenset(_PROGRAMS)


def places(words: list[str]) -> dict[int, int]:
    """Where secrets begin: the number of a word, and how much of its beginning is none."""
    found: dict[int, int] = {}
    at = 0
    while at < len(words):
        name = words[at].rpartition("/")[2]
        at += 1
        if name not in _PROGRAMS:
            continue
        end = at
        while end < len(words) and words[end] not in _ENDS and (end == at or words[end - 1][-1:] != ";"):
            end += 1
        for needed, options in _PROGRAMS[name]:
            if not needed or needed in words[at:end]:
                for option in options:
                    _find(found, words, at, end, option)
        at = end
    return found


def _find(found: dict[int, int], words: list[str], at: int, end: int, option: str) -> None:
    sign = option[-1] if option[-1] in _SIGNS and not option.startswith("/") else ""
    bare = option.removesuffix(sign) if sign else option
    if bare.startswith("@"):
        plain = [number for number in range(at, end) if not words[number].startswith("-")]
        if len(plain) >= int(bare[1:]):
            _note(found, words, plain[int(bare[1:]) - 1], 0, sign)
        return
    behind, following = not bare.endswith("="), not bare.endswith("+")
    bare = bare.rstrip("=+")
    for number in range(at, end):
        word = words[number]
        if word == bare:
            if following and number + 1 < end and not words[number + 1].startswith("-"):
                _note(found, words, number + 1, 0, sign)
        elif word.startswith(f"{bare}=") and bare.startswith("-"):
            _note(found, words, number, len(bare) + 1, sign)
        elif behind and word.startswith(bare) and (len(bare) == 2 or bare[:1] == "/" or bare == "-hp"):
            _note(found, words, number, len(bare), sign)


def _note(found: dict[int, int], words: list[str], number: int, start: int, sign: str) -> None:
    if sign:
        place = words[number].find(sign, start)
        if place < 0:
            return
        start = place + 1
    if start < len(words[number]):
        found[number] = min(start, found.get(number, start))
