# SPDX-License-Identifier: MIT
"""Signatures against implementations of others: AWS's by botocore, Amazon's own library; all of them by the
lab's (tools/lab/providers/signatures.py), which was written apart from the agent's."""

import json
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest import mock

import pytest
from botocore import auth, awsrequest, credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from wanbeacon.core.url import quote
from wanbeacon.dyndns import rest_sign

from tools import ROOT
from tools.lab.providers import signatures

sys.path.insert(0, str(ROOT / "host_tests/shared"))
import rest_kit

EXCHANGES = [
    case
    for case in json.loads((ROOT / "host_tests/data/rest-exchanges.json").read_text())
    if "sign" in rest_kit.row_of(case["provider"])["calls"]
]
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def request(method, target, headers, body):
    low = {name.lower(): value for name, value in headers.items()}
    return SimpleNamespace(method=method, target=target, headers=low, body=body or b"")


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "POST"]),
    words,
    st.lists(st.tuples(words, words), max_size=4),
    secrets,
    st.binary(max_size=60),
    st.integers(1700000000, 4000000000),
)
def test_sigv4_is_botocores(method, part, pairs, secret, body, wall):
    path = "/2013-04-01/" + quote(part).replace(".", "%2E")
    query = "&".join("%s=%s" % (quote(a), quote(b)) for a, b in pairs)
    headers = {"Host": "route53.amazonaws.com", "Content-Type": "text/xml"}
    account = {"user": "AKID", "password": secret}
    target = path + ("?" + query if query else "")
    sent = rest_sign.sign("aws4 us-east-1 route53", account, wall, method, "", target, headers, body, "")
    theirs = awsrequest.AWSRequest(
        method, "https://route53.amazonaws.com" + sent, {"Content-Type": "text/xml"}, body
    )
    signer = auth.SigV4Auth(credentials.Credentials("AKID", secret), "route53", "us-east-1")
    now = datetime.fromtimestamp(wall, UTC)
    with mock.patch.object(auth, "get_current_datetime", lambda **_: now):
        signer.add_auth(theirs)
    assert headers["Authorization"] == theirs.headers["Authorization"]
    assert signatures.aws4(request(method, sent, headers, body), {"AKID": secret}, wall) is None


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: "%s, %s" % (case["provider"], case["name"]))
def test_every_recorded_request_has_its_signature(case):
    recipe = rest_kit.row_of(case["provider"])["calls"]["sign"].split()[0]
    check = getattr(signatures, recipe)
    keys = {"me": "pw" if recipe != "ovh" else "pw+tok"}
    for call in case["calls"]:
        method, target, body, headers = call["ask"]
        host = rest_kit.row_of(case["provider"])["host"]
        kind = {"<": "text/xml", "{": "application/json"}.get(
            (body or "")[:1], "application/x-www-form-urlencoded"
        )
        headers = {"Host": host, **({"Content-Type": kind} if body else {}), **headers}
        one = request(method, target, headers, (body or "").encode())
        assert check(one, keys, rest_kit.NOW) is None
        for wrong in (
            ()
            if recipe == "nfsn"
            else (
                request("DELETE", target, headers, one.body),
                request(method, target + ("&" if "?" in target else "?") + "x=1", headers, one.body),
                request(method, target, headers, one.body + b" "),
            )
        ):
            if wrong.target != target and recipe == "tc3":
                continue  # these services have no query: the path alone is what they were asked
            if wrong.body != one.body and recipe == "bce":
                continue  # a body is not signed there
            assert check(wrong, keys, rest_kit.NOW), wrong
        assert check(one, {"me": "another"}, rest_kit.NOW)
        assert check(one, keys, rest_kit.NOW + 4000)
