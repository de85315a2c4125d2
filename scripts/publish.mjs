// Publishes structured CloudEvents, one file each, and prints one line about what became of them.
// usage: HUB_URL=… HUB_KEY=… publish.mjs FILE...
import fs from 'node:fs';

const events = process.argv.slice(2)
  .map(name => ({ name, body: fs.readFileSync(name) }))
  .map(event => ({ ...event, version: JSON.parse(event.body).data?.version ?? 0 }))
  // Created before amended, whatever the files are called.
  .sort((a, b) => a.version - b.version || a.name.localeCompare(b.name));

let accepted = 0;
let repeated = 0;
const refused = new Map();

for (const { body } of events) {
  const answer = await fetch(`${process.env.HUB_URL}/api/v1/events`, {
    method: 'POST',
    body,
    headers: { 'Authorization': `Bearer ${process.env.HUB_KEY}`, 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
    signal: AbortSignal.timeout(30_000),
  });
  await answer.arrayBuffer();
  if (answer.ok) accepted++;
  else refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1);
  if (answer.headers.get('idempotency-replayed') === 'true') repeated++;
}

const count = [...refused.values()].reduce((sum, n) => sum + n, 0);
const codes = [...refused].map(([code, n]) => `${code} × ${n}`).join(', ');
console.log(`已接收 ${accepted}，已退回 ${count}  accepted ${accepted}${repeated ? ` (${repeated} known already)` : ''}, refused ${count}${codes ? ` (${codes})` : ''}`);
