// Publishes notices of outages to the running demo, as the utility would; the pretended gateways tell the customers and report whom they reached.
// usage: outages.mjs [planned|late|fault|cancelled|samples]   (default: planned)
// Accounts that end in 9 are unknown to the gateways, those in 8 are reached by short message only, those in 88 by nothing.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const env = new Map(fs.readFileSync(path.join(root, '.hub', 'demo.env'), 'utf8').split('\n')
  .filter(line => line.includes('='))
  .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

const hours = 3600 * 1000;
const at = (from, ahead) => new Date(from + ahead * hours).toISOString();
const pause = () => new Promise(next => setTimeout(next, 2000));

const publish = async (event, noticeId, revision, now, data) => {
  const answer = await fetch(`${env.get('HUB_URL')}/api/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8', Authorization: `Bearer ${env.get('OUTAGE_SGCC_LIANYUNGANG')}` },
    body: JSON.stringify({
      specversion: '1.0', id: `${noticeId}-${revision}`, source: 'urn:hub:utility:sgcc-lianyungang:outage', type: `hub.outage.${event}.v1`, subject: noticeId, time: at(now, 0),
      data: { noticeId, revision, regionCode: '320706', areaText: '海州区示例路1号至99号', issuedAt: at(now, 0), ...data },
    }),
  });
  const body = await answer.json();
  console.log(`${event} ${noticeId} revision ${revision}: HTTP ${answer.status} ${(body.warnings ?? []).map(warning => warning.message_zh ?? warning.messageZh).join('；')}`);
  if (!answer.ok) console.log(JSON.stringify(body));
};

const planned = (now, ahead) => ({
  type: 'PLANNED', reason: 'SCHEDULED_REPAIR', feederRef: '10kV示例线', startAt: at(now, ahead), endAt: at(now, ahead + 4),
  affectedAccounts: ['0123456780', '0123456781', '0123456782', '0123456708', '0123456709', '0123456788'],
});

const kinds = {
  planned: (id, now) => publish('announced', id, 1, now, planned(now, 10 * 24)),
  late: (id, now) => publish('announced', id, 1, now, planned(now, 2 * 24)),
  fault: async (id, now) => {
    await publish('announced', id, 1, now, { type: 'FAULT', reason: 'WORKS_DAMAGE', startAt: at(now, -0.1), accountsQueryRef: 'feeder:示例线' });
    await pause();
    await publish('progress', id, 2, now, { type: 'REPAIR_PROGRESS', detail: '施工挖断电缆，正在更换', endAt: at(now, 2) });
    await pause();
    await publish('restored', id, 3, now, { type: 'RESTORED' });
  },
  cancelled: async (id, now) => {
    await publish('announced', id, 1, now, planned(now, 10 * 24));
    await pause();
    await publish('cancelled', id, 2, now, { type: 'CANCELLED', detail: '检修改期，另行通知' });
  },
};

const start = Number(env.get('DEMO_START'));
const [kind = 'planned'] = process.argv.slice(2);
if (kind === 'samples') {
  // The same every time: a second run repeats the same events.
  for (const [name, make] of Object.entries(kinds)) await make(`TD-${start}-${name}`, start * 1000);
} else if (kinds[kind]) {
  await kinds[kind](`TD-${Date.now()}`, Date.now());
} else {
  console.error('usage: outages.mjs [planned|late|fault|cancelled|samples]');
  process.exit(2);
}
