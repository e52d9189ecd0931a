"""Who hears of what: the operator's TOML file of receivers and reminder days.

version = 1
allow_localhost = false          # http:// and this machine, for trying it out
[reminders]
days = [90, 30, 7]               # before expiry; no preset names days of its own
[[receiver]]
name = "bookshop"
url = "https://books.example/hooks/largesse"
secret_env = "BOOKSHOP_SECRET"   # or secret_file = "…"
accounts = ["0x…"]               # both sides of what these accounts do
issuers = ["0x…"]                # and all that happens with these issuers' certificates
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from largesse.errors import Problem, ProblemsError
from largesse.notices.signatures import NoticeError, read_secrets
from largesse.toml_reader import Section

DEFAULT_DAYS: Final = (90, 30, 7)

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_MOST_DAYS: Final = 3_650


class ReceiversError(ProblemsError):
    """A file of receivers that can't be used; `problems` lists every reason with its line."""


@dataclass(frozen=True)
class Receiver:
    """One address that notices are posted to, and whose they are."""

    name: str
    url: str
    accounts: frozenset[str]
    issuers: frozenset[str]
    secrets: tuple[bytes, ...] = field(repr=False)

    def hears(self, account: str, issuer: str) -> bool:
        """Whether a notice to `account` about a certificate of `issuer` ("" for none) goes here."""
        return account in self.accounts or (issuer != "" and issuer in self.issuers)


@dataclass(frozen=True)
class Receivers:
    """All of them; `days` before expiry, most first, in which holders are reminded."""

    all: tuple[Receiver, ...]
    days: tuple[int, ...] = DEFAULT_DAYS

    def named(self, name: str) -> Receiver | None:
        return next((one for one in self.all if one.name == name), None)


def read_receivers(text: str, environ: Mapping[str, str], folder: Path, subject: str) -> Receivers:
    """Read the file; secrets come from the environment, or from files that `folder` is the start of.

    Raises ReceiversError bad_receivers with every problem.
    """
    problems: list[Problem] = []
    root = Section.parse(text, problems)
    found = _read(root, environ, folder) if root is not None else None
    if problems or found is None:
        raise ReceiversError("bad_receivers", subject, problems)
    return found


def check_url(url: str, *, allow_localhost: bool) -> None:
    """Raise NoticeError bad_url for anything but https:// to a name or a public address; http:// and this
    machine only where the operator allows it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        port_is_good = False
    if not host or not port_is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise NoticeError("bad_url", f"{url!r} is no address of a receiver")
    if parts.username is not None or parts.fragment:
        raise NoticeError("bad_url", f"{host}: an address of a receiver has no user name and no fragment")
    local = is_local(host)
    if local and not allow_localhost:
        raise NoticeError("bad_url", f"{host} is this machine: only with allow_localhost = true")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise NoticeError("bad_url", f"{parts.scheme}://{host}: only https:// is sent to")
    if not local and _is_private(host):
        raise NoticeError("bad_url", f"{host} is no public address")


def is_local(host: str) -> bool:
    """Whether a name or an address says that it is this machine's."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    """An address, in whatever spelling, that is not the public network's."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        # 0x7f.1, 2130706433 and the like are addresses to a resolver.
        return all(re.fullmatch(r"0x[0-9a-f]*|[0-9]+", label) for label in host.rstrip(".").split("."))


def _read(root: Section, environ: Mapping[str, str], folder: Path) -> Receivers | None:
    version = root.whole("version", 1, 1)
    local = bool(root.flag("allow_localhost"))
    days: tuple[int, ...] | None = DEFAULT_DAYS
    if root.has("reminders"):
        reminders = root.table("reminders", "reminders")
        days = _days(reminders) if reminders is not None else None
    else:
        root.table("reminders", "", required=False)
    sections = list(root.tables("receiver"))
    receivers = [_receiver(section, environ, folder, allow_localhost=local) for section in sections]
    names = [one.name for one in receivers if one is not None]
    for again in sorted({name for name in names if names.count(name) > 1}):
        root.problem("receiver", "duplicate", f"the name {again!r} is given to more than one receiver")
    root.finish()
    if version is None or days is None or None in receivers:
        return None
    return Receivers(tuple(one for one in receivers if one is not None), days)


def _days(section: Section) -> tuple[int, ...] | None:
    rule = f"a list of whole days, 1 to {_MOST_DAYS}"
    value: Any = section.choice("days", (list,), rule)
    section.finish()
    if value is None:
        return None
    for day in value:
        if isinstance(day, bool) or not isinstance(day, int) or not 1 <= day <= _MOST_DAYS:
            section.problem("days", "bad_value", f"{day!r} is not in {rule}")
            return None
    return tuple(sorted(set(value), reverse=True))


def _receiver(
    section: Section, environ: Mapping[str, str], folder: Path, *, allow_localhost: bool
) -> Receiver | None:
    name = section.matching("name", _NAME, "a name of lower-case letters, digits and -, at most 40")
    url = section.text("url", most=1_000)
    try:
        check_url(url or "https://missing.example", allow_localhost=allow_localhost)
    except NoticeError as error:
        section.problem("url", error.reason, str(error))
        url = None
    secrets = _secrets(section, environ, folder)
    people = {key: _people(section, key) for key in ("accounts", "issuers")}
    if not section.has("accounts") and not section.has("issuers"):
        section.problem(None, "nobody", "give accounts, issuers or both: it would hear of nothing")
    section.finish()
    if name is None or url is None or secrets is None:
        return None
    return Receiver(name, url, people["accounts"], people["issuers"], secrets)


def _people(section: Section, key: str) -> frozenset[str]:
    value: Any = section.choice(key, (list,), "a list of addresses", required=False)
    found = section.accounts(key, value) if value else ()
    for one in found:
        if not one.startswith("0x"):
            section.problem(key, "bad_value", f"{one!r} is no address: 0x and 40 hexadecimal digits")
    return frozenset(found)


def _secrets(section: Section, environ: Mapping[str, str], folder: Path) -> tuple[bytes, ...] | None:
    variable = section.matching("secret_env", _VARIABLE, "an environment variable's name", required=False)
    file = section.text("secret_file", most=1_000, required=False)
    if (variable is None) == (file is None):
        section.problem(None, "secret", "give secret_env or secret_file, one of them")
        return None
    key = "secret_env" if file is None else "secret_file"
    try:
        if file is None:
            return read_secrets(environ.get(variable or "", ""), f"the variable {variable}")
        return _from_file(folder / Path(file).expanduser())
    except NoticeError as error:
        section.problem(key, error.reason, str(error))
        return None


def _from_file(path: Path) -> tuple[bytes, ...]:
    try:
        if path.stat().st_mode & 0o077:
            raise NoticeError("bad_secret", f"{path.name} can be read by others: chmod 600")
        return read_secrets(path.read_text(encoding="ascii"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise NoticeError("bad_secret", f"{path.name} can't be read: {type(error).__name__}") from error
