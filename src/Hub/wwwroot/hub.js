// What pages do beyond showing themselves: they follow what happens, take keys, and draw charts from their own tables. Everything works without this file.
(() => {
  'use strict';
  const body = document.body;
  const live = () => document.getElementById('live');

  // --- Following what happens -------------------------------------------------------------------------------------

  const leastPause = 3000;
  const poll = 15000;
  let asked = 0;
  let planned = 0;
  let polling = 0;

  function changed() {
    if (planned || !live()) return;
    planned = setTimeout(() => {
      planned = 0;
      // Nothing moves under somebody's hands: what is being typed, chosen or selected stays.
      const busy = live() && live().contains(document.activeElement) && document.activeElement.matches('input, select, textarea');
      if (document.hidden || busy || document.querySelector('tr.chosen') || String(getSelection())) return void setTimeout(changed, poll);
      asked = Date.now();
      body.dispatchEvent(new CustomEvent('hub:changed'));
    }, Math.max(200, asked + leastPause - Date.now()));
  }

  function follow() {
    const source = new EventSource('/live');
    source.addEventListener('changed', changed);
    source.onopen = () => { clearInterval(polling); polling = 0; };
    source.onerror = () => { if (!polling) polling = setInterval(changed, poll); };
    addEventListener('pagehide', () => source.close());
  }

  if (live()) {
    if (window.EventSource) follow(); else setInterval(changed, poll);
    // Times such as "12 s ago" grow old by themselves; a job under way is followed closely.
    setInterval(() => { if (Date.now() - asked > (live() && live().dataset.busy ? 1500 : 30000)) changed(); }, 2000);
  }

  // The last good data stay, greyed, and it is said how old they are.
  function stale(on) {
    body.classList.toggle('stale', on);
    const note = document.querySelector('.stale-note');
    if (!on) return note && note.remove();
    if (note) return;
    const made = document.createElement('div');
    made.className = 'alert alert-warning stale-note';
    made.setAttribute('role', 'alert');
    const seen = document.querySelector('footer time');
    made.textContent = body.dataset.away.replace('{0}', seen ? seen.textContent : '');
    body.append(made);
    setTimeout(changed, poll);
  }
  body.addEventListener('htmx:sendError', () => stale(true));
  body.addEventListener('htmx:responseError', event => { if (event.detail.xhr.status >= 500) stale(true); });
  body.addEventListener('htmx:beforeSwap', event => {
    const url = event.detail.xhr.responseURL || '';
    if (event.detail.xhr.status === 200 && new URL(url, location.href).pathname === '/sign-in') { event.detail.shouldSwap = false; location.reload(); }
  });
  let open = [];
  body.addEventListener('htmx:beforeSwap', () => { open = [...document.querySelectorAll('#live details')].map(one => one.open); });
  body.addEventListener('htmx:afterSettle', () => {
    stale(false);
    document.querySelectorAll('#live details').forEach((one, index) => { one.open = open[index] ?? one.open; });
    const seen = document.querySelector('footer time');
    if (seen) seen.textContent = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 19).replace('T', ' ');
    mark(at);
    draw();
  });

  // --- Keys ---------------------------------------------------------------------------------------------------------

  let going = 0;
  let at = null;
  const rows = () => [...document.querySelectorAll('main table.rows tbody tr')];

  function mark(key, scroll) {
    rows().forEach(row => row.classList.toggle('at', key !== null && row.dataset.row === key));
    const row = rows().find(one => one.dataset.row === key);
    if (row && scroll) { row.scrollIntoView({ block: 'nearest' }); const link = row.querySelector('a'); if (link) link.focus({ preventScroll: true }); }
  }

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex(row => row.dataset.row === at);
    const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? 0 : now + by))];
    at = next.dataset.row;
    mark(at, true);
  }

  const help = document.getElementById('help');
  const button = document.getElementById('help-button');
  if (button && help) { button.hidden = false; button.addEventListener('click', () => help.showModal()); }

  function focusIn(id) {
    const part = document.getElementById(id);
    const first = part && part.querySelector('input:not([type=hidden]), select, button, a, textarea');
    if (first) first.focus();
  }

  document.addEventListener('keydown', event => {
    // Not while typing, and not while an input method composes a character.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches('input, textarea, select, [contenteditable]');
    if (event.key === 'Escape') { if (typing) event.target.blur(); else { at = null; mark(null); rows().forEach(row => row.classList.remove('chosen')); } return; }
    if (typing || (help && help.open)) return;
    if (going) {
      clearTimeout(going);
      going = 0;
      const link = document.querySelector(`.side nav a[data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    const row = rows().find(one => one.dataset.row === at);
    switch (event.key) {
      case '/': event.preventDefault(); document.getElementById('search').focus(); break;
      case '?': event.preventDefault(); help.showModal(); break;
      case 'g': going = setTimeout(() => { going = 0; }, 1500); break;
      case 'j': move(1); break;
      case 'k': move(-1); break;
      case 'Enter': if (row && !event.target.matches('a, button, summary')) row.querySelector('a')?.click(); break;
      case 'x': if (row) row.classList.toggle('chosen'); break;
      case 'r': { const retry = document.querySelector('main [data-key="r"]'); if (retry) { if (retry.matches('a')) retry.click(); else focusIn('actions'); } break; }
      case 'f': event.preventDefault(); focusIn('filters'); break;
      case '.': event.preventDefault(); focusIn('actions'); break;
      default: break;
    }
  });

  // --- Charts: the table behind a chart is its data -----------------------------------------------------------------

  function draw() {
    if (window.echarts) document.querySelectorAll('[data-chart]').forEach(drawOne);
  }

  function drawOne(place) {
    const table = document.querySelector(`[data-table="${place.dataset.chart}"]`);
    if (!table) return;
    const lines = [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent));
    if (!lines.length) return;
    const kind = place.dataset.kind || 'traffic';
    const heads = [...table.tHead.rows[0].cells].slice(1, 1 + Number(place.dataset.drawn || 99)).map(cell => cell.textContent);
    place.hidden = false;
    const dark = document.documentElement.dataset.bsTheme === 'dark';
    const ink = dark ? '#a3b2c4' : '#56657a';
    const colours = dark ? ['#6cb2ff', '#7ddca6', '#ffa39b', '#f5c96b', '#c9b0ff', '#8fd8e8'] : ['#0b5cad', '#14683a', '#a51d16', '#8a5a00', '#6a3fb5', '#0b6a7a'];
    // What is over is red and what is far away is calm, whatever the theme.
    const near = dark ? ['#ffa39b', '#ffb86b', '#f5c96b', '#7ddca6', '#6cb2ff', '#8a96a5'] : ['#a51d16', '#b35900', '#8a6d00', '#14683a', '#0b5cad', '#6b7785'];
    const bars = kind === 'bar' || kind === 'stack';
    const chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: 'canvas' });
    chart.setOption({
      animation: false,
      color: kind === 'stack' ? near : kind === 'bar' ? [colours[0], colours[2]] : colours,
      textStyle: { fontFamily: getComputedStyle(body).fontFamily },
      grid: { left: 8, right: 12, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, type: 'scroll', textStyle: { color: ink } },
      // Drawn on the canvas: a tooltip of markup would need inline styles.
      tooltip: { trigger: 'axis', renderMode: 'richText', confine: true },
      xAxis: { type: 'category', data: lines.map(line => line[0]), axisLabel: { color: ink }, axisLine: { lineStyle: { color: ink } } },
      yAxis: { type: 'value', minInterval: 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: dark ? '#2a3b50' : '#e3e8ee' } } },
      series: heads.map((name, index) => ({
        name, type: bars || (kind === 'traffic' && index === 2) ? 'bar' : 'line', stack: kind === 'stack' ? 'all' : undefined, barMaxWidth: bars ? 36 : 10, symbol: 'circle', symbolSize: 5,
        showSymbol: lines.length < (kind === 'traffic' ? 8 : 26), lineStyle: { width: 2, type: index % 2 ? 'dashed' : 'solid' }, data: lines.map(line => line[index + 1] === '' ? null : Number(line[index + 1])),
      })),
    });
  }
  addEventListener('load', draw);
  addEventListener('resize', () => document.querySelectorAll('[data-chart]').forEach(place => { const chart = window.echarts && echarts.getInstanceByDom(place); if (chart) chart.resize(); }));
})();
