// Sends permit cases of external lines to the running demo, as the utilities would, after telling the pretended departments what to decide.
// usage: permits.mjs [approved|corrected|exempt|filed|waiting|samples]   (default: approved)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const env = new Map(fs.readFileSync(path.join(root, '.hub', 'demo.env'), 'utf8').split('\n')
  .filter(line => line.includes('='))
  .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
const hub = env.get('HUB_URL');
const simulators = env.get('SIMULATORS_URL');
const regions = { 'hohhot-power': '150102', 'sgcc-jinzhong': '140702', 'sgcc-lianyungang': '320706' };

const post = (url, body, headers = {}) => fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
const pause = seconds => new Promise(next => setTimeout(next, seconds * 1000));

const start = Number(env.get('DEMO_START'));
let at = new Date().toISOString();

// Samples have the same name and time every time, so that a second run repeats the same events.
const publish = async (utility, type, number, place, data) => {
  const answer = await post(`${hub}/api/v1/events`, {
    specversion: '1.0', id: `${number}-${place}`, source: `urn:hub:utility:${utility}`, type: `hub.permit.${type}.v1`, subject: number,
    data: { caseNo: number, operatorCode: utility, regionCode: regions[utility], ...data },
  }, { 'Content-Type': 'application/cloudevents+json; charset=utf-8', Authorization: `Bearer ${env.get(`PERMIT_${utility.toUpperCase().replaceAll('-', '_')}`)}` });
  console.log(`${type} ${utility} ${number}: HTTP ${answer.status}`);
  if (!answer.ok) console.log(await answer.text());
  return answer.ok;
};

const line = (version, changes) => ({
  version, appliedAt: at, applicant: '示例便利店', customerClass: 'LV_NONRES', purpose: 'OTHER', lengthM: 300.5, route: '沿示例路人行道敷设', occupies: ['SIDEWALK', 'GREEN'], greenOwner: 'PUBLIC', ...changes,
});

const shop = { purpose: 'LV_SMALL_MICRO', occupies: ['SIDEWALK'], inUrbanDistrict: true, insideForbidden: false, workPosition: '示例路1号', workQuantity: '电缆30米' };

const kinds = {
  approved: number => publish('hohhot-power', 'applied', number, 1, line(1)),
  corrected: async number => {
    await post(`${simulators}/permits-demo/rulings`, { caseNo: number, item: 'EXCAVATION', result: 'REFUSED' });
    await publish('hohhot-power', 'applied', number, 1, line(1));
    await pause(8);
    await publish('hohhot-power', 'corrected', number, 2, line(2, { changeReason: '补充断面图' }));
  },
  exempt: async number => {
    await publish('sgcc-jinzhong', 'applied', number, 1, line(1, { ...shop, municipalFacility: false }));
    await pause(1);
    await publish('sgcc-jinzhong', 'commitment_signed', number, 2, { at, by: '示例便利店', reference: `CN-${number}` });
  },
  filed: number => publish('sgcc-lianyungang', 'applied', number, 1, line(1, { purpose: 'SUPPORTING_WORK', lengthM: 999.9, occupies: ['SIDEWALK', 'NON_MOTOR_LANE'], laneStillUsable: true })),
  // Whether there is a municipal facility is not said: a person has to.
  waiting: number => publish('sgcc-jinzhong', 'applied', number, 1, line(1, shop)),
};

const [kind = 'approved'] = process.argv.slice(2);
if (kind === 'samples') {
  at = new Date(start * 1000).toISOString();
  await Promise.all(Object.entries(kinds).map(([name, make], index) => make(`WX-${start % 1000000}-${index}-${name}`)));
} else if (kinds[kind]) {
  const number = `WX-${Date.now() % 100000000}`;
  await kinds[kind](number);
  if (kind === 'waiting') console.log(`回答 answer: ./hub tasks answer sgcc-jinzhong:${number} t1 EXEMPT --by 值班员 --reason 现场核实`);
} else {
  console.error('usage: permits.mjs [approved|corrected|exempt|filed|waiting|samples]');
  process.exit(2);
}
