// SPDX-License-Identifier: MIT
'use strict';
'require baseclass';
'require fs';

/* The tile on LuCI's overview: each name, what is published for it, and whether it needs somebody. */

var STATUS = '/var/run/wanbeacon/status.json';
var REFUSED = '/var/run/wanbeacon/refused';

function words(host) {
	switch (host.state) {
	case 'ok':
		return _('up to date');
	case 'stopped':
		return _('stopped: needs your help');
	case 'paused':
		return _('paused');
	case 'waiting':
		return _('waiting');
	default:
		return _('not sent yet');
	}
}

return baseclass.extend({
	title: _('Dynamic DNS'),

	load: function() {
		return Promise.all([
			L.resolveDefault(fs.read(STATUS), ''),
			L.resolveDefault(fs.read(REFUSED), '')
		]);
	},

	render: function(data) {
		var status, rows;
		try {
			status = JSON.parse(data[0]);
		}
		catch (error) {
			return null; /* not running, or just written: no tile this time */
		}
		rows = status.hosts.map(function(host) {
			return E('tr', { 'class': 'tr' }, [
				E('td', { 'class': 'td left' }, [ host.name ]),
				E('td', { 'class': 'td left' }, [
					[ host.ipv4, host.ipv6 ].filter(function(address) { return address; }).join(' ') || '-'
				]),
				E('td', { 'class': 'td left' }, [ words(host) ])
			]);
		});
		return E('div', [
			(data[1] || '').trim()
				? E('div', { 'class': 'alert-message error' }, [ _('The saved settings are not in use: there is a fault in them.') ])
				: '',
			E('table', { 'class': 'table' }, [
				E('tr', { 'class': 'tr table-titles' }, [ _('Name'), _('Published'), _('State') ].map(function(title) {
					return E('th', { 'class': 'th left' }, [ title ]);
				}))
			].concat(rows)),
			E('a', { 'href': L.url('admin/services/wanbeacon/status') }, [ _('Details') ])
		]);
	}
});
