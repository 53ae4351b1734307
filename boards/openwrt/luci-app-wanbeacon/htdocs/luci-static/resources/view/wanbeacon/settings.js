// SPDX-License-Identifier: MIT
'use strict';
'require view';
'require form';
'require fs';
'require ui';
'require tools.widgets as widgets';

/* The settings as a form. What is plainly wrong is said at its field; all else /usr/bin/wanbeacon judges: the status page
   shows what it refuses. */

var PROGRAM = '/usr/bin/wanbeacon';

var SOURCES = [
	[ 'network', _('An interface of this router') ],
	[ 'interface', _('A network device of this router') ],
	[ 'natpmp', _('The router in front (NAT-PMP)') ],
	[ 'pcp', _('The router in front (PCP)') ],
	[ 'upnp', _('The router in front (UPnP)') ],
	[ 'stun', _('STUN servers') ],
	[ 'whoami', _('A name server on the internet') ],
	[ 'web', _('A page on the internet') ],
	[ 'script', _('A program of your own') ]
];

var FAMILIES = { '0': _('IPv4'), '1': _('IPv6'), 'both': _('IPv4 and IPv6') };

/* Each returns true, or what is wrong; an empty field is another rule's business. */
function goodName(value) {
	if (/[^\x21-\x7e]/.test(value))
		return /[^\x00-\x7f]/.test(value)
			? _('Write letters other than a to z in their xn-- form.') : _('A name has no spaces.');
	if (/[,\/?&=%#"'<>\\:]/.test(value))
		return _('A name only, such as home.example.org: no %s.').format(value.match(/[,\/?&=%#"'<>\\:]/)[0]);
	if (/^\.|\.\.|\.$/.test(value))
		return _('There is a dot too many.');
	return true;
}

function goodServer(value) {
	var found = value.match(/^(?:https?:\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/);
	if (!found || /^\.|\.\.|\.$/.test(found[1]))
		return _('Write it as host, host:port or http://host:port.');
	if (found[2] && (+found[2] < 1 || +found[2] > 65535))
		return _('A port is a number from 1 to 65535.');
	return true;
}

function goodUrl(value) {
	var places = value.match(/\[[^\]]*\]/g) || [], i;
	if (!/^https?:\/\/[^\/]/.test(value))
		return _('Start it with https:// and the name of the server.');
	if (/[\s{}]/.test(value))
		return _('A URL has no spaces and no braces; places are written [DOMAIN] and [IP].');
	for (i = 0; i < places.length; i++)
		if (!/^\[(USERNAME|PASSWORD|DOMAIN|IP|[0-9a-fA-F:.]+)\]$/.test(places[i]))
			return _('%s is no place; there are [USERNAME], [PASSWORD], [DOMAIN] and [IP].').format(places[i]);
	return true;
}

function goodPage(value) {
	return /^https?:\/\/[^\/\s]+\S*$/.test(value) ? true : _('Start it with https:// and the name of the server.');
}

function goodPath(value) {
	return value.charAt(0) === '/' ? true : _('Its full path, which starts with /.');
}

function goodSuffix(value) {
	return /^(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}$/.test(value) && /[1-9a-fA-F]/.test(value)
		? true : _('Its own part of the address, such as ::1:2.');
}

function goodMac(value) {
	return /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/.test(value) ? true : _('A MAC address, such as 00:11:22:33:44:55.');
}

function goodNeighbor(value) {
	return goodMac(value) === true || /^[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*$/.test(value)
		? true : _('A MAC address, such as 00:11:22:33:44:55, or an IPv6 address it has.');
}

function goodBroker(value) {
	return /^[0-9a-fA-F:.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*$/.test(value) || /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(value)
		? true : _('A name or an address alone; the port has a field of its own.');
}

function goodClient(value) {
	return /^[A-Za-z0-9_-]{1,23}$/.test(value) ? true : _('At most 23 letters, digits, - and _.');
}

function goodTopic(value) {
	return /^[\/$]|\/$|[#+ ]/.test(value) || value.length > 60
		? _('It has no # or + or space, does not begin with / or $, and does not end with /.') : true;
}

function judged(rule) {
	return function(section_id, value) {
		return value ? rule(value) : true;
	};
}

function addSources(s, tab) {
	var o;

	function option(type, name, title, descr) {
		o = s.taboption(tab, type, name, title, descr);
		o.modalonly = true;
		o.rmempty = true;
		return o;
	}

	/* a list, not boxes to tick: the order counts */
	o = option(form.DynamicList, 'ip_source', _('Address comes from'),
		_('The first that knows a public address wins. Without a choice: this router, then the one in front of it.'));
	SOURCES.forEach(function(source) { o.value(source[0], source[1]); });

	o = option(widgets.NetworkSelect, 'ip_network', _('Interface'), _('Without a choice: the one with the default route.'));
	o.multiple = true;
	o.nocreate = true;
	o.depends({ ip_source: 'network', '!contains': true });

	o = option(form.Value, 'ip_interface', _('Network device'));
	o.placeholder = 'eth1';
	o.depends({ ip_source: 'interface', '!contains': true });

	o = option(form.DynamicList, 'stun_server', _('STUN servers'), _('Two of them, as host:port.'));
	o.placeholder = 'stun.example.org:3478';
	o.validate = judged(goodServer);
	o.depends({ ip_source: 'stun', '!contains': true });

	o = option(form.Value, 'ip_url', _('Page'), _('Asked at most once in ten minutes.'));
	o.placeholder = 'https://api.ipify.org';
	o.validate = judged(goodPage);
	o.depends({ ip_source: 'web', '!contains': true });

	o = option(form.Value, 'ip_script', _('Program'), _('Its full path; it prints the address.'));
	o.placeholder = '/usr/bin/my-address';
	o.validate = judged(goodPath);
	o.depends({ ip_source: 'script', '!contains': true });
}

/* What a service of one's own answers: only with an update URL. */
function addAnswers(s) {
	[
		[ 'success', _('Words of success'), _('Answers that mean stored, instead of good and nochg. ^word: begins with it; *text: holds it; #200: this HTTP status.'), '^OK' ],
		[ 'unchanged', _('Words of no change'), _('Answers that mean: this address was stored already.'), '^nochg' ],
		[ 'failure', _('Words of refusal'), _('Answers after which nothing is sent until you act.'), '^KO' ],
		[ 'later', _('Words of trouble'), _('Answers after which it is tried again later.'), '^busy' ]
	].forEach(function(row) {
		var o = s.taboption('more', form.DynamicList, row[0], row[1], row[2]);
		o.placeholder = row[3];
		o.modalonly = true;
		o.depends('update_url', /./);
	});
}

/* The names are another host's at home: which IPv6 address it has in the prefix of the line. */
function addHome(s) {
	var o, mine = [ 'suffix', 'mac', 'neighbor' ];

	function option(type, name, title, descr) {
		o = s.taboption('home', type, name, title, descr);
		o.modalonly = true;
		o.rmempty = true;
		return o;
	}

	/* each says which address: one of them */
	function way(name, title, descr, placeholder, rule) {
		option(form.Value, name, title, descr).placeholder = placeholder;
		o.validate = function(section_id, value) {
			var section = this.section;
			if (!value)
				return true;
			if (mine.some(function(other) { return other !== name && section.formvalue(section_id, other); }))
				return _('One of fixed part, MAC and neighbor: each says which address.');
			return rule(value);
		};
	}

	way('suffix', _('Fixed part'), _('The host\'s own part of the address, where it keeps that in every prefix: set by hand, by token, by DHCPv6.'), '::1:2', goodSuffix);
	way('mac', _('MAC (EUI-64)'), _('The same made of its MAC address, for a host without privacy extensions.'), '00:11:22:33:44:55', goodMac);
	way('neighbor', _('Neighbor'), _('The address that it has now, as this router\'s neighbor table and leases know it; by its MAC, or by an IPv6 address it has. For hosts that make another address in each prefix.'), '00:11:22:33:44:55', goodNeighbor);

	o = option(form.Flag, 'privacy', _('Temporary addresses'), _('The host makes temporary addresses too (privacy extensions): one that may be such is never published.'));
	o.depends('neighbor', /./);

	o = option(form.Value, 'lan', _('Network'), _('Name of the network that the host is in. Without it: lan.'));
	o.placeholder = 'lan';

	o = option(form.Value, 'subnet', _('Subnet'), _('Instead: number of its network in the prefix that was delegated.'));
	o.datatype = 'range(0,65535)';

	o = option(form.Value, 'prefix_length', _('Prefix length'), _('Bits of the prefix, where they are not told: of the delegated one with a subnet, else 64.'));
	o.datatype = 'range(1,127)';
}

/* Who is told of events: a service by its preset, or a URL of one's own. */
function addNotices(m) {
	var o, s = m.section(form.GridSection, 'notify', _('Notices'));

	s.addremove = true;
	s.anonymous = false;
	s.nodescriptions = true;
	s.addbtntitle = _('Add a receiver');

	o = s.option(form.Flag, 'enabled', _('Enabled'));
	o.default = '1';
	o.rmempty = false;
	o.editable = true;

	o = s.option(form.ListValue, 'preset', _('Service'));
	[ '', 'ntfy', 'gotify', 'telegram', 'pushover', 'discord', 'slack' ].forEach(function(name) {
		o.value(name, name || _('A URL of your own'));
	});

	o = s.option(form.Value, 'url', _('URL'), _('Of a server of your own, or of a webhook.'));
	o.validate = judged(goodPage);

	[
		[ 'topic', _('Topic'), _('ntfy: topic. Telegram: chat id.') ],
		[ 'user', _('User key'), _('Pushover only.') ],
		[ 'token', _('Token'), _('The service\'s key or token.') ]
	].forEach(function(row) {
		o = s.option(form.Value, row[0], row[1], row[2]);
		o.modalonly = true;
		o.password = row[0] !== 'topic';
	});

	o = s.option(form.DynamicList, 'events', _('Events'), _('Without a choice: all but published.'));
	[
		[ 'published', _('A new address is published') ],
		[ 'stopped', _('A name is stopped') ],
		[ 'trouble', _('Trouble for hours') ],
		[ 'well', _('All is well again') ],
		[ 'cgnat', _('The line has no public address any more') ],
		[ 'upgraded', _('Another version of Wanbeacon runs') ]
	].forEach(function(row) { o.value(row[0], row[1]); });
	o.modalonly = true;

	o = s.option(form.Value, 'hours', _('Hours of trouble'), _('Before it is told.'));
	o.datatype = 'range(1,720)';
	o.placeholder = '6';
	o.modalonly = true;
}

/* State and commands for Home Assistant, or for a fleet: options of the section for all services. */
function addBroker(s) {
	var o;

	function option(type, name, title, descr) {
		o = s.taboption('broker', type, 'mqtt_' + name, title, descr);
		o.rmempty = true;
		if (name === 'ca')
			o.depends({ mqtt_host: /./, mqtt_plain: '0' });
		else if (name !== 'host')
			o.depends('mqtt_host', /./);
		return o;
	}

	o = option(form.Value, 'host', _('Broker'), _('Name or address of an MQTT broker, for Home Assistant for instance. Without it none is used.'));
	o.placeholder = '192.168.1.10';
	o.validate = judged(goodBroker);

	o = option(form.Flag, 'plain', _('Without TLS'), _('Only for a broker at home: the password and all else travels in the clear.'));

	o = option(form.Value, 'port', _('Port'), _('Without it: 8883, or 1883 without TLS.'));
	o.datatype = 'port';
	o.placeholder = '8883';

	o = option(form.Value, 'ca', _('Authority'),
		_('File with the certificate (DER) of the authority that signed the broker\'s, if it is one of your own.'));
	o.datatype = 'file';

	o = option(form.Value, 'user', _('User'));
	o.validate = function(section_id, value) {
		return value || !this.section.formvalue(section_id, 'mqtt_password') ? true : _('A password goes with a user name.');
	};

	o = option(form.Value, 'password', _('Password'));
	o.password = true;

	o = option(form.Value, 'name', _('Name at the broker'), _('Part of the topics, unlike that of any other device. Without it: wanbeacon- and eight digits.'));
	o.validate = judged(goodClient);

	o = option(form.Value, 'label', _('Label'), _('What people call this device.'));

	o = option(form.Value, 'prefix', _('Topics begin with'));
	o.placeholder = 'wanbeacon';
	o.validate = judged(goodTopic);

	o = option(form.Value, 'discovery', _('Discovery'), _('Where Home Assistant looks for new devices; off for none.'));
	o.placeholder = 'homeassistant';
	o.validate = judged(goodTopic);
}

return view.extend({
	load: function() {
		/* a line each: id, name and host; "-" for those that cannot be kept */
		return L.resolveDefault(fs.exec(PROGRAM, [ 'providers' ]), {}).then(function(done) {
			return (done.stdout || '').split('\n').map(function(line) {
				return line.match(/^([a-z0-9]\S*)\s+(.*)$/);
			}).filter(function(found) { return found; });
		});
	},

	/* The program's own words about what is saved, one line each. */
	handleCheck: function() {
		return fs.exec(PROGRAM, [ 'check' ]).then(function(done) {
			ui.showModal(done.code === 0 ? _('The settings are right') : _('The settings have a fault'), [
				E('pre', { 'style': 'white-space:pre-wrap; overflow-wrap:anywhere' },
					[ ((done.stdout || '') + (done.stderr || '')).trim() ]),
				E('div', { 'class': 'right' }, [
					E('button', { 'class': 'btn cbi-button', 'click': ui.hideModal }, [ _('Close') ])
				])
			]);
		}).catch(function(error) {
			ui.addNotification(null, E('p', [ error.message ]), 'error');
		});
	},

	render: function(providers) {
		var m, s, o;

		m = new form.Map('wanbeacon', _('Dynamic DNS'),
			_('Each service keeps one name, or several of one account, pointing at this router. All options are explained in %s on the router.').format('/usr/share/doc/wanbeacon/config'));

		s = m.section(form.GridSection, 'service', _('Services'));
		s.addremove = true;
		s.anonymous = false;
		s.sortable = true;
		s.nodescriptions = true;
		s.addbtntitle = _('Add a service');
		s.modaltitle = function(section_id) { return _('Service %s').format(section_id); };
		s.tab('account', _('Account'));
		s.tab('address', _('Address'));
		s.tab('home', _('Host at home'));
		s.tab('more', _('More'));

		o = s.taboption('account', form.Flag, 'enabled', _('Enabled'), _('Off: nothing is sent for this service.'));
		o.default = '1';
		o.rmempty = false;
		o.editable = true;

		o = s.taboption('account', form.Value, 'service_name', _('Provider'),
			_('The names of ddns-scripts, such as no-ip.com, are understood too. Check says which key to make, and with which rights.'));
		o.rmempty = true;
		providers.forEach(function(found) { o.value(found[1], found[2]); });
		o.validate = function(section_id, value) {
			if (!value)
				return this.section.formvalue(section_id, 'update_url') ? true : _('Choose a provider, or give an update URL.');
			if (providers.length && !providers.some(function(found) { return found[1] === value.toLowerCase(); }) && value.indexOf('.') < 0)
				return _('No such provider; choose one of the list.');
			return true;
		};

		o = s.taboption('account', form.DynamicList, 'domain', _('Names'), _('What is to point at this router.'));
		/* LuCI calls a list's validate with what is being typed, and for the list itself with an empty text: that one
		   looks at all of it. rmempty: without it LuCI finds every list empty, and says so nowhere */
		o.rmempty = true;
		o.validate = function(section_id, value) {
			var list, said, i;
			if (value)
				return goodName(value);
			list = L.toArray(this.section.formvalue(section_id, 'domain'));
			for (i = 0; i < list.length; i++) {
				said = goodName(list[i]);
				if (said !== true)
					return list[i] + ': ' + said;
			}
			return list.length ? true : _('Give at least one name.');
		};

		o = s.taboption('account', form.Value, 'username', _('User'), _('Not every provider has one.'));
		o.modalonly = true;

		o = s.taboption('account', form.Value, 'password', _('Password'),
			_('Or the update key, where the provider has one: it can do less harm when it is lost.'));
		o.password = true;
		o.modalonly = true;

		o = s.taboption('account', form.Value, 'token', _('Token'), _('For providers with an API; they have no user or password then.'));
		o.password = true;
		o.modalonly = true;

		o = s.taboption('account', form.ListValue, 'use_ipv6', _('Addresses'));
		Object.keys(FAMILIES).forEach(function(key) { o.value(key, FAMILIES[key]); });
		o.default = '0';
		/* LuCI's grid shows a list's key, not its words */
		o.textvalue = function(section_id) {
			return FAMILIES[this.cfgvalue(section_id) || '0'] || '?';
		};

		o = s.taboption('address', widgets.NetworkSelect, 'interface', _('Uplink'),
			_('With several uplinks: this account publishes this one\'s address, and sends by it. Without a choice: the line that carries the default route. More than one: all of them at once in one name, with a name server of your own (rfc2136).'));
		o.modalonly = true;
		o.multiple = true;
		o.nocreate = true;
		o.validate = function(section_id) {
			return L.toArray(this.section.formvalue(section_id, 'interface')).length < 2 ||
				this.section.formvalue(section_id, 'service_name') === 'rfc2136'
				? true : _('Several at once need the provider rfc2136; give each uplink a name of its own.');
		};
		o.rmempty = true;
		addSources(s, 'address');
		addHome(s);

		o = s.taboption('more', form.Value, 'server', _('Server'), _('Instead of the provider\'s own: host or host:port.'));
		o.validate = judged(goodServer);
		o.modalonly = true;

		o = s.taboption('more', form.Value, 'update_url', _('Update URL'),
			_('For a service that is not in the list, with [DOMAIN], [IP], [USERNAME] and [PASSWORD] in their places.'));
		o.placeholder = 'https://[USERNAME]:[PASSWORD]@dyn.example.net/nic/update?hostname=[DOMAIN]&myip=[IP]';
		o.validate = judged(goodUrl);
		o.modalonly = true;

		addAnswers(s);

		o = s.taboption('more', form.Value, 'force_interval', _('Send again after'),
			_('Hours after which an unchanged name is sent once more. The provider\'s own rule wins.'));
		o.datatype = 'range(1,8760)';
		o.modalonly = true;

		o = s.taboption('more', form.ListValue, 'method', _('Method'));
		o.value('', 'GET');
		o.value('POST', 'POST');
		o.modalonly = true;
		o.depends('update_url', /./);

		o = s.taboption('more', form.Value, 'cacert', _('Authority'),
			_('File with the certificate (DER) of the authority that signed your own server\'s.'));
		o.datatype = 'file';
		o.modalonly = true;

		o = s.taboption('more', form.Value, 'zone', _('Domain'),
			_('That the names belong to, if that is not the name without its first label.'));
		o.validate = judged(goodName);
		o.modalonly = true;

		o = s.taboption('more', form.Flag, 'create', _('Create records'),
			_('Make the record where there is none. For providers with an API.'));
		o.modalonly = true;

		o = s.taboption('more', form.Flag, 'keep_others', _('Keep other addresses'),
			_('Replace only this line\'s own address; those that another line or device has put into the name stay.'));
		o.modalonly = true;
		o.depends('service_name', 'rfc2136');

		o = s.taboption('more', form.Flag, 'allow_private', _('Private addresses'),
			_('Publish a private or carrier-grade NAT address too. Only for names that are used inside.'));
		o.modalonly = true;

		s = m.section(form.NamedSection, 'main', 'wanbeacon', _('For all services'));
		s.tab('general', _('General'));
		s.tab('broker', _('MQTT broker'));

		o = s.taboption('general', form.Flag, 'enabled', _('Enabled'));
		o.default = '1';
		o.rmempty = false;

		addSources(s, 'general');

		o = s.taboption('general', form.Flag, 'cross_check', _('Cross-check'), _('Two sources must agree before a new address is sent.'));

		o = s.taboption('general', form.Value, 'force_interval', _('Send again after'),
			_('Hours after which an unchanged name is sent once more, in whole days. Without it: when the provider would let it expire.'));
		o.datatype = 'uinteger';
		o.placeholder = '672';

		o = s.taboption('general', form.Value, 'hook', _('Program for notices'), _('Run when a name is published, stopped or in trouble.'));
		o.placeholder = '/usr/bin/my-notice';
		o.validate = judged(goodPath);

		o = s.taboption('general', form.Value, 'contact', _('Contact'), _('A mail address for the provider\'s questions; it is sent along.'));

		o = s.taboption('general', form.Button, '_check', _('Check the saved settings'));
		o.inputtitle = _('Check');
		o.inputstyle = 'action';
		o.onclick = L.bind(this.handleCheck, this);

		addBroker(s);

		addNotices(m);

		return m.render();
	}
});
