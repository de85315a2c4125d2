// Publishes changes of ownership to the running demo, as the register would, after telling the pretended utilities what to find.
// usage: transfers.mjs [done|arrears|ambiguous|reversed|withdraw REGISTRATION|samples]   (default: done)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const env = new Map(fs.readFileSync(path.join(root, '.hub', 'demo.env'), 'utf8').split('\n')
  .filter(line => line.includes('='))
  .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
const hub = env.get('HUB_URL');
const simulators = env.get('SIMULATORS_URL');

// The unit follows from the registration, so that a withdrawal finds its property.
const unitOf = registration => `320706413219GB00029F${String(Number(registration.replace(/\D/g, '')) % 100000000).padStart(8, '0')}`;

const post = (url, body, headers = {}) => fetch(url, { method: 'POST', body: body && JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });

const publish = async (type, registration, version, changes = {}) => {
  const answer = await post(`${hub}/api/v1/events`, {
    specversion: '1.0', id: `${registration}-${version}`, source: 'urn:hub:register:demo', type: `hub.real_estate.transfer_${type}.v1`, subject: unitOf(registration),
    data: {
      registryNo: registration, unitNo: unitOf(registration), certNo: '苏(2026)连云港市不动产权第0000183号', propertyAddress: '连云港市海州区示例路1号示例花园3幢2单元501室',
      transferReason: 'SALE', registeredAt: '2026-01-05T10:00:00+08:00', regionCode: '320706', version,
      oldHolders: [{ name: '示例甲', mobile: '13800000001' }],
      newHolders: [{ name: '示例乙', mobile: '13800000002' }],
      consent: { granted: true, consentId: `C-${registration}`, signedAt: '2026-01-05T09:00:00+08:00', scope: ['power', 'water', 'gas', 'heat'] },
      ...changes,
    },
  }, { 'Content-Type': 'application/cloudevents+json; charset=utf-8', Authorization: `Bearer ${env.get('PUBLISH_REGISTER_LIANYUNGANG')}` });
  console.log(`${type} ${registration} (${unitOf(registration)}): HTTP ${answer.status}`);
  if (!answer.ok) console.log(await answer.text());
};

const find = (partner, registration, finding) => post(`${simulators}/${partner}/findings`, { unitNo: unitOf(registration), ...finding });

const orderState = async registration =>
  (await (await fetch(`${simulators}/heat-lianyungang/orders`)).json()).find(order => order.unitNo === unitOf(registration))?.state;

const until = async (what, limit = 60) => {
  for (let i = 0; i < limit; i++) {
    if (await what()) return true;
    await new Promise(next => setTimeout(next, 250));
  }
  return false;
};

const kinds = {
  done: registration => publish('registered', registration, 1),
  arrears: async registration => {
    await find('water-lianyungang', registration, { precheck: 'ARREARS', arrearsYuan: 86.5 });
    await publish('registered', registration, 1);
  },
  ambiguous: async registration => {
    await find('sgcc-lianyungang', registration, {
      precheck: 'MULTI_ACCOUNT',
      accounts: [
        { accountNo: '1111111111', address: '连云港市海州区示例路1号示例花园3栋2单元502' },
        { accountNo: '2222222222', address: '连云港市海州区示例路1号示例花园3号楼2单元501' },
      ],
    });
    await publish('registered', registration, 1);
  },
  reversed: async registration => {
    await publish('registered', registration, 1);
    await until(async () => await orderState(registration) === 'transferred');
    await publish('withdrawn', registration, 2);
  },
};

const start = Number(env.get('DEMO_START'));
const [kind = 'done', given] = process.argv.slice(2);
if (kind === 'samples') {
  // The same every time: a second run repeats the same events.
  let number = start % 1000000 * 10;
  for (const make of Object.values(kinds)) await make(`DJ${number++}`);
} else if (kind === 'withdraw' && given) {
  await publish('withdrawn', given, 2);
} else if (kinds[kind]) {
  const registration = `DJ${Date.now() % 100000000}`;
  await kinds[kind](registration);
  if (kind === 'arrears') console.log(`结清 settle: curl -X POST '${simulators}/water-lianyungang/settle?unit=${unitOf(registration)}'`);
  if (kind === 'ambiguous') console.log(`选择 choose: ./hub tasks answer ${unitOf(registration)} t1 2222222222 --by 值班员 --reason 电话核实`);
  if (kind === 'done') console.log(`撤回 withdraw: node scripts/transfers.mjs withdraw ${registration}`);
} else {
  console.error('usage: transfers.mjs [done|arrears|ambiguous|reversed|withdraw REGISTRATION|samples]');
  process.exit(2);
}
