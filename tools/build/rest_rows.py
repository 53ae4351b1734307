# SPDX-License-Identifier: MIT
"""The JSON APIs that the agent speaks, one row each (docs/rest-providers.md says how to write one), and the
file made of them: firmware/catalogue/rest.dat, in the format of providers.dat (wanbeacon.dyndns.catalog).

Facts come from the providers' documents, from recorded exchanges and, where there is neither, from what
several programs send; a row of the last kind is `untested`. Where a document says which records a call
touches, the row uses the call that touches one."""

import json

from .. import ROOT, UserError
from . import rest_signed

OUT = ROOT / "firmware/catalogue/rest.dat"
#: Bytes of one row's JSON: read and parsed only while an exchange runs, in less than 8 KB of a board's heap.
ROW_MAX = 2048
#: Keys of a row that the whole agent knows (share.py, advice.py), then those of the exchange alone (rest.py:
#: "calls").
KEYS = (
    "host",
    "own",
    "port",
    "plain",
    "needs",
    "max",
    "domain",
    "min",
    "days",
    "roots",
    "about",
    "untested",
    "any",
)
NAMED = ("title", "also")
CALLS = (
    "base",
    "head",
    "sign",
    "xml",
    "login",
    "zone",
    "find",
    "read",
    "write",
    "item",
    "create",
    "drop",
    "then",
    "ok",
    "said",
    "rules",
    "more",
    "page",
    "gap",
    "ttl",
    "note",
)

BEARER = ["Authorization: Bearer {token}"]

# fmt: off
ROWS = {
    "cloudflare": {
        "title": "Cloudflare", "also": "cloudflare.com cf", "host": "api.cloudflare.com", "base": "/client/v4", "head": BEARER,
        "about": "an API token with Zone.DNS Edit and Zone.Zone Read for this zone alone (My Profile, API Tokens)",
        "zone": ["GET /zones?name={zone}", "", "result[] name={zone} zid:id"],
        "find": ["GET /zones/{zid}/dns_records?type={T}&name={fqdn}&per_page=100", "", "result[] name={fqdn} type={T} rid:id old:content ttl:ttl"],
        "write": ["PATCH /zones/{zid}/dns_records/{rid}", '{"content":"{ip}"}'],
        "create": ["POST /zones/{zid}/dns_records", '{"type":"{T}","name":"{fqdn}","content":"{ip}","ttl":1,"proxied":false}', "- rid:result.id"],
        "ok": "200 success=true", "said": "errors[].code errors[].error_chain[].code errors[].message",
        "rules": [["SAME", "81058"], ["GONE", "81044", "7003"], ["AUTH", "6003", "6103", "6111", "~from location"], ["AUTH?", "9109", "10000"],
                  ["LATER", "971", "10429"]]},
    "hetzner": {
        "title": "Hetzner DNS", "also": "hetzner.com hetzner.de", "host": "api.hetzner.cloud", "base": "/v1/zones/{zone}/rrsets", "head": BEARER,
        "about": "an API token with Read & Write of a Hetzner Console project that holds this zone alone (old dns.hetzner.com tokens do not work)",
        "find": ["GET /{host}/{T}", "", "rrset old:records[].value ttl:ttl note:records[].comment"],
        "write": ["POST /{host}/{T}/actions/set_records", '{"records":[{"value":"{ip}"<<,"comment":"{note}">>}]}', "", "200 201 action.status=running|success"],
        "create": ["POST ", '{"name":"{host}","type":"{T}","ttl":300,"records":[{"value":"{ip}"}]}', "", "200 201 action.status=running|success"],
        "ok": "200 201", "said": "error.code error.message action.error.code action.error.message",
        "rules": [["ZONE", "~zone not found"], ["GONE", "not_found"], ["AUTH", "unauthorized", "token_readonly"], ["AUTH?", "forbidden"],
                  ["HOST", "incorrect_zone_mode", "protected"], ["LATER", "locked", "conflict", "rate_limit_exceeded", "maintenance", "~rate limit"]]},
    "gandi": {
        "title": "Gandi", "also": "gandi.net livedns", "host": "api.gandi.net", "base": "/v5/livedns/domains/{zone}/records", "head": BEARER,
        "about": "a personal access token with 'manage domain name technical configurations' for this domain alone; it expires after a year at most",
        "find": ["GET /{host}/{T}", "", "- old:rrset_values[] ttl:rrset_ttl"],
        "write": ["PUT /{host}/{T}", '{"rrset_values":["{ip}"]<<,"rrset_ttl":{#ttl}>>}'],
        "ok": "200 201", "said": "object message cause", "rules": [["GONE", "dns-record"], ["ZONE", "httpnotfound"]]},
    "digitalocean": {
        "title": "DigitalOcean", "also": "digitalocean.com", "host": "api.digitalocean.com", "base": "/v2/domains/{zone}/records", "head": BEARER,
        "about": "a personal access token with the scopes domain:read and domain:update (and domain:create for `create`)",
        "find": ["GET ?type={T}&name={fqdn}&per_page=20", "", "domain_records[] name={host} type={T} rid:id old:data ttl:ttl"],
        "write": ["PATCH /{rid}", '{"type":"{T}","data":"{ip}"}'],
        "create": ["POST ", '{"type":"{T}","name":"{host}","data":"{ip}","ttl":300}', "- rid:domain_record.id"],
        "ok": "200 201", "said": "id message", "rules": [["AUTH", "unauthorized"], ["GONE", "not_found"]]},
    "porkbun": {
        "title": "Porkbun", "also": "porkbun.com", "host": "api.porkbun.com", "base": "/api/json/v3/dns", "needs": ["user", "password"], "gap": 1200,
        "about": "user: API key (pk1_..), password: secret API key (sk1_..), and API access switched on for this domain",
        "find": ["POST /retrieveByNameType/{zone}/{T}/{sub}", '{"apikey":"{user}","secretapikey":"{password}"}',
                 "records[] name={fqdn} type={T} old:content ttl:ttl note:notes"],
        "write": ["POST /editByNameType/{zone}/{T}/{sub}", '{"apikey":"{user}","secretapikey":"{password}","content":"{ip}"<<,"ttl":"{ttl}">>,"notes":"{note}"}'], "ttl": "600",
        "create": ["POST /create/{zone}", '{"apikey":"{user}","secretapikey":"{password}","type":"{T}","name":"{sub}","content":"{ip}","ttl":"600"}'],
        "ok": "200 status=success", "said": "code message", "rules": [
            ["AUTH", "~invalid_api_keys", "~missing_", "~invalid api key"], ["FEATURE", "~opted in", "~api access"], ["ZONE", "~invalid domain"],
            ["GONE", "~unable to edit"]]},
    "godaddy": {
        "title": "GoDaddy", "also": "godaddy.com", "host": "api.godaddy.com", "base": "/v1/domains/{zone}/records/{T}/{host}", "head": ["Authorization: sso-key {user}:{password}"], "needs": ["user", "password"],
        "about": "user: Production API key, password: its secret; GoDaddy serves accounts with 10 domains or more, or a Premier plan, only",
        "find": ["GET ", "", "[] old:data ttl:ttl"],
        "write": ["PUT ", '[{"data":"{ip}"<<,"ttl":{#ttl}>>}]'], "ttl": "600",
        "said": "code message", "rules": [["FEATURE", "access_denied"], ["AUTH", "unable_to_authenticate"], ["ZONE", "not_found", "unknown_domain"]]},
    "ionos": {
        "title": "IONOS", "also": "ionos.com ionos.de 1und1 1and1", "host": "api.hosting.ionos.com", "base": "/dns/v1/zones", "head": ["X-API-Key: {token}"],
        "about": "an API key (PREFIX.SECRET) of developer.hosting.ionos.com; it covers the whole contract",
        "zone": ["GET ", "", "[] name={zone} zid:id"],
        "find": ["GET /{zid}?recordName={fqdn}&recordType={T}", "", "records[] name={fqdn} type={T} disabled=false| rid:id old:content ttl:ttl"],
        "write": ["PUT /{zid}/records/{rid}", '{"content":"{ip}"<<,"ttl":{#ttl}>>,"prio":0,"disabled":false}'],
        "create": ["POST /{zid}/records", '[{"name":"{fqdn}","type":"{T}","content":"{ip}","ttl":300,"prio":0,"disabled":false}]', "[] rid:id"],
        "ok": "200 201", "said": "[].code [].message", "rules": [["AUTH", "unauthorized"], ["GONE", "record_not_found", "zone_not_found"]]},
    "linode": {
        "title": "Linode (Akamai)", "also": "linode.com akamai", "host": "api.linode.com", "base": "/v4/domains", "head": BEARER,
        "about": "a personal access token with Domains read/write (Akamai Cloud Manager)",
        "zone": ["GET ", "", "data[] domain={zone} zid:id", "", ['X-Filter: {"domain":"{zone}"}']],
        "find": ["GET /{zid}/records?page_size=500", "", "data[] name={sub} type={T} rid:id old:target ttl:ttl_sec", "", ['X-Filter: {"type":"{T}","name":"{sub}"}']],
        "write": ["PUT /{zid}/records/{rid}", '{"target":"{ip}"}'],
        "create": ["POST /{zid}/records", '{"type":"{T}","name":"{sub}","target":"{ip}","ttl_sec":300}', "- rid:id"],
        "said": "errors[].reason", "rules": [["AUTH", "invalid token"]]},
    "vultr": {
        "title": "Vultr", "also": "vultr.com", "host": "api.vultr.com", "base": "/v2/domains/{zone}/records", "head": BEARER,
        "about": "the account's API key, with 'Allow all IPv4' and 'Allow all IPv6' under Access Control: a new address would be locked out else",
        "find": ["GET ?per_page=500", "", "records[] name={sub} type={T} rid:id old:data ttl:ttl"], "more": "meta.links.next", "page": "&cursor={more}",
        "write": ["PATCH /{rid}", '{"data":"{ip}"}'],
        "create": ["POST ", '{"type":"{T}","name":"{sub}","data":"{ip}","ttl":300}', "- rid:record.id"],
        "ok": "200 201 204", "said": "error", "rules": [["AUTH", "~unauthorized ip", "~invalid api"]]},
    "name-com": {
        "title": "name.com", "also": "namecom", "host": "api.name.com", "base": "/core/v1/domains/{zone}/records", "head": ["Authorization: Basic {basic}"], "needs": ["user", "password"],
        "about": "user: the account's user name, password: an API token (name.com/account/settings/api)",
        "find": ["GET ?perPage=500", "", "records[] host={sub} type={T} rid:id old:answer ttl:ttl"], "more": "nextPage", "page": "&page={more}",
        "write": ["PUT /{rid}", '{"host":"{sub}","type":"{T}","answer":"{ip}"<<,"ttl":{#ttl}>>}'],
        "create": ["POST ", '{"host":"{host}","type":"{T}","answer":"{ip}","ttl":300}', "- rid:id"],
        "said": "message details", "rules": [["AUTH", "unauthenticated", "permission denied"]]},
    "namesilo": {
        "title": "NameSilo", "also": "namesilo.com", "host": "www.namesilo.com", "base": "/api", "untested": 1,
        "about": "an API key of the API Manager, not read-only and not tied to an address",
        "find": ["GET /dnsListRecords?version=1&type=json&key={token}&domain={zone}", "",
                 "reply.resource_record[] host={fqdn} type={T} rid:record_id old:value ttl:ttl"],
        "write": ["GET /dnsUpdateRecord?version=1&type=json&key={token}&domain={zone}&rrid={rid}&rrhost={sub}&rrvalue={ip}&rrttl={ttl}", "", "- rid:reply.record_id"],
        "create": ["GET /dnsAddRecord?version=1&type=json&key={token}&domain={zone}&rrtype={T}&rrhost={sub}&rrvalue={ip}&rrttl=3600", "", "- rid:reply.record_id"],
        "ok": "200 reply.code=300", "said": "reply.code reply.detail",
        "rules": [["AUTH", "110", "112", "113"], ["ZONE", "200"], ["LATER", "201", "210"], ["GONE", "280"]]},
    "netcup": {
        "title": "netcup", "also": "netcup.de ccp", "host": "ccp.netcup.net", "base": "/run/webservice/servers/endpoint.php?JSON", "needs": ["user", "password", "token"],
        "about": "user: customer number, password: API password, token: API key (CCP, master data, API); not for domains in CloudDNS",
        "login": ["POST ", '{"action":"login","param":{"apikey":"{token}","apipassword":"{password}","customernumber":"{user}"}}', "- sid:responsedata.apisessionid"],
        "find": ["POST ", '{"action":"infoDnsRecords","param":{"domainname":"{zone}","apikey":"{token}","apisessionid":"{sid}","customernumber":"{user}"}}',
                 "responsedata.dnsrecords[] hostname={host} type={T} rid:id old:destination"],
        "write": ["POST ", '{"action":"updateDnsRecords","param":{"domainname":"{zone}","apikey":"{token}","apisessionid":"{sid}","customernumber":"{user}","dnsrecordset":{"dnsrecords":'
                  '[{<<"id":"{rid}",>>"hostname":"{host}","type":"{T}","priority":"0","destination":"{ip}","deleterecord":false,"state":"yes"}]}}}'],
        "ok": "200 status=success", "said": "statuscode longmessage",
        "rules": [["ZONE", "5029", "5031"], ["LATER", "4001", "~too many"], ["GONE", "4013"]]},
    "scaleway": {
        "title": "Scaleway", "also": "scaleway.com online.net", "host": "api.scaleway.com", "base": "/domain/v2beta1/dns-zones/{zone}/records", "head": ["X-Auth-Token: {token}"],
        "about": "the secret key of an IAM API key with DomainsDNSFullAccess in this project alone",
        # one that answers by place, weight or health is not one address, and `set` would drop that
        "find": ["GET ?name={sub}&type={T}&page_size=100", "", "records[] name={sub} type={T} geo_ip_config.default= weighted_config.weighted_ips[].ip= http_service_config.url= view_config.views[].subnet= old:data ttl:ttl note:comment"],
        "write": ["PATCH ", '{"return_all_records":false,"disallow_new_zone_creation":true,"changes":[{"set":{"id_fields":{"name":"{sub}","type":"{T}"},'
                  '"records":[{"name":"{sub}","type":"{T}","data":"{ip}","ttl":{#ttl}<<,"comment":"{note}">>}]}}]}'], "ttl": "300",
        "said": "type message", "rules": [["ZONE", "~domain not found"], ["AUTH", "denied_authentication", "permissions_denied"]]},
    "servercow": {
        "title": "Servercow", "also": "servercow.de", "host": "api.servercow.de", "base": "/dns/v1/domains/{zone}", "head": ["X-Auth-Username: {user}", "X-Auth-Password: {password}"], "needs": ["user", "password"],
        "about": "user and password of a DNS API user (dashboard, DNS API)", "untested": 1,
        "find": ["GET ", "", "[] name={sub}|{host} type={T} old:content old:content[] ttl:ttl"],
        "write": ["POST ", '{"type":"{T}","name":"{sub}","content":"{ip}","ttl":{#ttl}}'], "ttl": "120",
        "ok": "200 !error", "said": "error", "rules": [["AUTH", "~unauthorized", "~login"], ["ZONE", "~domain"]]},
    "spaceship": {
        "title": "Spaceship", "also": "spaceship.com", "host": "spaceship.dev", "base": "/api/v1/dns/records/{zone}", "head": ["X-API-Key: {user}", "X-API-Secret: {password}"], "needs": ["user", "password"],
        "about": "user: API key, password: API secret, with dnsrecords:read and dnsrecords:write", "untested": 1,
        "find": ["GET ?take=500&skip=0", "", "items[] name={host} type={T} old:address ttl:ttl"],
        "write": ["PUT ", '{"force":true,"items":[{"type":"{T}","name":"{host}","address":"{ip}","ttl":{#ttl}}]}'], "ttl": "300",
        "drop": ["DELETE ", '[{"type":"{T}","name":"{host}","address":"{old}"}]'], "ok": "200 204", "said": "detail"},
    "vercel": {
        "title": "Vercel", "also": "vercel.com zeit", "host": "api.vercel.com", "head": BEARER, "about": "a token of the account that the domain belongs to (Settings, Tokens); user: the team id (team_..) if it is a team's",
        "find": ["GET /v5/domains/{zone}/records?limit=100<<&teamId={user}>>", "", "records[] name={sub} type={T} rid:id old:value ttl:ttl"], "more": "pagination.next", "page": "&until={more}",
        "write": ["PATCH /v1/domains/records/{rid}<<?teamId={user}>>", '{"value":"{ip}"}'],
        "create": ["POST /v2/domains/{zone}/records<<?teamId={user}>>", '{"name":"{sub}","type":"{T}","value":"{ip}","ttl":60}', "- rid:uid"],
        "said": "error.code error.message", "rules": [["GONE", "not_found"], ["AUTH", "forbidden"]]},
    "hostinger": {
        "title": "Hostinger", "also": "hostinger.com hpanel", "host": "developers.hostinger.com", "base": "/api/dns/v1/zones/{zone}", "head": BEARER,
        "about": "an API token of hPanel; it has all rights of its user",
        "find": ["GET ", "", "[] name={host} type={T} records[].is_disabled=false| old:records[].content ttl:ttl"],
        "write": ["PUT ", '{"overwrite":true,"zone":[{"name":"{host}","type":"{T}"<<,"ttl":{#ttl}>>,"records":[{"content":"{ip}"}]}]}'], "ttl": "300",
        "said": "message error", "rules": [["AUTH", "unauthenticated"]]},
    "bunny": {
        "title": "bunny.net", "also": "bunnydns bunnycdn", "host": "api.bunny.net", "base": "/dnszone", "head": ["AccessKey: {token}"],
        "about": "the account's API key; there are none with fewer rights",
        "zone": ["GET ?page=1&perPage=100&search={zone}", "", "Items[] Domain={zone} zid:Id"],
        "find": ["GET /{zid}", "", "Records[] Name={sub} Type={t}|{T} rid:Id old:Value ttl:Ttl"],
        "write": ["POST /{zid}/records/{rid}", '{"Id":{#rid},"Type":{#t},"Name":"{sub}","Value":"{ip}"<<,"Ttl":{#ttl}>>}'],
        "create": ["PUT /{zid}/records", '{"Type":{#t},"Name":"{sub}","Value":"{ip}","Ttl":300}', "- rid:Id"],
        "ok": "200 201 204", "said": "ErrorKey Message"},
    "dreamhost": {
        "title": "DreamHost", "also": "dreamhost.com", "host": "api.dreamhost.com", "about": "an API key for the dns-* functions (panel.dreamhost.com, API); changes take minutes there", "needs": ["token"],
        "find": ["GET /?key={token}&format=json&cmd=dns-list_records", "", "data[] record={fqdn} type={T} editable=1 old:value"],
        "write": ["GET /?key={token}&format=json&cmd=dns-add_record&record={fqdn}&type={T}&value={ip}"],
        "drop": ["GET /?key={token}&format=json&cmd=dns-remove_record&record={fqdn}&type={T}&value={old}"],
        "ok": "200 result=success", "said": "data", "rules": [["SAME", "record_already_exists_not_editable", "record_already_exists_remove_first"],
            ["AUTH", "~invalid_api_key", "~not_allowed", "no_key"], ["ZONE", "no_such_zone"], ["GONE", "no_such_record", "no_such_value"], ["LATER", "slow_down_bucko"]]},
    "ns1": {
        "title": "NS1 (IBM)", "also": "ns1.com nsone", "host": "api.nsone.net", "base": "/v1/zones/{zone}/{fqdn}/{T}", "head": ["X-NSONE-Key: {token}"],
        "about": "an API key with 'manage DNS' for this zone alone",
        "find": ["GET ", "", "- filters[].filter= old:answers[].answer[] ttl:ttl"],
        "write": ["POST ", '{"answers":[{"answer":["{ip}"]}]}'],
        "create": ["PUT ", '{"zone":"{zone}","domain":"{fqdn}","type":"{T}","ttl":300,"answers":[{"answer":["{ip}"]}]}'],
        "said": "message", "rules": [["GONE", "record not found"], ["ZONE", "zone not found"]]},
    "powerdns": {
        "title": "PowerDNS, your own server", "also": "pdns", "host": "", "own": 1, "port": 8081, "base": "/api/v1/servers/localhost/zones/{zone}.", "head": ["X-API-Key: {token}"],
        "about": "the api-key of your own PowerDNS; server: its address, such as https://ns.example.org:8081",
        "find": ["GET ?rrset_name={fqdn}.&rrset_type={T}", "", "rrsets[] name={fqdn} type={T} records[].disabled=false| old:records[].content ttl:ttl"],
        "write": ["PATCH ", '{"rrsets":[{"name":"{fqdn}.","type":"{T}","ttl":{#ttl},"changetype":"REPLACE","records":[{"content":"{ip}","disabled":false}]}]}'], "ttl": "300",
        "ok": "200 204", "said": "error", "rules": [["AUTH", "#401"], ["ZONE", "~could not find domain", "~not found", "~unknown"]]},
    "desec-rest": {
        "title": "deSEC, JSON API", "host": "desec.io", "base": "/api/v1/domains/{zone}/rrsets/", "head": ["Authorization: Token {token}"], "domain": "dedyn.io", "max": 20, "min": 60,
        "about": "a token whose policies allow A and AAAA of these names alone (the row desec needs one call less)",
        "find": ["GET {host}/{T}/", "", "- old:records[] ttl:ttl"],
        "write": ["PUT ", "[{items}]"], "item": '{"subname":"{sub}","type":"{T}","ttl":{#ttl},"records":["{ip}"]}', "ttl": "3600",
        "said": "detail [].records[] records[]", "rules": [["AUTH", "~invalid token"]]},
    "dnspod": {
        "title": "DNSPod", "also": "dnspod.cn tencent", "host": "dnsapi.cn", "about": "token: ID,TOKEN as DNSPod shows them (Account, API keys)",
        "find": ["POST /Record.List", "login_token={token}&format=json&domain={zone}&sub_domain={host}&record_type={T}",
                 "records[] name={host} type={T} enabled=1| rid:id old:value ttl:ttl note:line"],
        "write": ["POST /Record.Modify", "login_token={token}&format=json&domain={zone}&record_id={rid}&sub_domain={host}&record_type={T}&record_line={note}&value={ip}&ttl={ttl}"],
        "create": ["POST /Record.Create", "login_token={token}&format=json&domain={zone}&sub_domain={host}&record_type={T}&record_line={note}&value={ip}&ttl=600", "- rid:record.id"], "note": "\u9ed8\u8ba4",
        "ok": "200 status.code=1", "said": "status.code status.message", "rules": [
            ["NONE", "10"], ["GONE", "8"], ["ZONE", "13", "6", "7"], ["AUTH", "-1"], ["BLOCK", "-8", "85"], ["LATER", "-2"],
            ["HOST", "-15", "21", "22", "24", "26", "27", "31", "34"]]},
    "infomaniak-rest": {
        "title": "Infomaniak, JSON API", "host": "api.infomaniak.com", "base": "/2/zones/{zone}/records", "head": BEARER, "untested": 1,
        "about": "an API token with the scopes dns:read and dns:write",
        "find": ["GET ", "", "data[] source={sub}|{host} type={T} rid:id old:target ttl:ttl"],
        "write": ["PUT /{rid}", '{"target":"{ip}"<<,"ttl":{#ttl}>>}'],
        "create": ["POST ", '{"source":"{sub}","type":"{T}","target":"{ip}","ttl":300}', "- rid:data.id"],
        "ok": "200 201 result=success", "said": "error.code error.description", "rules": [["GONE", "object_not_found"], ["AUTH", "not_authorized"]]},
    "luadns-rest": {
        "title": "LuaDNS, JSON API", "host": "api.luadns.com", "base": "/v1/zones", "head": ["Authorization: Basic {basic}"], "needs": ["user", "password"],
        "about": "user: e-mail, password: API key, limited to this zone; records made by a Lua file come back with its next push",
        "zone": ["GET ", "", "[] name={zone} zid:id"],
        "find": ["GET /{zid}/records", "", "[] name={fqdn} type={T} rid:id old:content ttl:ttl"],
        "write": ["PUT /{zid}/records/{rid}", '{"name":"{fqdn}.","type":"{T}","content":"{ip}"<<,"ttl":{#ttl}>>}'],
        "create": ["POST /{zid}/records", '{"name":"{fqdn}.","type":"{T}","content":"{ip}","ttl":300}', "- rid:id"], "said": "message status"},
    "njalla-rest": {
        "title": "Njalla, JSON API", "host": "njal.la", "base": "/api/1/", "head": ["Authorization: Njalla {token}"], "about": "an API token, limited to this domain",
        "find": ["POST ", '{"method":"list-records","params":{"domain":"{zone}"}}', "result.records[] name={host} type={T} rid:id old:content ttl:ttl"],
        "write": ["POST ", '{"method":"edit-record","params":{"domain":"{zone}","id":{#rid},"content":"{ip}"}}', "- rid:result.id", "200 result.content={ip}"],
        "create": ["POST ", '{"method":"add-record","params":{"domain":"{zone}","name":"{host}","type":"{T}","content":"{ip}","ttl":300}}', "- rid:result.id", "200 result.content={ip}"],
        "ok": "200 !error.code !error.message !Error.code", "said": "error.code error.message Error.code Error.message", "rules": [["AUTH", "401", "403"], ["GONE", "404"]]},
    "dnsexit-rest": {
        "title": "DNSExit, JSON API", "host": "api.dnsexit.com", "base": "/dns/", "untested": 1, "about": "the account's API key (DNSExit, Settings, DNS API Key)",
        "write": ["POST ", '{"apikey":"{token}","domain":"{zone}","update":[{items}]}'], "item": '{"type":"{T}","name":"{sub}","content":"{ip}"}',
        "ok": "200 code=0", "said": "code message", "rules": [["AUTH", "2"], ["LATER", "6", "7"], ["HOST", "1", "3", "4", "5"]]},
    "apertodns-rest": {
        "title": "ApertoDNS, JSON API", "host": "api.apertodns.com", "base": "/.well-known/apertodns/v1/update", "head": BEARER, "about": "an API token (apertodns_live_..)",
        "write": ["POST ", '{"hostname":"{fqdn}",{items}}'], "item": '"ipv{v}":"{ip}"',
        "ok": "200 success=true", "said": "error.code error.message", "rules": [
            ["AUTH", "unauthorized", "invalid_token", "token_expired"], ["HOST", "hostname_not_owned", "invalid_ip", "validation_error"], ["BLOCK", "ip_forbidden"],
            ["LATER", "rate_limited"]]},
    **rest_signed.ROWS,
}
# fmt: on


# fmt: off
#: Where a row's facts come from: the provider's own document, a recorded exchange (dns-lexicon's cassettes)
#: with its year, and programs whose source sends the same. None of it was tried against the live service for
#: this table.
EVIDENCE = {
    "cloudflare": ("developers.cloudflare.com, API reference", "recorded 2025", "ddns-updater, ddclient, inadyn, ddns-go, lego, favonia"),
    "hetzner": ("docs.hetzner.cloud, API reference", "recorded 2026", "ddns-updater, ddclient, lego, hcloud-go"),
    "gandi": ("api.gandi.net/docs/livedns", "recorded", "ddns-updater, ddclient, lego"),
    "digitalocean": ("digitalocean/openapi", "recorded 2020", "ddns-updater, ddclient, lego"),
    "porkbun": ("porkbun.com/api/json/v3/documentation (excerpt)", "recorded", "ddns-updater, ddclient, dnscontrol, lego"),
    "godaddy": ("recorded", "ddns-updater, ddclient, acme.sh"),
    "ionos": ("developer.hosting.ionos.de, dns.yaml (part)", "recorded 2024", "ddns-updater, dns-lexicon"),
    "linode": ("techdocs.akamai.com, domain records (part)", "recorded 2018", "ddns-updater, lego, acme.sh"),
    "vultr": ("recorded 2021", "ddns-updater, dnscontrol, lego"),
    "name-com": ("name.com/api-docs", "recorded 2020", "ddns-updater, ddns-go"),
    "namesilo": ("recorded (its XML form)", "ddns-updater (its JSON form)"),
    "netcup": ("recorded 2019", "ddns-updater, ddclient, lego"),
    "scaleway": ("scaleway.com, field list", "recorded", "ddns-updater, lego"),
    "servercow": ("ddns-updater, lego, acme.sh",),
    "spaceship": ("docs.spaceship.dev (part)", "ddns-updater, ddns-go, lego"),
    "vercel": ("recorded 2021", "ddns-updater, dnscontrol, lego"),
    "hostinger": ("hostinger/api openapi.json", "ddns-updater, lego"),
    "bunny": ("docs.bunny.net, DNS zone reference", "ddns-updater, dnscontrol, lego"),
    "dreamhost": ("recorded", "ddns-updater"),
    "ns1": ("recorded 2018", "ddns-go, lego"),
    "powerdns": ("recorded", "lego, dnscontrol, dns-lexicon"),
    "desec-rest": ("desec-stack, docs", "recorded 2025"),
    "dnspod": ("recorded 2016", "ddns-go, ddns-updater"),
    "infomaniak-rest": ("dnscontrol, lego",),
    "luadns-rest": ("recorded 2018", "ddns-updater, lego"),
    "njalla-rest": ("recorded 2021", "lego"),
    "dnsexit-rest": ("ddclient",),
    "apertodns-rest": ("apertodns-protocol 1.4.0",),
    **rest_signed.EVIDENCE,
}
# fmt: on


def fact(name):
    """What tools/data/providers.json says of other providers, of a JSON API: for the list of providers."""
    one = ROWS[name]
    needs = one.get("needs") or ("token",)
    return {
        "id": name,
        "name": one["title"],
        "status": "active",
        "ports": [one.get("port", 443)],
        "aliases": (one.get("also") or "").split(),
        "auth_user": "user" if "user" in needs else "none",
        "auth_password": " and ".join(key for key in needs if key in ("password", "token")),
        "dual_stack": "the family that did not change is left out",
        "ip_check": [],
        "quirks": "",
        "untested": bool(one.get("untested")),
        "evidence": list(EVIDENCE[name]),
        "unverified": ["the exchange: neither recorded nor officially documented in full"]
        if one.get("untested")
        else [],
        "recorded": any(word.startswith("recorded") for word in EVIDENCE[name]),
    }


def row(name):
    """The device's row of one provider, with its "calls"."""
    one = ROWS[name]
    strange = set(one) - set(KEYS) - set(CALLS) - set(NAMED)
    if strange:
        raise UserError(
            "tools/build/rest_rows.py: row %s has unknown keys %s" % (name, ", ".join(sorted(strange)))
        )
    # q4, q6, qd: what share.py asks for; one host a request unless the row says more
    out = {
        "id": name,
        "host": one["host"],
        "path": "",
        "q4": "",
        "q6": "",
        "qd": "",
        "auth": ["token"],
        "max": 1,
        "rest": 1,
    }
    out.update({{"domain": "zone"}.get(key, key): one[key] for key in KEYS if key in one})
    out["calls"] = {key: one[key] for key in CALLS if key in one}
    return out


def file():
    """The whole catalogue file as bytes."""
    out = []
    for name in ROWS:
        one = row(name)
        calls = one.pop("calls")
        for key, part in ((name, one), (name + "/", calls)):
            body = json.dumps(
                {word: value for word, value in part.items() if word != "id"}, separators=(",", ":")
            ).encode()
            if len(key) > 26 or len(body) > ROW_MAX:
                raise UserError(
                    "row %s: name longer than 26 or JSON longer than %d bytes (%d)"
                    % (key, ROW_MAX, len(body))
                )
            out.append(b"%-26s%05d\n%s\n" % (key.encode(), len(body), body))
    return b"".join(out)
