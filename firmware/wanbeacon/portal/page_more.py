# SPDX-License-Identifier: MIT
"""The status page, its lower part: the line, what changed lately, the last request, the log."""

_LOG = 12  # newest lines shown; all of them are in /status.json


def body(t, now, names, rest):
    """rest: see app/status.py."""
    lines, history, last, log, memory, version, clock = rest
    yield "<section><h2>%s</h2>" % t["line"]
    for line in lines:
        for piece in _line(t, *line):
            yield piece
    yield "</section>"
    if history:
        yield '<section><h2>%s</h2><ul class="history">' % t["history"]
        for when, host, old, new, ms in history:
            change = t["changed"] % (new, old) if old else t["first"] % new
            yield "<li>%s: <b>%s</b> %s%s</li>" % (
                t.when(when, now), t.esc(host), t.esc(change), " (%s)" % _took(ms) if ms else "")  # fmt: skip
        yield "</ul></section>"
    if last:
        yield "<section><h2>%s</h2><p>%s %s: %s <code>%s</code> (%s)</p></section>" % (
            t["last"], t.when(last["when"], now),
            t.esc((names.get(last["provider"]) or (last["provider"],))[0]), t.esc(last["status"]),
            t.esc(last["reply"]), _took(last["ms"]))  # fmt: skip
    yield "<details><summary>%s</summary><pre>" % t["log"]
    for line in log[-_LOG:]:
        yield t.esc(line) + "\n"
    marks = "".join([", %s %s" % (key, memory[key]) for key in memory])
    yield t.esc(t["clock"] % clock) + t.esc(marks) + "</pre></details>"
    yield "<p><small>%s %s</small></p>" % (t["version"], t.esc(version))


def _line(t, families, sources):
    for name, address, source, why, wanted in families:
        if address:
            yield "<p><b>%s</b> %s</p>" % (t.esc(address), t.esc(t["from"] % source))
        elif name == "IPv4" and wanted:
            yield "<p>%s: %s</p>" % (name, t.esc(why))
    if sources:
        yield "<details><summary>%s</summary><ul>" % t["sources"]
        for name, said in sources:
            yield "<li>%s: %s</li>" % (t.esc(name), t.esc(said))
        yield "</ul></details>"


def _took(ms):
    return "%d ms" % ms if ms < 1000 else "%d.%d s" % (ms // 1000, ms % 1000 // 100)
