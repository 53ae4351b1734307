# SPDX-License-Identifier: MIT
"""Wanbeacon beside inadyn and ddclient: which rows stand beside each other, as docs/comparison.md's table
and as a picture."""

from dataclasses import dataclass

from .. import ROOT, UserError

PAGE, STORED, PICTURE = ROOT / "docs/comparison.md", ROOT / "docs/bench.json", ROOT / "docs/bench.svg"
BEGIN, END = "<!-- bench: written by `python -m tools bench --readme` -->", "<!-- /bench -->"
#: Okabe-Ito: told apart by colour-blind eyes too.
COLOURS = {"inadyn": "#E69F00", "ddclient": "#0072B2"}


@dataclass
class Line:
    """what; the names of the rows of Wanbeacon, inadyn, ddclient ("" = none). target: (text, function of the
    three values)."""

    what: str
    rows: tuple
    target: tuple | None = None


def _each(name):
    return tuple("%s-%s" % (name, client) for client in ("wanbeacon", "inadyn", "ddclient"))


def _memory(ours, inadyn, _):
    return ours <= 0.75 * inadyn


LINES = (
    Line("resident memory after an update (RSS)", _each("resident"), ("at most 0.75 of inadyn's", _memory)),
    Line(
        "the same, inadyn told to trust one authority only",
        ("resident-wanbeacon", "resident-one", ""),
        ("at most 0.75 of inadyn's", _memory),
    ),
    Line("of the first, memory no other process can share", _each("private")),
    Line(
        "installed files, with interpreter and libraries",
        _each("installed"),
        ("below ddclient's", lambda a, _, c: a < c),
    ),
    Line(
        "new address to request, behind a router; each at its fastest",
        ("router-natpmp", "inadyn-fastest", "ddclient-fastest"),
        ("a hundredth of inadyn's", lambda a, b, _: 100 * a <= b),
    ),
    Line("the same with default settings", ("router-natpmp", "inadyn-default", "ddclient-default")),
    Line("bytes on any network in an idle day", _each("idle-bytes"), ("0", lambda a, *_: a == 0)),
    Line("wake-ups in an idle hour", _each("idle-wakeups")),
    Line("processor time in an idle hour", _each("idle-cpu")),
    *(
        Line(
            "requests in a day that begins with `%s`" % code,
            ("day-" + code, *_each("refused-" + code)[1:]),
            ("1", lambda a, *_: a <= 1),
        )
        for code in ("badauth", "nohost", "abuse")
    ),
    Line("bytes of one update, TLS included", _each("bytes")),
    Line("round trips of one update", _each("trips")),
    Line("start to first request", _each("start"), ("at most inadyn's", lambda a, b, _: a <= b)),
)


def shown(value, unit):
    """A number for people."""
    if value is None:
        return "-"
    if unit == "ms":
        return "%.0f ms" % value if value < 2000 else "%.0f s" % (value / 1000)
    if unit == "B" and value >= 10240:
        return "%.1f MB" % (value / 1048576) if value >= 1048576 else "%.1f KB" % (value / 1024)
    return "%d%s" % (value, " B" * (unit == "B")) if value == int(value) else "%.1f" % value


def ratio(theirs, ours):
    """How many times ours theirs is, for people; "" when there is nothing to divide."""
    if not ours or theirs is None:
        return ""
    times = theirs / ours
    return "%.1f" % times if times < 10 else "%d" % float("%.2g" % times)


def lines(document):
    """[(Line, unit, [the three values], met: True, False or None)] of stored results."""
    rows = {row["name"]: row for row in document["rows"]}
    found = []
    for line in LINES:
        values = [rows[name]["value"] if name in rows else None for name in line.rows]
        unit = next((rows[name]["unit"] for name in line.rows if name in rows), "")
        try:
            met = bool(line.target[1](*values)) if line.target and values[0] is not None else None
        except TypeError:  # what it is held against was not measured
            met = None
        found.append((line, unit, values, met))
    return found


def markdown(document):
    """The page's table."""
    heads = ["%s %s" % (name, document["versions"].get(name, "")) for name in COLOURS]
    out = [
        "| | %s | %s | medians: Wanbeacon, inadyn, ddclient | target for Wanbeacon |" % tuple(heads),
        "|---|---|---|---|---|",
    ]
    for line, unit, values, met in lines(document):
        times = [text + " ×" * bool(text) for text in (ratio(value, values[0]) for value in values[1:])]
        target = (
            "%s: %s" % (line.target[0], {True: "met", False: "**not met**", None: "not measured"}[met])
            if line.target
            else ""
        )
        out.append(
            "| %s | %s | %s | %s | %s |"
            % (line.what, *times, ", ".join(shown(value, unit) for value in values), target)
        )
    return "\n".join(out) + "\n"


def fill(text, document):
    """The page's text with the table of these results between its two markers."""
    head, found, rest = text.partition(BEGIN + "\n")
    _, end, tail = rest.partition(END)
    if not found or not end:
        raise UserError(
            "the page has no place for the table: it belongs between the lines %s and %s" % (BEGIN, END)
        )
    return "%s%s\n%s\n%s%s" % (head, found, markdown(document), END, tail)


def draw(document, path):
    """A picture of the ratios, on a logarithmic scale; the suffix of the path says which kind."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams.update(
        {"svg.hashsalt": "wanbeacon", "svg.fonttype": "none", "font.family": "sans-serif"}
    )
    chosen = [
        (line.what.replace("`", ""), values)
        for line, _, values, _ in lines(document)
        if values[0] and any(values[1:])
    ]
    figure, axes = plt.subplots(figsize=(9, 0.46 * len(chosen) + 1), layout="constrained")
    for at, (_, values) in enumerate(reversed(chosen)):
        for shift, (name, colour), value in zip((0.19, -0.19), COLOURS.items(), values[1:]):
            if value:
                axes.barh(at + shift, value / values[0] - 1, 0.36, left=1, color=colour, label=name)
                axes.annotate(
                    ratio(value, values[0]),
                    (max(value / values[0], 1), at + shift),
                    xytext=(4, 0),
                    va="center",
                    textcoords="offset points",
                    fontsize=8,
                )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.12g}")
    axes.margins(y=0.01)
    axes.set_yticks(range(len(chosen)), [what for what, _ in reversed(chosen)], fontsize=9)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel(
        "longer: needs more than Wanbeacon; times its value (logarithmic), 1 = the same", fontsize=9
    )
    axes.spines[["top", "right"]].set_visible(False)
    named = {text: handle for handle, text in zip(*axes.get_legend_handles_labels())}
    axes.legend(named.values(), named, frameon=False)
    figure.savefig(path, metadata={"Date": None} if str(path).endswith(".svg") else None)
    plt.close(figure)
