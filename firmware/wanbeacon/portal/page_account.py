# SPDX-License-Identifier: MIT
"""Set-up, step 3: user, password, host names.
All that the agent would refuse about the account is told here."""

from wanbeacon.app import stage


def answer(site):
    """?n= is the account's number."""
    faults, typed, n = (), site.form, site.number()
    name, user, hosts, saved, server = site.view("login", n)
    if not name:
        return site.to("/provider?n=%d" % n)
    if site.guest.method == "POST":
        faults = site.faults or _judged(site.checked[1], n, hosts)
        if not faults:
            return site.to("/finish" if site.view("has_address") else "/address")
    else:
        typed = {"user": user, "hosts": "\n".join(hosts), "server": server}
    row = stage.run("dyndns.catalog", "find", site.device.board.catalogue, name) or {}
    warn = "provider_closed" if row.get("closed") else "provider_plain" if row.get("plain") else None
    server = server is not None or bool(row.get("own"))
    title = (site.providers((name,)).get(name) or (name,))[0]
    return site.page(
        "account",
        (site.csrf, n, title, row.get("about"), row.get("help") or {}, typed, server, saved, warn, faults),
    )


def _judged(problems, n, names):
    """What the agent would refuse about account n, as faults (field, text). names: its hosts."""
    faults, start = [], "accounts[%d]" % n
    for problem in problems:
        place, _, text = problem.partition(": ")
        if place.startswith(start):
            key = place[len(start) + 1 :]
            if key.startswith("hosts["):
                at = key[6 : key.find("]")]
                text = "%s: %s" % (names[int(at)], text) if at.isdigit() and int(at) < len(names) else text
            key = key.split(".")[0].split("[")[0]
            key = "password" if key == "token" else key
            faults.append(
                (key, text)
                if key in ("user", "password", "hosts", "server")
                else (None, "%s: %s" % (key, text))
            )
    return faults


def body(t, csrf, n, title, about, words, typed, server, saved, warn, faults):
    faults = [(name, t.get(text, text)) for name, text in faults]
    yield t.steps("account") + "<h1>%s</h1>%s" % (t.esc(t["account_title"] % title), t.trouble(faults))
    if about:
        yield "<p>%s</p>" % t.esc(about)
    if warn:
        yield '<p class="warn">%s</p>' % t[warn]
    yield '<p><a href="/provider?n=%d">%s</a></p>' % (n, t["other_provider"]) + t.form(
        "/account?n=%d" % n, csrf
    )
    if server:
        yield t.field(
            "server",
            typed.get("server"),
            more='maxlength="260" autocapitalize="none" spellcheck="false"',
            faults=faults,
        )
    yield t.field("user", typed.get("user"), "text",
                  'maxlength="255" autocomplete="off" autocapitalize="none" spellcheck="false"',
                  faults, words.get("user"))  # fmt: skip
    yield t.field("password", typed.get("password") or "", "password",
                  'maxlength="255" autocomplete="off"', faults,
                  t["password_kept"] if saved else words.get("password"))  # fmt: skip
    yield t.field(
        "hosts",
        typed.get("hosts"),
        "area",
        'autocapitalize="none" spellcheck="false"',
        faults,
        words.get("hosts"),
    )
    yield "<button>%s</button></form>" % t["go_on"]
