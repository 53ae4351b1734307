# SPDX-License-Identifier: MIT
"""The table of all measurements, in the order in which they are printed. Add a line here. compare.py says
which of them stand beside each other."""

from .measure import Row

I386, AMD64 = "micropython-i386", "micropython-amd64"
KB = 1024
CLIENTS, WATCH = ("wanbeacon", "inadyn", "ddclient"), ".clients:begin"


def beside(name, what, unit, where, *args, early=""):
    """Rows NAME-wanbeacon, NAME-inadyn and NAME-ddclient: the same, measured for each."""
    return (
        Row(
            "%s-%s" % (name, client),
            "%s: %s" % (what, client.replace("wan", "Wan")),
            unit,
            where,
            None,
            (client, *args),
            slow=client != "wanbeacon",
            early=early,
        )
        for client in CLIENTS
    )


# fmt: off
ROWS = (
    Row("size-board", "agent on a board, every way to learn the address (.mpy)", "B", ".size:board", None, ("agent",)),
    Row("size-portal", "portal on a board (.mpy, texts, style)", "B", ".size:board", None, ("portal",)),
    Row("size-installed", "all that is put onto a board", "B", ".size:board", None, ("all",)),
    Row("size-linux", "agent for Linux, every way to learn the address (.mpy)", "B", ".size:linux"),
    Row("size-data", "provider catalogue and CA roots", "B", ".size:data"),
    Row("flash-reads", "flash reads from power to the first request: finding and reading the modules", "", ".lookups:measure",
        ("<=", 1910), ("start",)),
    Row("flash-widest", "the same for the dearest single module", "", ".lookups:measure", None, ("widest",)),
    Row("heap-32", "heap needed, five hosts, HTTPS, 32 bit as on an ESP32", "B", ".memory:heap", ("<=", 80 * KB), (I386,)),
    Row("heap-board", "the same as a board starts it, without command line and control socket", "B", ".memory:heap",
        ("<=", 80 * KB), (I386, "board")),
    Row("heap-rest", "the first by a JSON API (Cloudflare), two hosts", "B", ".memory:heap", None,
        (I386, "JSON API")),
    Row("heap-idle", "heap of the agent alone, between two rounds, 32 bit", "B", ".stages:peak", None, (I386, "idle")),
    *(Row("stage-" + name.split(".")[1], "the same while %s" % what, "B", ".stages:peak", None, (I386, name))
      for name, what in (("app.plan", "it decides"), ("dyndns.request", "a request is built"), ("net.http", "it is sent"),
                         ("dyndns.reply", "the answer is read"), ("app.learn", "that is put into the records"))),
    Row("heap-64", "the first, 64 bit", "B", ".memory:heap", None, (AMD64,)),
    Row("resident-32", "resident memory after an update, 32 bit", "B", ".memory:resident", None, (I386,)),
    *beside("resident", "resident memory after an update (RSS)", "B", ".clients:memory", "Rss"),
    Row("resident-one", "the same: inadyn with a trust file of one authority", "B", ".shell:beside", None,
        ("inadyn", "Rss", True), slow=True),
    *beside("private", "of that, memory that no other process can share", "B", ".clients:memory", "Private_Dirty"),
    *beside("installed", "installed files, with what it depends on", "B", ".installed:measure"),
    Row("start-32", "start to first request, 32 bit", "ms", ".timing:start", None, (I386,)),
    *beside("start", "start to first update", "ms", ".clients:start"),
    Row("phases", "where the time from start to first request goes (under strace)", "ms", ".phases:start"),
    *beside("bytes", "bytes per update (TCP payload, both ways, TLS)", "B", ".clients:wire", "size"),
    *beside("trips", "round trips per update, TCP's included", "", ".clients:wire", "trips"),
    Row("change", "new address to HTTPS request (netlink)", "ms", ".timing:change", ("<=", 100), (AMD64,)),
    *(Row("router-" + name, "router's new address to request, " + how, "ms", ".peers:change", None,
          ("ours", "Wanbeacon", how), slow=True)
      for name, how in (("natpmp", "NAT-PMP"), ("pcp", "PCP"), ("upnp", "UPnP"), ("netlink", "netlink"))),
    *(Row("%s-%s" % (name, how), "the same for %s, %s interval" % (name, how), "ms", ".peers:change", None,
          ("theirs", name, how), slow=True, early=".peers:begin")
      for name in ("inadyn", "ddclient") for how in ("default", "fastest")),
    Row("flash-erases", "flash blocks erased in a year of daily changes (LittleFS, 64 KB)", "", ".wear:measure", ("<", 2000),
        ("erases", 1)),
    Row("flash-week", "flash writes in a week without a change", "", ".wear:measure", ("<=", 0), ("week", 1)),
    *(Row("day-" + what, "requests in a day that begins with " + what, "", ".day:requests", ("<=", most), (what,))
      for what, most in (("badauth", 1), ("abuse", 1), ("nohost", 1), ("notfqdn", 1), ("badagent", 1), ("!donator", 1), ("911", 12),
                         ("unchanged reboot", 0), ("damaged journal", 1))),
    *(Row("brown-out-" + name, "requests in a minimum interval, 1,000 brown-outs around an update, %s clock" % name, "",
          "..simulate.bench:brown_out", ("<=", 1), (name == "with",)) for name in ("with", "without")),
    Row("fleet-peak", "a million devices after a regional outage: highest second, % of them", "", "..simulate.bench:region",
        ("<=", 1), ("peak",)),
    Row("fleet-half", "the same: half of the names right after", "s", "..simulate.bench:region", ("<=", 60), (0.5,)),
    Row("fleet-most", "the same: 99 % of the names right after", "s", "..simulate.bench:region", ("<=", 180), (0.99,)),
    Row("fleet-waves", "a provider that serves 2,000/s of them: minutes with more requests than the one before", "",
        "..simulate.bench:overload", ("<=", 0)),
    *(row for code in ("badauth", "nohost", "abuse")
      for row in beside("refused-" + code, "requests in a day that begins with " + code, "", ".clients:refused", code,
                        early=WATCH) if not row.name.endswith("wanbeacon")),
    *(row for what, unit, text in (("bytes", "B", "bytes on any network in an idle day"), ("writes", "", "flash writes while idle"),
                                   ("cpu", "ms", "processor time in an idle hour"), ("wakeups", "", "wake-ups in an idle hour"))
      for row in beside("idle-" + what, text, unit, ".clients:idle", "idle", what, early=WATCH)),
    Row("idle-home", "idle behind a router (NAT-PMP, UPnP): packets that left the house", "", ".peers:idle", ("<=", 0),
        ("idle",), early=".peers:begin"),
)
# fmt: on
