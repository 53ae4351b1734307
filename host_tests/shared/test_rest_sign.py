# SPDX-License-Identifier: MIT
"""Signatures by the examples that the services publish with their algorithms (the keys are the documents' own, which
open nothing), and by what the services' own SDKs sign: signatures.json names each one and its version. Those are the
requests of our rows, for ordinary and for strange names; each SDK was given the request taken apart, the time and the
nonce, and its headers were written down."""

import hashlib
import json
import os

from wanbeacon.app import restful
from wanbeacon.core import mac
from wanbeacon.dyndns import rest_sign

AWS = {"user": "AKIDEXAMPLE", "password": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


def signed(recipe, account, wall, method, path, host, body=None, nonce="0" * 32, **more):
    """(path that is sent, headers) of a signed request; more: its headers, "_" for "-"."""
    headers = {"Host": host}
    for name in more:
        headers[name.replace("_", "-")] = more[name]
    body = None if body is None else body.encode()
    path = rest_sign.sign(recipe, account, wall, method, "https://" + host, path, headers, body, nonce)
    return path, headers


def aws(method, path, host="example.amazonaws.com", service="service", **more):
    return signed("aws4 us-east-1 " + service, AWS, 1440938160, method, path, host, **more)[1]


def test_aws_signature_version_4_test_suite():
    """The files *.authz of AWS's aws-sig-v4-test-suite (2015-08-30T12:36:00Z)."""
    for method, path, good in (
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("GET", "/?Param1=value2&Param1=value1", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
    ):  # fmt: skip
        headers = aws(method, path)
        assert headers["X-Amz-Date"] == "20150830T123600Z"
        assert headers["Authorization"] == (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=" + good
        ), (path, headers)


def test_aws_example_of_the_general_reference():
    """ "Examples of the complete Signature Version 4 signing process", IAM's ListUsers."""
    headers = aws(
        "GET",
        "/?Action=ListUsers&Version=2010-05-08",
        "iam.amazonaws.com",
        "iam",
        Content_Type="application/x-www-form-urlencoded; charset=utf-8",
    )
    assert headers["Authorization"].endswith(
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_tencent_cloud_example():
    """ "Signature v3", the example for DescribeInstances."""
    body = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    account = {"user": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "password": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}
    more = {"Content_Type": "application/json; charset=utf-8"}
    _, headers = signed("tc3 cvm", account, 1551113065, "POST", "/", "cvm.tencentcloudapi.com", body, **more)
    assert headers["X-TC-Timestamp"] == "1551113065"
    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )  # fmt: skip


def test_alibaba_cloud_example():
    """ "Request syntax and signature method V3", the example with fixed parameters."""
    account = {"user": "YourAccessKeyId", "password": "YourAccessKeySecret"}
    path = "/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    more = {"x_acs_action": "RunInstances", "x_acs_version": "2014-05-26"}
    nonce = "3156853299f313e23d1673dc12e1703d"
    _, headers = signed("acs3", account, 1698315752, "POST", path, "ecs.cn-shanghai.aliyuncs.com", None, nonce, **more)  # fmt: skip
    assert headers["x-acs-date"] == "2023-10-26T10:22:32Z" and headers["x-acs-signature-nonce"] == nonce
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
        "x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )  # fmt: skip


def test_huawei_cloud_example():
    """ "API Request Signing Guide", the example of its algorithm."""
    account = {"user": "QTWAOYTTINDUT2QVKYUC", "password": "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"}
    path = "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0"
    more = {"Content_Type": "application/json"}
    _, headers = signed("sdk", account, 1573789015, "GET", path, "service.region.example.com", **more)
    assert headers["X-Sdk-Date"] == "20191115T033655Z"
    assert headers["Authorization"] == (
        "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, "
        "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
    )


def test_ovh_example():
    """ "First steps with the API", the example of a signature."""
    account = {
        "user": "7kbG7Bk7S9Nt7ZSV",
        "password": "EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF",
        "token": "MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1",
    }
    _, headers = signed("ovh", account, 1366560945, "GET", "/1.0/domains/", "eu.api.ovh.com")
    assert headers["X-Ovh-Signature"] == "$1$d3705e8afb27a0d2970a322b96550abfc67bb798"
    assert headers["X-Ovh-Application"] == account["user"] and headers["X-Ovh-Consumer"] == account["token"]
    assert headers["X-Ovh-Timestamp"] == "1366560945"


def test_nearlyfreespeech_example():
    """ "API/Introduction" of the members' wiki, the example of a header."""
    account = {"user": "testuser", "password": "p3kxmRKf9dk3l6ls"}
    nonce = "dkwo28Sile4jdXkw" + "0" * 16
    _, headers = signed("nfsn", account, 1012121212, "GET", "/site/example/getInfo", "api.nearlyfreespeech.net", None, nonce)  # fmt: skip
    assert headers["X-NFSN-Authentication"] == (
        "testuser;1012121212;dkwo28Sile4jdXkw;0fa8932e122d56e2f6d1550f9aab39c4aef8bfc4"
    )


def test_every_request_is_signed_as_the_services_own_sdk_signs_it():
    counts, common = {}, None
    with open("host_tests/data/signatures.json") as f:
        for line in f:
            line = line.strip().rstrip(",")
            if len(line) < 2:
                continue
            one = json.loads(line)
            if common is None:
                common = one  # the keys, the time and the nonce of all of them
                continue
            headers = {"Host": one["host"]}
            headers.update(one["headers"])
            body = one["body"].encode() or None
            place, recipe = "https://" + one["host"], one["recipe"]
            path = rest_sign.sign(
                recipe, common["keys"], common["wall"], one["method"], place, one["path"], headers, body, common["nonce"]
            )  # fmt: skip
            # what is sent may be encoded further than what was asked for, never be something else
            assert path.replace("%40", "@") == one["path"].replace("%40", "@"), (one["sdk"], path)
            for name in one["wants"]:
                assert headers[name] == one["wants"][name], (one["sdk"], one["path"], name)
            name = recipe.split()[0]
            counts[name] = counts.get(name, 0) + 1
    assert len(counts) == 8 and min(counts.values()) >= 9, counts


def test_the_hmac_that_all_of_them_are_made_of():
    """RFC 4231, cases 1, 2 and 6 (a key longer than a block)."""
    for key, data, good in (
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    ):  # fmt: skip
        digest = mac.hmac(hashlib.sha256, key, [data[:3], data[3:]])
        assert "".join(["%02x" % b for b in digest]) == good


def test_a_name_at_the_top_of_its_zone_is_signed_as_it_is_sent():
    """ "@" stays as it is in other APIs' paths; in a signed query it is encoded on both sides."""
    path, headers = signed("acs3", AWS, 1698315752, "GET", "/?RR=@&Type=A", "alidns.aliyuncs.com", None, "n")
    same, other = signed("acs3", AWS, 1698315752, "GET", "/?RR=%40&Type=A", "alidns.aliyuncs.com", None, "n")
    assert path == same == "/?RR=%40&Type=A" and headers == other


class Chance:
    def random(self):
        return os.urandom(1)[0]


def test_a_nonce_is_used_once():
    seen = {restful.nonce(Chance()) for _ in range(20)}
    assert len(seen) == 20 and {len(one) for one in seen} == {32}
    one = seen.pop()
    assert signed("acs3", AWS, 1698315752, "GET", "/?x=1", "h", None, one)[1]["x-acs-signature-nonce"] == one


def test_a_key_that_is_none_breaks_out_of_no_header():
    account = {"user": "a\r\nX-Evil: 1", "password": "p\u00e4ss", "token": "t\n\u00e9"}
    for recipe in ("aws4 a b", "tc3 a", "volc a b", "acs3", "sdk", "bce", "ovh", "nfsn"):
        _, headers = signed(recipe, account, 1698315752, "GET", "/", "h", Content_Type="text/xml")
        for name in headers:
            assert not [c for c in headers[name] if not 32 <= ord(c) < 127], (recipe, name)
