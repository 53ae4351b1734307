'use strict';
'require view';
'require form';
'require fs';
'require ui';
'require tools.widgets as widgets';

/* The settings as a form. What they mean, and whether they are right, only /usr/bin/wanbeacon knows: it is asked. */

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

function addSources(s, tab) {
	var o;

	function option(type, name, title, descr) {
		o = tab ? s.taboption(tab, type, name, title, descr) : s.option(type, name, title, descr);
		o.modalonly = true;
		o.rmempty = true;
		return o;
	}

	/* a list, not boxes to tick: the order counts */
	o = option(form.DynamicList, 'ip_source', _('Address comes from'),
		_('The first that knows a public address wins. Without a choice: this router, then the one in front of it. The router in front, STUN and name servers need the package wanbeacon-nat.'));
	SOURCES.forEach(function(source) { o.value(source[0], source[1]); });

	o = option(widgets.NetworkSelect, 'ip_network', _('Interface'));
	o.multiple = true;
	o.nocreate = true;
	o.depends({ ip_source: 'network', '!contains': true });

	o = option(form.Value, 'ip_interface', _('Network device'));
	o.placeholder = 'eth1';
	o.depends({ ip_source: 'interface', '!contains': true });

	o = option(form.DynamicList, 'stun_server', _('STUN servers'), _('Two of them, as host:port.'));
	o.placeholder = 'stun.example.org:3478';
	o.depends({ ip_source: 'stun', '!contains': true });

	o = option(form.Value, 'ip_url', _('Page'), _('Asked at most once in ten minutes.'));
	o.placeholder = 'https://api.ipify.org';
	o.depends({ ip_source: 'web', '!contains': true });

	o = option(form.Value, 'ip_script', _('Program'), _('Its full path; it prints the address.'));
	o.placeholder = '/usr/bin/my-address';
	o.depends({ ip_source: 'script', '!contains': true });
}

return view.extend({
	load: function() {
		return L.resolveDefault(fs.exec(PROGRAM, [ 'providers' ]), {}).then(function(done) {
			return (done.stdout || '').trim().split(/\s+/).filter(function(name) { return name; });
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
			_('Each service keeps one name, or several of one account, pointing at this router.'));

		s = m.section(form.GridSection, 'service', _('Services'));
		s.addremove = true;
		s.anonymous = false;
		s.sortable = true;
		s.nodescriptions = true;
		s.addbtntitle = _('Add a service');
		s.modaltitle = function(section_id) { return _('Service %s').format(section_id); };
		s.tab('account', _('Account'));
		s.tab('address', _('Address'));
		s.tab('more', _('More'));

		o = s.taboption('account', form.Flag, 'enabled', _('Enabled'));
		o.default = '1';
		o.rmempty = false;
		o.editable = true;

		o = s.taboption('account', form.Value, 'service_name', _('Provider'));
		o.rmempty = true;
		providers.forEach(function(name) { o.value(name); });
		o.validate = function(section_id, value) {
			var url = this.section.formvalue(section_id, 'update_url');
			return value || url ? true : _('Choose a provider, or give an update URL.');
		};

		o = s.taboption('account', form.DynamicList, 'domain', _('Names'), _('What is to point at this router.'));
		/* no validate: LuCI calls a list's with an empty text, whatever is in it; rmempty alone asks for one */
		o.rmempty = false;

		o = s.taboption('account', form.Value, 'username', _('User'));
		o.modalonly = true;

		o = s.taboption('account', form.Value, 'password', _('Password'),
			_('Or the update key, where the provider has one: it can do less harm when it is lost.'));
		o.password = true;
		o.modalonly = true;

		o = s.taboption('account', form.ListValue, 'use_ipv6', _('Addresses'));
		o.value('0', _('IPv4'));
		o.value('1', _('IPv6'));
		o.value('both', _('IPv4 and IPv6'));
		o.default = '0';

		o = s.taboption('address', widgets.NetworkSelect, 'interface', _('Uplink'),
			_('With several uplinks: this account publishes this one\'s address, and sends by it.'));
		o.modalonly = true;
		o.nocreate = true;
		o.rmempty = true;
		addSources(s, 'address');

		o = s.taboption('more', form.Value, 'server', _('Server'), _('Instead of the provider\'s own: host or host:port.'));
		o.modalonly = true;

		o = s.taboption('more', form.Value, 'update_url', _('Update URL'),
			_('For a service that is not in the list, with [DOMAIN], [IP], [USERNAME] and [PASSWORD] in their places.'));
		o.placeholder = 'https://[USERNAME]:[PASSWORD]@dyn.example.net/nic/update?hostname=[DOMAIN]&myip=[IP]';
		o.modalonly = true;

		o = s.taboption('more', form.Value, 'cacert', _('Authority'),
			_('File with the certificate (DER) of the authority that signed your own server\'s.'));
		o.datatype = 'file';
		o.modalonly = true;

		o = s.taboption('more', form.Flag, 'allow_private', _('Private addresses'),
			_('Publish a private or carrier-grade NAT address too. Only for names that are used inside.'));
		o.modalonly = true;

		s = m.section(form.NamedSection, 'main', 'wanbeacon', _('For all services'));

		o = s.option(form.Flag, 'enabled', _('Enabled'));
		o.default = '1';
		o.rmempty = false;

		addSources(s, null);

		o = s.option(form.Flag, 'cross_check', _('Cross-check'), _('Two sources must agree before a new address is sent.'));

		o = s.option(form.Value, 'contact', _('Contact'), _('A mail address for the provider\'s questions; it is sent along.'));

		o = s.option(form.Button, '_check', _('Check the saved settings'));
		o.inputtitle = _('Check');
		o.inputstyle = 'action';
		o.onclick = L.bind(this.handleCheck, this);

		return m.render();
	}
});
