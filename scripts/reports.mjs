// Submits ledgers of the running demo: the weekly one that nobody submitted by Thursday, late, and the other duty's last one, in time.
// usage: reports.mjs
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const hub = (...words) => {
  const done = spawnSync(path.join(root, 'hub'), ['reports', ...words], { encoding: 'utf8', env: { ...process.env, HUB_SETTINGS: path.join(root, '.hub', 'settings.json') } });
  if (done.status !== 0) throw new Error(`reports ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
};

hub('begin');
// The newest first; a second run finds them submitted.
const open = hub('list').split('\n').map(line => line.split('  ')).filter(([, status]) => status === 'frozen').map(([ledger]) => ledger);
const submit = (ledger, by, reason, ...words) => {
  if (!ledger) return;
  hub('note', ledger, ...words, '--by', by, '--reason', reason);
  hub('submit', ledger, '--by', by, '--reason', reason);
};
submit(open.findLast(ledger => ledger.startsWith('linfen:county-week:')), '示例填报人', '演示：迟报', '--progress', '按计划推进', '--problems', '迟报一份', '--measures', '建立台账提醒');
submit(open.find(ledger => ledger.startsWith('linfen:utility-week:')), '示例填报人', '演示：按时报送', '--progress', '按计划推进', '--results', '平均办电时间缩短');
console.log(hub('list'));
