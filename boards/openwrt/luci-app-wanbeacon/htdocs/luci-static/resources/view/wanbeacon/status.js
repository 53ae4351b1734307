// SPDX-License-Identifier: MIT
'use strict';
'require view';
'require dom';
'require fs';
'require poll';
'require rpc';
'require ui';

/* What is published, what comes next and why. Reads the agent's status document; everything it can do is a command of
   /usr/bin/wanbeacon. It knows no provider and no protocol. */

var STATUS = '/var/run/wanbeacon/status.json';
/* why the settings on disk are not in use; there is no such file while they are */
var REFUSED = '/var/run/wanbeacon/refused';
var LOG = '/var/run/wanbeacon/log';
var PROGRAM = '/usr/bin/wanbeacon';
var SERVICE = '/etc/init.d/wanbeacon';
var POLL_S = 2;
var LOG_LINES = 60;

var callServiceList = rpc.declare({
	object: 'service',
	method: 'list',
	params: [ 'name' ],
	expect: { '': {} }
});

/* state of a name -> its words and the theme's label */
function stateOf(host) {
	/* a name set offline waits for the user, in whatever state; until that is sent it still has an address */
	if (host.offline && host.state !== 'stopped' && !host.ipv4 && !host.ipv6)
		return [ _('offline'), 'notice' ];
	switch (host.state) {
	case 'ok':
		return [ _('up to date'), 'success' ];
	case 'stopped':
		return [ _('stopped'), 'danger' ];
	case 'paused':
		return [ _('paused'), 'warning' ];
	case 'waiting':
		return [ _('waiting'), 'warning' ];
	default:
		return [ _('not sent yet'), 'notice' ];
	}
}

/* the theme has no red label ("important" is blue): its own color for errors, set here */
var DANGER = 'background-color:var(--error-color-high, #c43c35); color:var(--on-error-color, #fff)';

function badge(text, style) {
	return E('span', { 'class': 'label ' + style, 'style': style === 'danger' ? DANGER : '' }, [ text ]);
}

function span(seconds) {
	seconds = Math.max(0, Math.round(seconds));
	if (seconds < 60)
		return _('%d s').format(seconds);
	if (seconds < 3600)
		return _('%d min').format(Math.floor(seconds / 60));
	if (seconds < 172800)
		return _('%d h %d min').format(Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60);
	return _('%d days').format(Math.floor(seconds / 86400));
}

/* seconds since the agent wrote its status: its clock and this browser's may differ, so never less than 0 */
function age(status) {
	return status.now ? Math.max(0, Date.now() / 1000 - status.now) : 0;
}

function ago(status, then) {
	if (!then || !status.now)
		return null;
	return E('span', { 'title': new Date(then * 1000).toLocaleString() },
		[ _('%s ago').format(span(status.now + age(status) - then)) ]);
}

function nextOf(status, host) {
	var left = host.next_in == null ? null : host.next_in - age(status);
	switch (host.next) {
	case 'send':
		return left > 0 ? _('sends in %s').format(span(left)) : _('sends now');
	case 'refresh':
		return _('confirms it in %s').format(span(left));
	case 'wait':
		return _('waits for an address');
	default:
		return host.state === 'ok' ? _('sends when the address changes') : _('nothing until you act');
	}
}

/* why it waits, and what the last request came to where that was no success */
function reasons(host) {
	if (host.state === 'ok')
		return host.published ? [ host.published ] : []; /* the badge says the rest */
	var texts = [ host.why || host.text ];
	if ((host.class === 'LATER' || host.class === 'ODD') && host.text && texts[0] !== host.text)
		texts.push(host.text);
	return texts;
}

function row(cells, titles) {
	return E('tr', { 'class': 'tr' }, cells.map(function(cell, i) {
		return E('td', { 'class': 'td left', 'data-title': titles[i] }, [ cell || '-' ]);
	}));
}

function table(titles, rows, empty) {
	return E('table', { 'class': 'table' }, [
		E('tr', { 'class': 'tr table-titles' }, titles.map(function(title) {
			return E('th', { 'class': 'th left' }, [ title ]);
		}))
	].concat(rows.length ? rows.map(function(cells) { return row(cells, titles); }) : [
		E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td', 'colspan': titles.length }, [ empty ]) ])
	]));
}

/* break-word, not anywhere: an address keeps its line where there is room */
function small(text) {
	return E('div', { 'style': 'opacity:.75; font-size:90%; overflow-wrap:break-word' }, [ text ]);
}

function strong(text) {
	return E('div', { 'style': 'font-weight:bold; overflow-wrap:break-word' }, [ text ]);
}

return view.extend({
	load: function() {
		return Promise.all([
			L.resolveDefault(fs.read(STATUS), null),
			L.resolveDefault(callServiceList('wanbeacon'), {}),
			L.resolveDefault(fs.read(REFUSED), '')
		]);
	},

	/* One command of the program; its answer, or what went wrong, as a notification. */
	handleCommand: function(args) {
		var self = this;
		return fs.exec(PROGRAM, args).then(function(done) {
			var text = ((done.stdout || '') + (done.stderr || '')).trim();
			if (done.code === 0)
				ui.addTimeLimitedNotification
					? ui.addTimeLimitedNotification(null, E('p', [ text ]), 6000, 'info')
					: ui.addNotification(null, E('p', [ text ]), 'info');
			else
				ui.addNotification(null, E('p', [ text || _('The command failed without a word.') ]), 'error');
		}).catch(function(error) {
			ui.addNotification(null, E('p', [ error.message ]), 'error');
		}).then(function() {
			return self.refresh();
		});
	},

	handleService: function(action) {
		var self = this;
		return fs.exec(SERVICE, [ action ]).then(function(done) {
			/* the script succeeds without starting anything where the settings have a fault: it says so, a line each */
			var text = (done.stderr || '').trim();
			if (done.code !== 0 || text)
				ui.addNotification(null, E('p', { 'style': 'white-space:pre-wrap; overflow-wrap:anywhere' },
					[ text || _('The command failed without a word.') ]), 'error');
		}).catch(function(error) {
			ui.addNotification(null, E('p', [ error.message ]), 'error');
		}).then(function() {
			return self.refresh();
		});
	},

	/* All lines that are kept, over restarts of the agent too. */
	handleLog: function() {
		return L.resolveDefault(fs.read(LOG), '').then(function(text) {
			ui.showModal(_('Log, newest first'), [
				E('pre', { 'style': 'max-height:60vh; overflow:auto; white-space:pre-wrap; overflow-wrap:anywhere' },
					[ text.trim().split('\n').slice(-200).reverse().join('\n') ]),
				E('div', { 'class': 'right' }, [
					E('button', { 'class': 'btn cbi-button', 'click': ui.hideModal }, [ _('Close') ])
				])
			]);
		});
	},

	button: function(text, style, args, title) {
		return E('button', {
			'class': 'btn cbi-button cbi-button-' + style,
			'title': title || '',
			'style': 'margin:2px',
			'click': ui.createHandlerFn(this, 'handleCommand', args)
		}, [ text ]);
	},

	renderRefused: function(text) {
		text = (text || '').trim();
		if (!text)
			return '';
		return E('div', { 'class': 'alert-message error' }, [
			E('p', [ _('The saved settings are not in use: there is a fault in them. Correct it in the settings.') ]),
			E('pre', { 'style': 'white-space:pre-wrap; overflow-wrap:anywhere' }, [ text ])
		]);
	},

	renderHeadline: function(status, running) {
		if (!running)
			return E('div', { 'class': 'alert-message warning' }, [
				E('p', [ _('The agent is not running, so no name follows a new address.') + ' ' +
					_('Switch on a service in the settings, then start it; the system log says why it stopped.') ]),
				E('button', {
					'class': 'btn cbi-button cbi-button-apply',
					'click': ui.createHandlerFn(this, 'handleService', 'start')
				}, [ _('Start') ])
			]);
		if (!status)
			return E('p', { 'class': 'spinning' }, [ _('The agent has just started…') ]);
		if (status.clock !== 'ok')
			return E('div', { 'class': 'alert-message notice' }, [
				_('The clock is not set yet. Certificates cannot be checked without it, so nothing is sent before.')
			]);
		if (status.paused)
			return E('div', { 'class': 'alert-message warning' }, [ _('Paused: nothing is sent until you resume.') ]);
		var stopped = status.hosts.filter(function(host) { return host.state === 'stopped'; });
		if (stopped.length)
			return E('div', { 'class': 'alert-message error' }, [
				_('%d of %d names are stopped because the provider refused them. Fix the cause below, then try again.')
					.format(stopped.length, status.hosts.length)
			]);
		return '';
	},

	renderNames: function(status) {
		var self = this;
		/* one name on several lines: which line's row it is */
		function beside(host) {
			return status.hosts.some(function(other) { return other !== host && other.name === host.name; });
		}
		return table([ _('Name'), _('Published'), _('State'), _('Next'), '' ], status.hosts.map(function(host) {
			var state = stateOf(host);
			var published = [ host.ipv4, host.ipv6 ].filter(function(address) { return address; }).map(strong);
			var since = ago(status, host.since);
			return [
				E('div', [ strong(host.name), small(host.provider + (beside(host) ? ' · ' + host.line : '')) ]),
				published.length ? E('div', published.concat(since ? [ small(since) ] : [])) : _('nothing'),
				E('div', [ badge(state[0], state[1]) ].concat(reasons(host).map(small))),
				nextOf(status, host),
				host.state === 'stopped'
					? self.button(_('Try again'), 'apply', [ 'retry', host.name ], _('Once you have fixed the cause.'))
					: self.button(_('Send once'), 'action', [ 'update', host.name ],
						_('Send although nothing has changed. Seldom needed, and rate-limited.'))
			];
		}), _('No service is switched on.'));
	},

	renderLines: function(status) {
		var rows = [];
		status.lines.forEach(function(line) {
			[ [ 'IPv4', line.ipv4 ], [ 'IPv6', line.ipv6 ] ].forEach(function(family) {
				var found = family[1];
				if (!found || found.why === 'not needed')
					return;
				rows.push([
					E('span', { 'style': 'white-space:nowrap' },
						[ family[0] + (status.lines.length > 1 ? ' · ' + line.name : '') ]),
					found.address ? strong(found.address) : _('unknown'),
					found.source ? E('div', [ found.source, small(ago(status, found.since) || '') ]) : '-',
					found.why
				]);
			});
		});
		return table([ _('Line'), _('Address'), _('Told by'), _('Can it be published?') ], rows, _('Not looked yet.'));
	},

	renderExchange: function(status) {
		var last = status.exchange;
		if (!last)
			return E('p', [ _('Nothing has been sent since the start.') ]);
		return table([ _('When'), _('Provider'), _('Names'), _('Answer') ], [ [
			ago(status, last.when),
			last.provider,
			small((last.hosts || []).join(' ')),
			E('div', [ E('code', { 'style': 'overflow-wrap:anywhere' }, [ String(last.reply || '') ]),
				small(_('HTTP %s, %d ms').format(last.status || '-', last.ms || 0)) ])
		] ], '');
	},

	renderLog: function(status) {
		return E('div', [
			E('pre', { 'style': 'max-height:20em; overflow:auto; white-space:pre-wrap; overflow-wrap:anywhere' },
				[ (status.log || []).slice(-LOG_LINES).reverse().map(String).join('\n') ]),
			E('div', { 'class': 'right' }, [
				E('button', {
					'class': 'btn cbi-button cbi-button-neutral',
					'click': ui.createHandlerFn(this, 'handleLog')
				}, [ _('Whole log') ])
			])
		]);
	},

	renderContent: function(data) {
		var status = null, instances, running;
		try {
			status = data[0] ? JSON.parse(data[0]) : null;
		}
		catch (error) {
			/* half a document is not shown: the next poll brings a whole one */
		}
		instances = ((data[1] || {}).wanbeacon || {}).instances || {};
		running = Object.keys(instances).some(function(name) { return instances[name].running; });
		if (!running || !status)
			return [ this.renderRefused(data[2]), this.renderHeadline(status, running) ];
		return [
			this.renderRefused(data[2]),
			this.renderHeadline(status, running),
			E('div', { 'class': 'cbi-section' }, [
				E('h3', [ _('Names') ]),
				this.renderNames(status),
				E('div', { 'class': 'right' }, [
					this.button(_('Check now'), 'action', [ 'check' ], _('Read the settings and look at the address now.')),
					this.button(_('DNS check'), 'neutral', [ 'verify' ],
						_('Ask the zone\'s own name servers what is published. Nothing is sent because of it.')),
					status.paused
						? this.button(_('Resume'), 'apply', [ 'resume' ])
						: this.button(_('Pause'), 'neutral', [ 'pause' ], _('Send nothing until you resume.')),
					E('button', {
						'class': 'btn cbi-button cbi-button-negative',
						'style': 'margin:2px',
						'title': _('End the agent until the next start of the router, or until you start it.'),
						'click': ui.createHandlerFn(this, 'handleService', 'stop')
					}, [ _('Stop') ])
				])
			]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', [ _('This router\'s address') ]), this.renderLines(status) ]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', [ _('Last request') ]), this.renderExchange(status) ]),
			E('div', { 'class': 'cbi-section' }, [ E('h3', [ _('Log, newest first') ]), this.renderLog(status) ]),
			small(_('Wanbeacon %s, running for %s, %d requests').format(
				status.version, span(status.uptime + age(status)), (status.counters || {}).requests || 0))
		];
	},

	refresh: function() {
		return this.load().then(L.bind(function(data) {
			var text = JSON.stringify([ data[0], data[2] ]);
			var log = this.node.querySelector('pre');
			var top = log ? log.scrollTop : 0;
			/* while nothing has changed, a text that is being marked stays marked */
			if (text === this.shown && !window.getSelection().isCollapsed)
				return;
			this.shown = text;
			dom.content(this.node, this.renderContent(data));
			log = this.node.querySelector('pre');
			if (log)
				log.scrollTop = top;
		}, this));
	},

	render: function(data) {
		this.node = E('div', { 'id': 'wanbeacon' });
		dom.content(this.node, this.renderContent(data));
		poll.add(L.bind(this.refresh, this), POLL_S);
		return E('div', [
			E('h2', [ _('Dynamic DNS') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('Keeps the names below pointing at this router: one request when the address changes, none else.')
			]),
			this.node
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
