# SPDX-License-Identifier: MIT
"""The reader of XML answers: values by path, whatever pieces they arrive in, and nothing that is not well
formed."""

from wanbeacon.core import xmlpick
from wanbeacon.core.xmlpick import Picker

LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- of <Zone>s -->
<r:List xmlns:r="https://example.org/a>b"><Zones>
 <Zone id="1"><Id>/hostedzone/Z1</Id><Name>a.example.</Name><Empty/>
  <Note>x &lt;&amp;&#62;&#x41; y</Note></Zone>
 <Zone><Id><![CDATA[Z<2>]]></Id><Name> b.example. </Name><V>1</V><V>2</V></Zone>
</Zones><Done>true</Done></r:List>
"""


def pick(
    data,
    each="List.Zones.Zone",
    fields=(".Id", ".Name", ".Empty", ".Note", ".V"),
    alone=("List.Done",),
    step=1000,
):
    """(whole, objects, said)"""
    got = []
    picker = Picker(each, fields, got.append, alone)
    for at in range(0, len(data), step):
        picker.feed(data[at : at + step])
    return picker.end(), got, picker.said


def test_values_come_by_path_in_any_pieces():
    want = [
        [[1, b"/hostedzone/Z1"], [1, b"a.example."], None, [1, b"x <&>A y"], None],
        [[1, b"Z<2>"], [1, b"b.example."], None, None, [2, b"1"]],
    ]
    for step in (1, 2, 3, 5, 7, 64, 1000):
        assert pick(LIST, step=step) == (True, want, [(0, b"true")]), step


def test_the_root_may_be_the_object():
    assert pick(b"<a><b>1</b></a>", "", (".a.b",), ())[:2] == (True, [[[1, b"1"]]])
    assert pick(b"<a><b>1</b></a>", None, (), ("a.b",))[2] == [(0, b"1")]


def test_what_breaks_off_is_not_whole():
    for end in range(1, len(LIST.rstrip())):
        assert not pick(LIST[:end])[0], LIST[:end][-20:]


def test_what_is_no_xml_is_none():
    for data in (
        b"", b" ", b"good", b"{}", b"<a>", b"</a>", b"<a></b>", b"<a/><b/>", b"<a/>x", b"x<a/>",
        b"<a><b></a></b>", b"<>", b"<a><!-- </a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a.b/>",
        b"<" + b"x" * 2000 + b"/>", b"<a " + b"y" * 2000 + b">",
    ):  # fmt: skip
        whole, got, _ = pick(data)
        assert not whole and got == [], data


def test_an_empty_answer_says_so():
    for data, empty in ((b"", True), (b" \n", True), (b"<a/>", False), (b"x", False)):
        picker = Picker()
        picker.feed(data)
        picker.end()
        assert picker.empty == empty


def test_all_that_is_kept_is_bounded():
    deep = b"<a>" * xmlpick.DEPTH + b"</a>" * xmlpick.DEPTH
    assert pick(deep)[0] and not pick(b"<a>" + deep + b"</a>")[0]
    assert pick(b"<a>" + b"v" * 300 + b"</a>", "", (".a",), ())[1] == [[[1, xmlpick.TOO_LONG]]]
    said = pick(b"<a>" + b"<b>1</b>" * 50 + b"</a>", None, (), ("a.b",))[2]
    assert len(said) == Picker.MOST


def test_a_long_answer_passes_through():
    row = b"<Zone><Id>x</Id><Name>n</Name><Note>" + b"y" * 100 + b"</Note></Zone>"
    got = []
    picker = Picker("L.Zone", (".Id",), got.append)
    picker.feed(b"<L>")
    for _ in range(300):
        picker.feed(row)
    picker.feed(b"</L>")
    assert picker.end() and len(got) == 300 and got[-1] == [[1, b"x"]]


def test_a_damaged_answer_raises_nothing_and_invents_no_object():
    for at in range(len(LIST)):
        for byte in b"<>/&!]\0\xff":
            data = LIST[:at] + bytes((byte,)) + LIST[at + 1 :]
            _, got, _ = pick(data, step=50)
            assert len(got) <= 2, data
