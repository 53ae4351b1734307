# SPDX-License-Identifier: MIT
"""One sentence and a way on."""


def body(t, title, text, link):
    """title and text: keys of the texts, or texts."""
    yield "<h1>%s</h1><p>%s</p>" % (t.esc(t.get(title) or title), t.esc(t.get(text) or text))
    yield '<p><a class="button" href="%s">%s</a></p>' % (link, t["go_on"])
