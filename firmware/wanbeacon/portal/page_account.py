# SPDX-License-Identifier: MIT
"""Set-up, step 3: user, password, host names.
All that the agent would refuse about the account is told here."""

from wanbeacon.app import stage

_SPARE = 'autocapitalize="none" spellcheck="false"'


def answer(site):
    """?n= is the account's number."""
    faults, typed, n = (), site.form, site.number()
    name, user, hosts, saved, server, token = site.view("login", n)
    if not name:
        return site.to("/provider?n=%d" % n)
    words = site.login(name)
    if site.guest.method == "POST":
        faults = site.faults or _judged(site.checked[1], n, hosts, words[2])
        if not faults:
            return site.to("/finish" if site.view("has_address") else "/address")
    else:
        typed = {"user": user, "hosts": "\n".join(hosts), "server": server}
    row = stage.run("dyndns.catalog", "find", site.device.board.catalogue, name) or {}
    warn = "provider_closed" if row.get("closed") else "provider_plain" if row.get("plain") else None
    server = server is not None or bool(row.get("own"))
    title = (site.providers((name,)).get(name) or (name,))[0]
    return site.page("account", (site.csrf, n, title, words, typed, server, saved, token, warn, faults))


def _judged(problems, n, names, token):
    """What the agent would refuse about account n, as faults (field, text). names: its hosts; token: whether
    that has a field of its own."""
    faults, start, told = [], "accounts[%d]" % n, None
    for problem in problems:
        place, _, text = problem.partition(": ")
        if place.startswith(start):
            key = place[len(start) + 1 :]
            if key.startswith("hosts["):
                at = key[6 : key.find("]")]
                if at == told:  # one thing about a name is enough
                    continue
                told = at
                text = "%s: %s" % (names[int(at)], text) if at.isdigit() and int(at) < len(names) else text
            key = key.split(".")[0].split("[")[0]
            key = "password" if key == "token" and not token else key
            faults.append(
                (key, text)
                if key in ("user", "password", "token", "hosts", "server")
                else (None, "%s: %s" % (key, text))
            )
    return faults


def body(t, csrf, n, title, words, typed, server, saved, token, warn, faults):
    user, password, third = words
    faults = [(name, t.get(text, text)) for name, text in faults]
    if user == "-" and not typed.get("user"):  # no such field: what is wrong with it is said above
        faults = [(None if name == "user" else name, text) for name, text in faults]
    yield t.steps("account") + "<h1>%s</h1>%s" % (t.esc(t["account_title"] % title), t.trouble(faults))
    if warn:
        yield '<p class="warn">%s</p>' % t[warn]
    yield '<p><a href="/provider?n=%d">%s</a></p>' % (n, t["other_provider"]) + t.form(
        "/account?n=%d" % n, csrf
    )
    if server:
        yield t.field("server", typed.get("server"), more='maxlength="260" ' + _SPARE, faults=faults)
    if user != "-" or typed.get("user"):
        yield t.field("user", typed.get("user"), "text", 'maxlength="255" autocomplete="off" ' + _SPARE,
                      faults, _wants(t, "" if user == "-" else user))  # fmt: skip
    for name, said, kept in (("password", password, saved), ("token", third, token)):
        if said or name == "password":
            hint = _wants(t, said)
            if kept:
                hint = (hint + ". " if hint else "") + t["password_kept"]
            yield t.field(name, typed.get(name) or "", "password",
                          'maxlength="%d" autocomplete="off"' % (512 if name == "token" else 255),
                          faults, hint)  # fmt: skip
    yield t.field("hosts", typed.get("hosts"), "area", _SPARE, faults)
    yield "<details><summary>%s</summary><p>%s</p></details>" % (t["hosts_more"], t["hosts_others"])
    yield "<button>%s</button></form>" % t["go_on"]


def _wants(t, said):
    """The provider's own words for a field, as its hint; None where there are none."""
    return t["their_words"] % said if said else None
