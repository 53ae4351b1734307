# SPDX-License-Identifier: MIT
"""More rows of tools/build/rest_rows.py: the APIs that want every call signed ("sign": the recipe of
wanbeacon.dyndns.rest_sign), and those that came with them."""

BEARER = ["Authorization: Bearer {token}"]
PAIR = ["user", "password"]
DNSPOD_V3 = ["X-TC-Version: 2021-03-23"]
TEO = ["X-TC-Version: 2022-09-01"]
ACS = ["x-acs-version: 2015-01-09"]
_RRSET = "<ResourceRecordSet><Name>{fqdn}.</Name><Type>{T}</Type><TTL>%s</TTL><ResourceRecords><ResourceRecord><Value>{ip}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
_BATCH = (
    '<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change><Action>%s</Action>'
    + _RRSET
    + "</Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
)
_SET = "ListResourceRecordSetsResponse.ResourceRecordSets.ResourceRecordSet"

# fmt: off
ROWS = {
    "route53": {
        "title": "Amazon Route 53", "also": "aws amazon route-53", "host": "route53.amazonaws.com", "base": "/2013-04-01", "sign": "aws4 us-east-1 route53", "xml": 1, "needs": PAIR,
        "about": "user: access key ID, password: secret access key, of an IAM user that may route53:ListHostedZonesByName, and in this zone alone route53:ListResourceRecordSets and route53:ChangeResourceRecordSets",
        "zone": ["GET /hostedzonesbyname?dnsname={zone}.&maxitems=10", "", "ListHostedZonesByNameResponse.HostedZones.HostedZone Name={zone} Config.PrivateZone=false| zid:Id/"],
        # an alias or one of several that are chosen by weight or place is none that an address could be put into
        "find": ["GET /hostedzone/{zid}/rrset?name={fqdn}.&type={T}&maxitems=1", "", _SET + " Name={fqdn} Type={T} SetIdentifier= old:ResourceRecords.ResourceRecord.Value ttl:TTL"],
        "write": ["POST /hostedzone/{zid}/rrset", _BATCH % ("UPSERT", "{#ttl}"), "", "200 ChangeResourceRecordSetsResponse.ChangeInfo.Id=*"], "ttl": "300",
        "create": ["POST /hostedzone/{zid}/rrset", _BATCH % ("CREATE", "300"), "", "200 ChangeResourceRecordSetsResponse.ChangeInfo.Id=*"],
        "said": "ErrorResponse.Error.Code ErrorResponse.Error.Message InvalidChangeBatch.Messages.Message", "rules": [
            ["LATER", "~throttling", "priorrequestnotcomplete", "~signature expired", "~signature not yet current", "requestexpired"],
            ["AUTH", "~signature", "invalidclienttokenid", "accessdenied", "~optinrequired", "missingauthenticationtoken"], ["ZONE", "nosuchhostedzone"], ["HOST", "invalidinput"]]},
    "tencent": {
        "title": "Tencent Cloud DNSPod", "also": "tencentcloud tencentcloud.com qcloud dnspod-v3", "host": "dnspod.tencentcloudapi.com", "sign": "tc3 dnspod", "head": DNSPOD_V3, "needs": PAIR,
        "about": "user: SecretId, password: SecretKey, of a CAM sub-user that may DescribeRecordList and ModifyRecord of this domain alone",
        "find": ["POST /", '{"Domain":"{zone}","Subdomain":"{host}","RecordType":"{T}","Limit":100}', "Response.RecordList[] Name={host} Type={T} Status=enable| rid:RecordId old:Value ttl:TTL note:Line",
                 "", ["X-TC-Action: DescribeRecordList"]],
        "write": ["POST /", '{"Domain":"{zone}","SubDomain":"{host}","RecordType":"{T}","RecordLine":"{note}","RecordId":{#rid},"Value":"{ip}"<<,"TTL":{#ttl}>>}', "", "", ["X-TC-Action: ModifyRecord"]],
        "create": ["POST /", '{"Domain":"{zone}","SubDomain":"{host}","RecordType":"{T}","RecordLine":"{note}","Value":"{ip}","TTL":600}', "- rid:Response.RecordId", "", ["X-TC-Action: CreateRecord"]],
        "note": "\u9ed8\u8ba4", "ok": "200 Response.RequestId=* !Response.Error.Code", "said": "Response.Error.Code Response.Error.Message", "rules": [
            ["LATER", "authfailure.signatureexpire", "~limitexceeded", "~internalerror"], ["AUTH", "~authfailure", "~unauthorizedoperation"], ["NONE", "resourcenotfound.nodataofrecord"],
            ["GONE", "~recordidinvalid"], ["ZONE", "~nodataofdomain", "~domainnotexists", "~notdomainowner", "~domaininvalid"], ["SAME", "~domainrecordexist"], ["HOST", "~invalidparameter", "~failedoperation"]]},
    "aliyun": {
        "title": "Alibaba Cloud DNS", "also": "alidns alibaba aliyun.com alibabacloud", "host": "alidns.aliyuncs.com", "sign": "acs3", "head": ACS, "needs": PAIR,
        "about": "user: AccessKey ID, password: AccessKey secret, of a RAM user that may alidns:DescribeSubDomainRecords and alidns:UpdateDomainRecord of this domain alone",
        "find": ["GET /?DomainName={zone}&PageSize=100&SubDomain={fqdn}&Type={T}", "", "DomainRecords.Record[] RR={host} Type={T} rid:RecordId old:Value ttl:TTL note:Line",
                 "", ["x-acs-action: DescribeSubDomainRecords"]],
        "write": ["POST /?RecordId={rid}&RR={host}&Type={T}&Value={ip}<<&TTL={ttl}>><<&Line={note}>>", "", "", "", ["x-acs-action: UpdateDomainRecord"]],
        "create": ["POST /?DomainName={zone}&RR={host}&Type={T}&Value={ip}&TTL=600", "", "- rid:RecordId", "", ["x-acs-action: AddDomainRecord"]],
        "ok": "200 RequestId=* !Code", "said": "Code Message", "rules": [
            ["SAME", "domainrecordduplicate"], ["LATER", "~throttling", "lastoperationnotfinished", "~timestamp", "~nonce", "~serviceunavailable"],
            ["AUTH", "~accesskey", "~signature", "~forbidden.ram", "~nopermission"], ["ZONE", "invaliddomainname.noexist", "incorrectdomainuser"], ["GONE", "domainrecordnotbelongtouser", "~recordid"]]},
    "huawei": {
        "title": "Huawei Cloud DNS", "also": "huaweicloud huaweicloud.com", "host": "dns.myhuaweicloud.com", "sign": "sdk", "needs": PAIR,
        "about": "user: access key (AK), password: secret key (SK), of an IAM user that may dns:zone:list, dns:recordset:list and dns:recordset:update",
        "zone": ["GET /v2/zones?name={zone}.&search_mode=equal&type=public", "", "zones[] name={zone} zid:id"],
        "find": ["GET /v2.1/zones/{zid}/recordsets?name={fqdn}.&search_mode=equal&type={T}", "", "recordsets[] name={fqdn} type={T} rid:id old:records[] ttl:ttl"],
        "write": ["PUT /v2.1/zones/{zid}/recordsets/{rid}", '{"name":"{fqdn}.","type":"{T}"<<,"ttl":{#ttl}>>,"records":["{ip}"]}'],
        "create": ["POST /v2.1/zones/{zid}/recordsets", '{"name":"{fqdn}.","type":"{T}","ttl":300,"records":["{ip}"]}', "- rid:id"],
        "ok": "200 202 !code !error_code", "said": "code error_code message error_msg", "rules": [["AUTH", "~apigw.0301", "~apigw.0303"], ["LATER", "~apigw.0308"]]},
    "ovh-rest": {
        "title": "OVHcloud, JSON API", "also": "ovhcloud eu.api.ovh.com", "host": "eu.api.ovh.com", "base": "/1.0/domain/zone/{zone}", "sign": "ovh", "needs": ["user", "password", "token"],
        "about": "user: application key, password: application secret, token: consumer key with GET, PUT and POST on /domain/zone/ZONE/* (the row ovh, DynHost, needs no such key); server: ca.api.ovh.com for OVH Canada",
        "find": ["GET /record?fieldType={T}&subDomain={sub}", "", "[] rid:"], "read": ["GET /record/{rid}", "", "- old:target ttl:ttl"],
        "write": ["PUT /record/{rid}", '{"target":"{ip}"}'], "then": ["POST /refresh"],
        "create": ["POST /record", '{"fieldType":"{T}","subDomain":"{sub}","target":"{ip}","ttl":300}', "- rid:id"],
        "said": "errorCode message", "rules": [["LATER", "~out of time"], ["AUTH", "invalid_key", "invalid_credential", "not_credential", "not_granted_call", "~signature"],
            ["ZONE", "~service does not exist"]]},
    "volcengine": {
        "title": "Volcengine DNS (TrafficRoute)", "also": "volcengine.com trafficroute", "host": "open.volcengineapi.com", "sign": "volc cn-north-1 DNS", "needs": PAIR, "untested": 1,
        "about": "user: access key ID, password: secret access key, of an IAM user with DNSFullAccess",
        "zone": ["GET /?Action=ListZones&Version=2018-08-01&Key={zone}", "", "Result.Zones[] ZoneName={zone} zid:ZID"],
        "find": ["GET /?Action=ListRecords&Version=2018-08-01&ZID={zid}&Host={host}&Type={T}&SearchMode=exact&PageNumber=1&PageSize=500", "",
                 "Result.Records[] Host={host} Type={T} rid:RecordID old:Value ttl:TTL note:Line"],
        "write": ["POST /?Action=UpdateRecord&Version=2018-08-01", '{"RecordID":"{rid}","Host":"{host}","Type":"{T}","Line":"{note}","Value":"{ip}"<<,"TTL":{#ttl}>>}'],
        "create": ["POST /?Action=CreateRecord&Version=2018-08-01", '{"ZID":{#zid},"Host":"{host}","Type":"{T}","Line":"{note}","Value":"{ip}","TTL":600}', "- rid:Result.RecordID"], "note": "default",
        "ok": "200 ResponseMetadata.RequestId=* !ResponseMetadata.Error.Code", "said": "ResponseMetadata.Error.Code ResponseMetadata.Error.Message",
        "rules": [["LATER", "~flowlimit", "~throttl", "~internal", "~expired"], ["AUTH", "~signature", "~accesskey", "~accessdenied", "~credential"]]},
    "baidu": {
        "title": "Baidu AI Cloud DNS", "also": "baiducloud bce bcd", "host": "bcd.baidubce.com", "base": "/v1/domain/resolve", "sign": "bce", "needs": PAIR, "untested": 1,
        "about": "user: access key, password: secret key (Baidu AI Cloud, security authentication)",
        "find": ["POST /list", '{"domain":"{zone}","pageNum":1,"pageSize":1000}', "result[] domain={host} rdtype={T} rid:recordId old:rdata ttl:ttl note:view"],
        "write": ["POST /edit", '{"recordId":{#rid},"domain":"{host}","view":"{note}","rdType":"{T}","ttl":{#ttl},"rdata":"{ip}","zoneName":"{zone}"}'], "ttl": "300",
        "create": ["POST /add", '{"domain":"{host}","rdType":"{T}","ttl":300,"rdata":"{ip}","zoneName":"{zone}"}'], "note": "DEFAULT",
        "ok": "200 !code", "said": "code message", "rules": [["LATER", "requestexpired", "~toomany"], ["AUTH", "~signature", "~accesskey", "accessdenied"], ["ZONE", "~nosuchdomain"]]},
    "edgeone": {
        "title": "Tencent EdgeOne DNS", "also": "teo tencent-edgeone", "host": "teo.tencentcloudapi.com", "sign": "tc3 teo", "head": TEO, "needs": PAIR, "untested": 1,
        "about": "user: SecretId, password: SecretKey, of a CAM sub-user that may DescribeZones, DescribeDnsRecords and ModifyDnsRecords of this site alone",
        "zone": ["POST /", '{"Filters":[{"Name":"zone-name","Values":["{zone}"]}]}', "Response.Zones[] ZoneName={zone} zid:ZoneId", "", ["X-TC-Action: DescribeZones"]],
        "find": ["POST /", '{"ZoneId":"{zid}","Filters":[{"Name":"name","Values":["{fqdn}"]},{"Name":"type","Values":["{T}"]}]}',
                 "Response.DnsRecords[] Name={fqdn} Type={T} rid:RecordId old:Content ttl:TTL note:Location", "", ["X-TC-Action: DescribeDnsRecords"]],
        "write": ["POST /", '{"ZoneId":"{zid}","DnsRecords":[{"RecordId":"{rid}","Name":"{fqdn}","Type":"{T}","Content":"{ip}"<<,"TTL":{#ttl}>><<,"Location":"{note}">>}]}', "", "", ["X-TC-Action: ModifyDnsRecords"]],
        "create": ["POST /", '{"ZoneId":"{zid}","Name":"{fqdn}","Type":"{T}","Content":"{ip}","TTL":300}', "- rid:Response.RecordId", "", ["X-TC-Action: CreateDnsRecord"]],
        "ok": "200 Response.RequestId=* !Response.Error.Code", "said": "Response.Error.Code Response.Error.Message", "rules": [
            ["LATER", "authfailure.signatureexpire", "~limitexceeded", "~internalerror"], ["AUTH", "~authfailure", "~unauthorizedoperation"], ["GONE", "~recordnotfound"], ["HOST", "~invalidparameter", "~operationdenied"]]},
    "nfsn": {
        "title": "NearlyFreeSpeech.NET", "also": "nearlyfreespeech nearlyfreespeech.net", "host": "api.nearlyfreespeech.net", "base": "/dns/{zone}", "sign": "nfsn", "needs": PAIR, "untested": 1,
        "about": "user: member login, password: API key (requested in the member interface)",
        "find": ["POST /listRRs", "name={sub}&type={T}", "[] name={sub} type={T} old:data ttl:ttl"], "write": ["POST /addRR", "name={sub}&type={T}&data={ip}<<&ttl={ttl}>>"],
        "drop": ["POST /removeRR", "name={sub}&type={T}&data={old}"], "ttl": "3600", "said": "error debug", "rules": [["LATER", "~timestamp"]]},
    "dnsimple": {
        "title": "DNSimple", "also": "dnsimple.com", "host": "api.dnsimple.com", "base": "/v2/{user}/zones/{zone}/records", "head": BEARER, "needs": ["user", "token"],
        "about": "user: the account's number (in the address of its pages), token: an account access token, limited to this zone where the plan allows it",
        "find": ["GET ?name={sub}&type={T}&per_page=100", "", "data[] name={sub} type={T} rid:id old:content ttl:ttl"],
        "write": ["PATCH /{rid}", '{"content":"{ip}"}'], "create": ["POST ", '{"name":"{sub}","type":"{T}","content":"{ip}","ttl":300}', "- rid:data.id"],
        "ok": "200 201", "said": "message", "rules": [["AUTH", "~authentication failed", "~permission denied"], ["GONE", "~record"], ["ZONE", "~zone"]]},
    "gcore": {
        "title": "Gcore DNS", "also": "gcore.com g-core", "host": "api.gcore.com", "base": "/dns/v2/zones/{zone}/{fqdn}/{T}", "head": ["Authorization: APIKey {token}"], "untested": 1,
        "about": "a permanent API token of a user with the role for DNS (Profile, API tokens)",
        # a set with filters answers by place or health: not one address, and a PUT would drop them
        "find": ["GET ", "", "- filters[].type= old:resource_records[].content[] ttl:ttl"],
        "write": ["PUT ", '{"ttl":{#ttl},"resource_records":[{"content":["{ip}"],"enabled":true}]}'], "ttl": "300",
        "create": ["POST ", '{"ttl":300,"resource_records":[{"content":["{ip}"],"enabled":true}]}'],
        "said": "error", "rules": [["GONE", "~record"], ["ZONE", "~zone"]]},
    "dnsla": {
        "title": "DNS.LA", "also": "dns.la", "host": "api.dns.la", "base": "/api", "head": ["Authorization: Basic {basic}"], "needs": PAIR, "untested": 1,
        "about": "user: API ID, password: API secret (DNS.LA, account, API key)",
        "find": ["GET /recordList?domain={zone}&host={host}&type={n}&pageIndex=1&pageSize=999", "", "data.results[] host={host} type={n} rid:id old:data ttl:ttl"],
        "write": ["PUT /record", '{"id":"{rid}","host":"{host}","type":{#n},"data":"{ip}"<<,"ttl":{#ttl}>>}'],
        "create": ["POST /record", '{"domain":"{zone}","host":"{host}","type":{#n},"data":"{ip}","ttl":600}', "- rid:data.id"],
        "ok": "200 code=200", "said": "code msg", "rules": [["AUTH", "401", "403"], ["GONE", "404"]]},
}

#: As in rest_rows.py.
EVIDENCE = {
    "route53": ("docs.aws.amazon.com, Route 53 API reference", "ddns-updater, lego, ddns-scripts"),
    "tencent": ("cloud.tencent.com, document 1427 (DNSPod API 3.0)", "ddns-go, lego, ddns-scripts"),
    "aliyun": ("help.aliyun.com, Alibaba Cloud DNS 2015-01-09", "ddns-updater, ddns-go, lego, ddns-scripts"),
    "huawei": ("support.huaweicloud.com, DNS API reference", "ddns-go, lego, ddns-scripts"),
    "ovh-rest": ("api.ovh.com, console of /domain", "recorded 2018", "ddns-updater, lego, dns-lexicon"),
    "volcengine": ("ddns-go, lego",),
    "baidu": ("ddns-go, lego",),
    "edgeone": ("ddns-go, lego",),
    "nfsn": ("ddclient, lego",),
    "dnsimple": ("developer.dnsimple.com, v2 zone records", "dnscontrol, lego"),
    "gcore": ("ddns-go, lego",),
    "dnsla": ("ddns-go, lego",),
}
# fmt: on
