// SPDX-License-Identifier: MIT
'use strict';
/* A stand-in for the part of LuCI's runtime that our views use, small enough to read. It loads a view as LuCI does
   ('require x' lines name what the module is given), builds real DOM, and keeps every call in window.calls. What the
   router would answer is in window.router, set by the test before load(). */

window.calls = [];

String.prototype.format = function () {
	const values = Array.from(arguments);
	return this.replace(/%[sd]/g, m => m === '%d' ? String(Math.trunc(Number(values.shift()))) : String(values.shift()));
};

/* translations: a table, else the text in marks when ?marks is set, so that a string without _() stands out */
const marks = new URLSearchParams(location.search).has('marks');
window._ = text => marks ? '«' + text + '»' : text;

window.E = function (tag, attributes, children) {
	if (Array.isArray(attributes) || typeof attributes === 'string' || attributes instanceof Node) {
		children = attributes;
		attributes = {};
	}
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (typeof value === 'function')
			node.addEventListener(name, value);
		else if (value !== null && value !== undefined)
			node.setAttribute(name, value);
	}
	dom.content(node, children);
	return node;
};

window.dom = {
	content(node, children) {
		node.replaceChildren();
		for (const child of [children].flat(Infinity))
			if (child !== null && child !== undefined && child !== '')
				node.append(child); /* strings become text: markup in data stays text, as in LuCI's E() with arrays */
	}
};

window.L = {
	bind: (f, self, ...args) => f.bind(self, ...args),
	toArray: value => value == null || value === '' ? [] : [value].flat(),
	url: path => '/cgi-bin/luci/' + path,
	resolveDefault: (promise, value) => Promise.resolve(promise).then(v => v ?? value, () => value)
};

const polls = [];
const modules = {
	dom,
	baseclass: { extend: methods => function () { return Object.create(methods); } },
	view: { extend: methods => function () { return Object.create(methods); } },
	poll: { add: (f, seconds) => { polls.push([f, seconds]); window.pollSeconds = seconds; } },
	rpc: {
		declare: what => (...args) => {
			calls.push(['rpc', what.object, what.method, ...args]);
			return Promise.resolve(router.rpc[what.object + '.' + what.method]);
		}
	},
	fs: {
		read(path) {
			calls.push(['read', path]);
			return path in router.files ? Promise.resolve(router.files[path]) : Promise.reject(new Error('No such file: ' + path));
		},
		exec(path, args) {
			calls.push(['exec', path, ...(args || [])]);
			const answer = router.exec[[path, ...(args || [])].join(' ')];
			return answer ? Promise.resolve(answer) : Promise.reject(new Error('Permission denied: ' + path));
		}
	},
	ui: {
		createHandlerFn: (self, name, ...args) => event => {
			const button = event.currentTarget;
			button.disabled = true;
			return Promise.resolve(self[name](...args)).finally(() => { button.disabled = false; });
		},
		addNotification(title, node, ...classes) {
			document.getElementById('notifications').append(E('div', { 'class': 'alert-message ' + classes.join(' ') }, [node]));
		},
		showModal(title, children) {
			dom.content(document.getElementById('modal'), [E('h4', [title])].concat(children));
			document.body.classList.add('modal-overlay-active');
		},
		hideModal() { document.body.classList.remove('modal-overlay-active'); }
	}
};
window.runPolls = () => Promise.all(polls.map(([f]) => f()));

/* --- form: sections and options over window.router.uci = {section: {'.type', option: value or list}} */

/* some of the names in LuCI's validation.js */
const DATATYPES = ['file', 'host', 'hostname', 'hostport', 'ipaddr', 'netdevname', 'port', 'string', 'uciname', 'uinteger', 'range'];

class Option {
	constructor(section, name, title, description) {
		Object.assign(this, { section, name, title, description, choices: [], dependencies: [] });
	}
	value(key, title) { this.choices.push([key, title ?? key]); }
	depends(what, value) { this.dependencies.push(typeof what === 'string' ? { [what]: value } : what); }
	stored(id) { return router.uci[id][this.name]; }
	cfgvalue(id) { return this.stored(id); }
	/* a cell of the grid: what is stored, whatever words the field has for it */
	textvalue(id) { return [].concat(this.stored(id) ?? this.default ?? '-').join(' '); }
	field(id) { return document.querySelector('[data-field="' + id + '.' + this.name + '"]'); }
	formvalue(id) { return this.read(this.field(id)); }
	read(field) { return field ? field.value : undefined; }
	control(id) {
		const value = this.stored(id) ?? this.default ?? '';
		const list = this.choices.length ? 'list-' + id + this.name : null;
		return [E('input', { type: this.password ? 'password' : 'text', 'class': 'cbi-input-text', value: String(value),
			placeholder: this.placeholder, list, 'data-field': id + '.' + this.name }),
			list ? E('datalist', { id: list }, this.choices.map(c => E('option', { value: c[0] }, [c[1]]))) : ''];
	}
	active(id) {
		return !this.dependencies.length || this.dependencies.some(rule => Object.entries(rule).every(([name, wanted]) => {
			if (name.startsWith('!'))
				return true;
			const has = this.section.options.find(o => o.name === name).formvalue(id);
			if (wanted instanceof RegExp)
				return wanted.test(has ?? '');
			return rule['!contains'] ? [].concat(has ?? []).includes(wanted) : has === wanted;
		}));
	}
	render(id) {
		if (this.datatype && !DATATYPES.includes(this.datatype.split('(')[0]))
			throw new Error(this.name + ': LuCI has no datatype ' + this.datatype + ', and says nothing of it');
		const row = E('div', { 'class': 'cbi-value', 'data-row': id + '.' + this.name }, [
			E('label', { 'class': 'cbi-value-title' }, [this.title]),
			E('div', { 'class': 'cbi-value-field' }, [this.control(id),
				this.description ? E('div', { 'class': 'cbi-value-description' }, [this.description]) : ''])
		]);
		return row;
	}
	/* what LuCI's validator is given: the .value of the widget's node */
	judged(id) { return [].concat(this.formvalue(id) ?? '').join(' '); }
	problem(id) {
		const value = this.formvalue(id);
		const empty = Array.isArray(value) ? !value.length : !value;
		if (this.validate) {
			const said = this.validate(id, this.judged(id));
			if (said !== true)
				return said;
		}
		return empty && this.rmempty === false && !(this instanceof Flag) ? 'needed' : null;
	}
}
class Flag extends Option {
	control(id) {
		const on = (this.stored(id) ?? this.default) === '1';
		return E('input', { type: 'checkbox', checked: on ? 'checked' : null, 'data-field': id + '.' + this.name });
	}
	read(field) { return field ? (field.checked ? '1' : '0') : undefined; }
}
class ListValue extends Option {
	control(id) {
		const value = this.stored(id) ?? this.default;
		return E('select', { 'class': 'cbi-input-select', 'data-field': id + '.' + this.name },
			this.choices.map(c => E('option', { value: c[0], selected: c[0] === value ? 'selected' : null }, [c[1]])));
	}
}
class MultiValue extends Option {
	control(id) {
		const has = [].concat(this.stored(id) ?? []);
		return E('div', { 'class': 'choices', 'data-field': id + '.' + this.name }, this.choices.map(c => E('label', [
			E('input', { type: 'checkbox', value: c[0], checked: has.includes(c[0]) ? 'checked' : null }), ' ', c[1]])));
	}
	read(field) { return field ? Array.from(field.querySelectorAll('input:checked')).map(i => i.value) : undefined; }
}
class DynamicList extends Option {
	control(id) {
		const shown = v => (this.choices.find(c => c[0] === v) ?? [v, v])[1];
		const list = this.choices.length ? 'list-' + id + this.name : null;
		return E('div', { 'class': 'cbi-dynlist', 'data-field': id + '.' + this.name },
			[].concat(this.stored(id) ?? []).map(v => E('div', { 'class': 'item', 'data-value': v }, [shown(v)])).concat([
				E('input', { type: 'text', 'class': 'cbi-input-text', placeholder: this.placeholder, list }),
				list ? E('datalist', { id: list }, this.choices.map(c => E('option', { value: c[0] }, [c[1]]))) : '']));
	}
	/* its node is a <div>, which has no .value: whatever the list holds, LuCI judges an empty text */
	judged() { return ''; }
	/* what is being typed is judged too, as a text of its own; one that is refused cannot be added */
	problem(id) {
		const typed = this.field(id).querySelector('input').value;
		const said = typed && this.validate ? this.validate(id, typed) : true;
		return said !== true ? said : super.problem(id);
	}
	read(field) {
		return field ? Array.from(field.querySelectorAll('.item')).map(i => i.dataset.value).concat(field.querySelector('input').value || []) : undefined;
	}
}
class Button extends Option {
	control() { return E('button', { 'class': 'btn cbi-button cbi-button-' + this.inputstyle, click: () => this.onclick() }, [this.inputtitle]); }
	read() { return undefined; }
}
class NetworkSelect extends MultiValue {
	control(id) { this.choices = router.networks.map(n => [n, n]); return this.multiple ? super.control(id) : ListValue.prototype.control.call(Object.assign(this, { choices: [['', '-- ' + _('unspecified') + ' --'], ...this.choices] }), id); }
	read(field) { return this.multiple ? super.read(field) : (field ? field.value : undefined); }
}

class Section {
	constructor(map, type, title) { Object.assign(this, { map, type, title, options: [], tabs: [] }); }
	option(kind, name, title, description) {
		const made = new kind(this, name, title, description);
		this.options.push(made);
		return made;
	}
	tab(name, title) { this.tabs.push([name, title]); }
	taboption(tab, kind, name, title, description) { return Object.assign(this.option(kind, name, title, description), { tab }); }
	formvalue(id, name) { return this.options.find(o => o.name === name).formvalue(id); }
	fields(id) {
		const rows = o => o.map(x => x.render(id));
		return this.tabs.length ? this.tabs.map(([name, title]) => E('fieldset', [E('legend', [title]), ...rows(this.options.filter(o => o.tab === name))]))
			: rows(this.options);
	}
}
class NamedSection extends Section {
	render() { return E('div', { 'class': 'cbi-section' }, [E('h3', [this.title]), ...this.fields(this.id)]); }
	ids() { return [this.id]; }
}
class GridSection extends Section {
	ids() { return Object.keys(router.uci).filter(id => router.uci[id]['.type'] === this.type); }
	render() {
		const columns = this.options.filter(o => !o.modalonly);
		return E('div', { 'class': 'cbi-section' }, [E('h3', [this.title]),
			E('table', { 'class': 'table' }, [E('tr', { 'class': 'tr table-titles' }, columns.map(o => E('th', { 'class': 'th' }, [o.title])).concat([E('th', { 'class': 'th' })]))].concat(
				this.ids().map(id => E('tr', { 'class': 'tr' }, columns.map(o => E('td', { 'class': 'td', 'data-title': o.title }, [
					o instanceof Flag ? (o.stored(id) === '1' ? '✓' : '✗') : o.textvalue(id)]))
					.concat([E('td', { 'class': 'td' }, [E('button', { 'class': 'btn cbi-button cbi-button-edit', click: () => this.edit(id) }, ['Edit'])])]))))),
			E('button', { 'class': 'btn cbi-button cbi-button-add', click: () => { router.uci.added = { '.type': this.type }; this.edit('added'); } }, [this.addbtntitle])]);
	}
	edit(id) {
		modules.ui.showModal(this.modaltitle(id), this.fields(id).concat([E('div', { 'class': 'right' }, [
			E('button', { 'class': 'btn cbi-button cbi-button-positive', 'data-save': id, click: () => this.map.save([[this, id]]) }, ['Save'])])]));
		this.map.follow();
	}
}
class Map_ {
	constructor(config, title, description) { Object.assign(this, { config, title, description, sections: [] }); window.map = this; }
	section(kind, ...args) {
		const made = kind === NamedSection ? Object.assign(new NamedSection(this, args[1], args[2]), { id: args[0] }) : new kind(this, ...args);
		this.sections.push(made);
		return made;
	}
	render() {
		const node = E('div', { 'class': 'cbi-map' }, [E('h2', [this.title]), E('div', { 'class': 'cbi-map-descr' }, [this.description]), ...this.sections.map(s => s.render())]);
		node.addEventListener('change', () => this.follow());
		document.getElementById('modal').addEventListener('change', () => this.follow());
		setTimeout(() => this.follow());
		return Promise.resolve(node);
	}
	/* shows only the options whose dependencies hold */
	follow() {
		for (const section of this.sections)
			for (const id of section.ids())
				for (const option of section.options) {
					const row = document.querySelector('[data-row="' + id + '.' + option.name + '"]');
					if (row)
						row.style.display = option.active(id) ? '' : 'none';
				}
	}
	/* what is shown goes into router.uci; problems: window.problems = [[section, option, text]] */
	save(which) {
		window.problems = [];
		for (const [section, id] of which ?? this.sections.flatMap(s => s.ids().map(id => [s, id])))
			for (const option of section.options) {
				if (!option.field(id) || option instanceof Button)
					continue;
				const value = option.active(id) ? option.formvalue(id) : '';
				const said = option.active(id) ? option.problem(id) : null;
				if (said)
					problems.push([id, option.name, said]);
				else if (value === '' || (Array.isArray(value) && !value.length) || (option.rmempty !== false && value === (option.default ?? '0') && option instanceof Flag))
					delete router.uci[id][option.name];
				else
					router.uci[id][option.name] = value;
			}
	}
}
modules.form = { Map: Map_, GridSection, NamedSection, Value: Option, Flag, ListValue, MultiValue, DynamicList, Button };
modules['tools.widgets'] = { NetworkSelect };

/* Loads a view's source and shows it; resolves when it is on the page. */
window.load = async function (name) {
	const source = await (await fetch('/view/' + name + '.js')).text();
	const given = [];
	for (const m of source.matchAll(/^'require ([\w.]+)(?: as (\w+))?';$/gm)) {
		if (!modules[m[1]])
			throw new Error('the stand-in has no module ' + m[1]);
		given.push([m[2] ?? m[1], modules[m[1]]]);
	}
	const View = new Function('L', 'E', '_', ...given.map(g => g[0]), source)(L, E, _, ...given.map(g => g[1]));
	const view = new View();
	const node = await view.render(await view.load?.());
	document.getElementById('view').replaceChildren(...(node === null ? [] : [node]));
	window.view = view;
};
