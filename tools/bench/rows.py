"""The table of all measurements, in the order in which they are printed. Add a line here; knows no measurement's inside."""

from tools.bench.measure import Row

I386, AMD64 = "micropython-i386", "micropython-amd64"
KB = 1024
IDLE = "tools.bench.idle:begin"

ROWS = (
    Row("size-board", "agent on a board, every way to learn the address (.mpy)", "B", "tools.bench.size:agent", ("<", 56 * KB),
        ("board",)),
    Row("size-router", "agent on a router, the same", "B", "tools.bench.size:agent", None, ("router",)),
    Row("size-portal", "portal (.mpy)", "B", "tools.bench.size:part", None, ("portal",)),
    Row("size-data", "provider catalogue and CA roots", "B", "tools.bench.size:data"),
    Row("heap-32", "heap needed, five hosts, HTTPS, 32 bit as on an ESP32", "B", "tools.bench.memory:heap", ("<=", 80 * KB), (I386,)),
    Row("heap-board", "the same as a board starts it, without command line and control socket", "B", "tools.bench.memory:heap",
        ("<=", 76 * KB), (I386, "board")),
    Row("heap-64", "the first, 64 bit", "B", "tools.bench.memory:heap", None, (AMD64,)),
    Row("resident-32", "resident memory after an update, 32 bit", "B", "tools.bench.memory:resident", None, (I386,)),
    Row("resident-64", "the same, 64 bit", "B", "tools.bench.memory:resident", None, (AMD64,)),
    Row("start-32", "start to first request, 32 bit", "ms", "tools.bench.timing:start", None, (I386,)),
    Row("start-64", "the same, 64 bit", "ms", "tools.bench.timing:start", None, (AMD64,)),
    Row("change", "new address to HTTPS request (netlink)", "ms", "tools.bench.timing:change", ("<=", 100), (AMD64,)),
    Row("wire-bytes", "bytes per update (TCP payload, both ways)", "B", "tools.bench.wire:size", None, (AMD64,)),
    Row("wire-trips", "round trips per update, TCP included", "", "tools.bench.wire:trips", None, (AMD64,)),
    *(Row("router-" + name, "router's new address to request, " + how, "ms", "tools.bench.peers:change", None,
          ("ours", "Wanbeacon", how), slow=True)
      for name, how in (("natpmp", "NAT-PMP"), ("pcp", "PCP"), ("upnp", "UPnP"), ("netlink", "netlink"))),
    *(Row("%s-%s" % (name, how), "the same for %s, %s interval" % (name, how), "ms", "tools.bench.peers:change", None,
          ("theirs", name, how), slow=True, early="tools.bench.peers:begin")
      for name in ("inadyn", "ddclient") for how in ("default", "fastest")),
    Row("flash-erases", "flash blocks erased in a year of daily changes (LittleFS, 64 KB)", "", "tools.bench.wear:measure", ("<", 2000),
        ("erases", 1)),
    Row("flash-week", "flash writes in a week without a change", "", "tools.bench.wear:measure", ("<=", 0), ("week", 1)),
    *(Row("day-" + what, "requests in a day that begins with " + what, "", "tools.bench.day:requests", ("<=", most), (what,))
      for what, most in (("badauth", 1), ("abuse", 1), ("nohost", 1), ("notfqdn", 1), ("badagent", 1), ("!donator", 1), ("911", 12),
                         ("unchanged reboot", 0), ("damaged journal", 1))),
    *(Row("brown-out-" + name, "requests in a minimum interval, 1,000 brown-outs around an update, %s clock" % name, "",
          "tools.simulate.bench:brown_out", ("<=", 1), (name == "with",)) for name in ("with", "without")),
    Row("fleet-peak", "a million devices after a regional outage: highest second, % of them", "", "tools.simulate.bench:region",
        ("<=", 1), ("peak",)),
    Row("fleet-half", "the same: half of the names right after", "s", "tools.simulate.bench:region", ("<=", 60), (0.5,)),
    Row("fleet-most", "the same: 99 % of the names right after", "s", "tools.simulate.bench:region", ("<=", 180), (0.99,)),
    Row("fleet-waves", "a provider that serves 2,000/s of them: minutes with more requests than the one before", "",
        "tools.simulate.bench:overload", ("<=", 0)),
    Row("idle-connections", "idle: connections to the provider", "", "tools.bench.idle:look", ("<=", 0), (AMD64, "connections"), early=IDLE),
    Row("idle-packets", "idle: packets out of the device", "", "tools.bench.idle:look", ("<=", 0), (AMD64, "packets"), early=IDLE),
    Row("idle-writes", "idle: flash writes", "", "tools.bench.idle:look", ("<=", 0), (AMD64, "writes"), early=IDLE),
    Row("idle-cpu", "idle: processor time per hour", "ms", "tools.bench.idle:look", None, (AMD64, "cpu"), early=IDLE),
    Row("idle-wakeups", "idle: wake-ups per hour", "", "tools.bench.idle:look", None, (AMD64, "switches"), early=IDLE),
)
