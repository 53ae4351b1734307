# SPDX-License-Identifier: MIT
"""From the config and the journal to lines, accounts and hosts.
Used once at start and dropped; sends nothing."""

import hashlib

from wanbeacon import VERSION
from wanbeacon.app import stage
from wanbeacon.core import journal, release
from wanbeacon.core.record import DAY, REFRESH_DAYS, Limits, Record
from wanbeacon.dyndns import share
from wanbeacon.observe import base

_HOME = ("suffix", "mac", "neighbor", "privacy", "subnet", "prefix_length", "lan")
_FIRST = "0.1.0", "support@wanbeacon.example"  # version and contact in the first version's User-Agent


def fingerprint(*parts):
    """8 bytes that differ when one of the settings differs."""
    return hashlib.sha256("\0".join([str(p) for p in parts]).encode()).digest()[:8]


def begin(agent, rows):
    """All parts of an Agent that advise.py has filled. rows: the accounts' rows."""
    build(agent, rows)
    agent.notices = stage.run("app.notify", "begin", agent) if agent.cfg.get("notify") else None
    agent.mqtt = stage.run("app.mqtt_care", "begin", agent) if agent.cfg.get("mqtt") else None


def build(agent, rows):
    """Fill agent.lines and agent.accounts. rows: the accounts' rows (advise.py)."""
    cfg = agent.cfg
    model = stage.resident("app.model")
    options, families = share.OPTIONS, _families(cfg, rows)
    stored, taken = journal.load(agent.journal), []
    seed = fingerprint(agent.board.unique)
    seed = seed[0] << 8 | seed[1]
    for doc in cfg["accounts"]:
        row = rows.pop(0)
        where = "accounts[%d] (%s)" % (len(agent.accounts), row["id"])
        account = model.Account(
            doc, row, _line(agent, model, doc, row), _limits(doc, cfg["intervals"], row, seed), where
        )
        custom = doc.get("custom") or {}
        server = row["id"], doc.get("server"), custom.get("url")
        how = doc.get("auth"), doc.get("method"), [str(custom[k]) for k in sorted(custom)]
        secret = doc.get("user"), doc.get("password"), doc.get("token")
        account.provider_fp = fingerprint(server, _known_as(agent, row.get("ua")))
        account.fp = fingerprint(server, secret, how)
        # not where the zone may be a private one, unless the settings say whom to ask: see app/visible.py
        look, own = cfg.get("look") or {}, doc.get("server") or row["id"] == "custom"
        look = look.get("enabled", True) and (look.get("server") or row.get("dns") or not own)
        account.look = bool(look and not agent.transport)
        place = fingerprint(server, doc.get("user"))[:4]
        for h in doc["hosts"]:
            values = [h.get(o) for o in options + ("zone",)]
            # what shapes what is stored: neither the password, nor which families are wanted (those are
            # compared one by one)
            # settings that are new must not void what older versions noted
            line = ("keep_others", doc.get("bind") or doc.get("address")) if h.get("keep_others") else ()
            fp = fingerprint("host", server, doc.get("user"), how, h["name"], values, *line)
            more = ["create"] if h.get("create") else []
            more += line
            more += [k + str(h[k]) for k in _HOME if k in h]
            # what may have caused a refusal: all of it. Version 0.1.0 had this one only, for both.
            cause = fingerprint(
                server, secret, how, h["name"], values + [h.get("ipv4"), h.get("ipv6")] + more
            )
            rec = (
                _kept(fp, stored, taken)
                or _kept(cause, stored, taken)
                or _new_record(fp, place, account, stored)
            )
            rec.fp, rec.place = fp, place
            host = model.Host(h, account, rec, families.pop(0), cause)
            _resume(agent, host)
            account.hosts.append(host)
            account.line.chooser.homes = account.line.chooser.homes or host.own6 and host.families[1]
            for family, wanted in zip((4, 6), host.families):
                account.line.wants[family] = account.line.wants[family] or wanted
        agent.accounts.append(account)
    hosts = [h for h in agent.hosts() if h.doc.get("neighbor") and h.families[1]]
    if hosts and getattr(agent.board, "ipv6", True):  # a board knows none: the hosts say so
        stage.run("app.nearby", "begin", agent, hosts)
    if agent.journal.lost:
        agent.log.tell("err", agent.journal.lost)


def _known_as(agent, style):
    """The User-Agent that a refusal of this program depends on, as the first version sent it: an upgrade is
    no reason to ask a provider again."""
    contact = "" if style else " " + (agent.cfg["device"].get("contact") or _FIRST[1])
    return agent.agent_name(style).replace(VERSION, _FIRST[0]) + contact


def _kept(fp, stored, taken):
    """The next record with this fingerprint that no host has yet, or None: one name may stand in two
    accounts, its IPv4 from one line and its IPv6 from another."""
    for rec in stored:
        if rec.fp == fp and rec not in taken:
            taken.append(rec)
            return rec
    return None


def _families(cfg, rows):
    """(IPv4, IPv6) of every host of every account: which records are kept."""
    found = []
    for i in range(len(rows)):
        for h in cfg["accounts"][i]["hosts"]:
            found.append(share.families(rows[i], h))
    return found


def _line(agent, model, doc, row):
    """The line with this account's sources; accounts with the same sources (and `bind`) share one. The last
    resort of "auto" is the provider's own check page."""
    cfg = agent.cfg
    agent.outside = []
    if row.get("check") and not doc.get("server"):
        page = {"source": "web", "url": row["check"][0]}
        if row["check"][1:]:
            page["url6"] = row["check"][1]
        agent.outside.append(page)
    bind = doc.get("bind")
    sources = [doc.get("address") or cfg["address"], agent.outside, bind]
    for line in agent.lines:
        if line.sources == sources:
            return line
    kit = base.Kit(
        agent.board,
        agent.clock,
        agent.say,
        agent.fetch,
        agent.load,
        stage.run_async,
        agent.outside,
        agent.dismiss,
        stage.scarce and stage.brief,
    )
    chooser = agent.load("choose").Chooser(
        sources[0], kit, cfg["cross_check"], cfg["intervals"]["outside"], bind
    )
    line = model.Line(_name(agent, bind), chooser, sources)
    agent.lines.append(line)
    return line


def _name(agent, bind):
    """What a line is called: its interface or device where accounts are tied to one, else its number."""
    name = (bind or "").lstrip("@")
    if not name or name in [line.name for line in agent.lines]:
        name = "line %d" % (len(agent.lines) + 1)
    return name


def _limits(doc, intervals, row, seed):
    """The user may ask for a refresh of his own (refresh_hours of the account, refresh_days of all), but a
    row that names days keeps them: they are the provider's rule (Dyn forbids earlier ones, dy.fi lets names
    expire). Never below the minimum between two requests."""
    minimum = row.get("min") or intervals["minimum"]
    own = doc.get("refresh_hours", 0) * 3600 or intervals.get("refresh_days", 0) * DAY
    return Limits(minimum, max(minimum, row.get("days", 0) * DAY or own or REFRESH_DAYS * DAY), seed)


def _new_record(fp, place, account, stored):
    """A record for a host that is new here. A stop that depends on the account or the provider holds for it
    too, and so does a wait that the same provider set the same user:
    an edit of the settings is no way around it."""
    rec = Record(fp)
    for old in stored:
        if old.place == place:
            release.inherit(rec, old, account.limits.minimum)
        if old.stopped() and old.cause in (account.fp, account.provider_fp):
            rec.cls, rec.word, rec.cause = old.cls, old.word, old.cause
    return rec


def _resume(agent, host):
    rec, account, clock = host.rec, host.account, agent.clock
    journal.resume(rec, clock.mono(), clock.wall(), agent.journal.newest, account.limits)
    if rec.stopped() and rec.cause not in (host.cause, account.fp, account.provider_fp):
        agent.log.tell("info", "log.settings-changed", host.name)
        release.release(rec)
