"""From the config and the journal to lines, accounts and hosts. Used once at start and dropped; sends nothing."""

import hashlib

from wanbeacon import decide, journal
from wanbeacon.dyndns import catalog, request
from wanbeacon.observe import UNKNOWN, choose


class Line:
    """One way to the internet: its sources and what they said last; the dicts go by family (4, 6)."""

    def __init__(self, name, chooser):
        self.name = name
        self.chooser = chooser
        self.found = {4: None, 6: None}  # canonical text, publishable or not
        self.kind = {4: UNKNOWN, 6: UNKNOWN}
        self.source = {4: None, 6: None}
        self.why = {4: "not looked yet", 6: "not looked yet"}
        self.since = {4: None, 6: None}  # wall time
        self.lost = {4: None, 6: None}  # mono time since when there is no address
        self.wants = {4: False, 6: False}  # whether any host needs this family


class Host:
    """One host name of one account, its record and what is to be said of it."""

    def __init__(self, doc, account, record):
        self.doc = doc
        self.name = doc["name"]
        self.account = account
        self.rec = record
        self.state = "new"
        self.why = ""
        self.next = decide.NEVER


class Account:
    """One provider account with its catalogue row and hosts. fp and provider_fp are what its stops hang on."""

    def __init__(self, doc, row, line, limits):
        self.doc = doc
        self.row = row
        self.line = line
        self.limits = limits
        self.hosts = []
        self.fp = self.provider_fp = b""
        self.plain = bool(row.get("plain")) or (doc.get("server") or "").startswith("http://")


def fingerprint(*parts):
    """8 bytes that differ when one of the settings differs."""
    return hashlib.sha256("\0".join([str(p) for p in parts]).encode()).digest()[:8]


def build(agent):
    """Fill agent.lines and agent.accounts. Raises ValueError with one line when the settings cannot work."""
    cfg, stored, lines = agent.cfg, {}, {}
    for rec in agent.journal.load():
        stored[rec.fp] = rec
    intervals = cfg["intervals"]
    seed = fingerprint(agent.board.unique)[0]
    for doc in cfg["accounts"]:
        for secret in ("password", "token"):
            agent.log.keep_secret(doc.get(secret))
        row = row_of(agent, doc)
        sources = doc.get("address") or cfg["address"]
        key = str(sources)
        if key not in lines:
            chooser = choose.Chooser(sources, agent, cfg["cross_check"], intervals["outside"])
            lines[key] = Line("line %d" % (len(lines) + 1), chooser)
            agent.lines.append(lines[key])
        days = intervals.get("refresh_days") or row.get("days") or decide.REFRESH_DAYS
        minimum = row.get("min") or intervals["minimum"]
        limits = decide.Limits(minimum, days * decide.DAY, bool(row.get("conn")), seed)
        account = Account(doc, row, lines[key], limits)
        server = row["id"], doc.get("server"), (doc.get("custom") or {}).get("url")
        secret = doc.get("user"), doc.get("password"), doc.get("token")
        account.provider_fp = fingerprint(server, agent.agent_name(row.get("ua")))
        account.fp = fingerprint(server, secret)
        for h in doc["hosts"]:
            fp = fingerprint(server, secret, h["name"], [h.get(o) for o in request.OPTIONS])
            host = Host(h, account, stored.get(fp) or _new_record(fp, account, stored))
            _resume(agent, host)
            account.hosts.append(host)
            for family in (4, 6):
                if h["ipv%d" % family] and ("q%d" % family in row or "qd" in row):
                    account.line.wants[family] = True
        agent.accounts.append(account)
    if agent.journal.lost:
        agent.log(agent.journal.lost)


def row_of(agent, doc):
    """The catalogue row of an account."""
    if doc["provider"] == "custom":
        return catalog.custom(doc["custom"])
    try:
        row = catalog.find(agent.board.catalogue, doc["provider"])
    except OSError:
        raise ValueError("the catalogue of providers is missing: %s" % agent.board.catalogue)
    if row is None:
        raise ValueError(unknown_provider(doc["provider"], agent.board.catalogue))
    if row.get("closed"):
        agent.log("%s: this service is closed; its form is kept for servers that still speak it" % row["id"])
    return row


def _new_record(fp, account, stored):
    """A record for a host that is new here; a stop that hangs on the account or the provider holds for it too."""
    rec = decide.Record(fp)
    for old in stored.values():
        if old.stopped() and old.cause in (account.fp, account.provider_fp):
            rec.cls, rec.word, rec.cause, rec.fails = old.cls, old.word, old.cause, old.fails
    return rec


def _resume(agent, host):
    rec, account, clock = host.rec, host.account, agent.clock
    journal.resume(rec, clock.mono(), clock.wall(), agent.journal.newest, account.limits)
    if rec.stopped() and rec.cause not in (rec.fp, account.fp, account.provider_fp):
        agent.log("%s: the settings that caused the stop have changed: trying again" % host.name)
        decide.retry(rec)


def unknown_provider(name, path):
    """One line that says so and suggests the nearest names."""
    from wanbeacon.config import nearest

    near = nearest(name, catalog.names(path))
    hint = "did you mean %s?" % " or ".join(near) if near else "see the list of providers, or use provider: custom"
    return "provider %s is not in the catalogue; %s" % (name, hint)
