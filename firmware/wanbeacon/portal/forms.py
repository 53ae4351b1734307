# SPDX-License-Identifier: MIT
"""What pages with forms are made with, beside html.py."""

from wanbeacon.portal.html import Texts, esc


class Forms(Texts):
    """See html.Texts."""

    def steps(self, here):
        """The steps of the set-up, the present one marked."""
        out = '<ol class="steps">'
        for step in ("wifi", "provider", "account", "address", "finish"):
            out += '<li%s><a href="/%s">%s</a></li>' % (
                ' aria-current="step"' if step == here else "",
                step,
                self["step_" + step],
            )
        return out + "</ol>"

    def field(self, name, value="", kind="text", more="", faults=(), hint=None):
        """A labelled input, or a textarea (kind "area"); the value is escaped. Texts: NAME, NAME_hint (if
        there is one; hint: in its place). faults: rows (field, text); those of this field stand beside it,
        and the first field of all that has one gets the focus. Never give it a saved secret as value; what
        was just typed may go back to who typed it."""
        hint = hint or self.get(name + "_hint")
        wrong = [text for field, text in faults if field == name]
        tips = ("%s-f " % name if wrong else "") + ("%s-h" % name if hint else "")
        more += ' aria-describedby="%s"' % tips.strip() if tips else ""
        if wrong:
            more += ' aria-invalid="true"' + (" autofocus" if faults[0][0] == name else "")
        out = '<p class="field"><label for="%s">%s</label>' % (name, self[name])
        if kind == "area":
            out += '<textarea id="%s" name="%s" rows="3" %s>%s</textarea>' % (name, name, more, esc(value))
        else:
            out += '<input id="%s" name="%s" type="%s" value="%s" %s>' % (name, name, kind, esc(value), more)
        if wrong:
            out += '<span class="bad" id="%s-f">%s</span>' % (name, esc("; ".join(wrong)))
        return out + ('<small id="%s-h">%s</small></p>' % (name, esc(hint)) if hint else "</p>")

    def trouble(self, faults):
        """What is said above a form with faults; those that belong to no field (None) in full."""
        if not faults:
            return ""
        own = [text for field, text in faults if not field]
        return '<p class="bad" role="alert">%s</p>' % esc(" ".join(own) or self["see_below"])
