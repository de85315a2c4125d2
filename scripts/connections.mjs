// Lets applications for a connection run through the running demo while its clock moves: from twelve days ago to now.
// usage: connections.mjs samples            what ./run does on an empty database
//        connections.mjs apply [LINFEN|…]   one more application, now
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const env = new Map(fs.readFileSync(path.join(root, '.hub', 'demo.env'), 'utf8').split('\n')
  .filter(line => line.includes('='))
  .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
const hub = env.get('HUB_URL');
const clockFile = path.join(root, '.hub', 'clock');
const ahead = () => Number(fs.existsSync(clockFile) ? fs.readFileSync(clockFile, 'utf8') : 0);

// Hub's time, in the city's zone.
const at = (hours = 0) => new Date(Date.now() + (ahead() + hours * 3600 + 8 * 3600) * 1000).toISOString().replace(/\.\d+Z$/, '+08:00');

const cities = {
  JINZHONG: { utility: 'sgcc-jinzhong', region: '140702' },
  LINFEN: { utility: 'sgcc-linfen', region: '141002' },
  SHANXI: { utility: 'sgcc-shanxi', region: '140105' },
  LIANYUNGANG: { utility: 'sgcc-lianyungang', region: '320706' },
  HOHHOT: { utility: 'hohhot-power', region: '150102' },
};

let events = 0;
const run = Date.now().toString(36);
const publish = async (type, data, { key, source, subject }) => {
  const answer = await fetch(`${hub}/api/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8', Authorization: `Bearer ${key}` },
    body: JSON.stringify({ specversion: '1.0', id: `bz-${run}-${++events}`, source, type, subject, datacontenttype: 'application/json', data }),
  });
  const text = await answer.text();
  const warnings = answer.ok ? (JSON.parse(text).warnings ?? []).map(warning => warning.code) : [];
  console.log(`${at()} ${type} ${subject}: HTTP ${answer.status} ${warnings.join(' ')}`);
  if (!answer.ok) console.log(text);
};

const ofUtility = city => ({ key: env.get(`CONNECT_${city}`), source: `urn:hub:utility:${cities[city].utility}` });
const ofPlatform = () => ({ key: env.get('CONNECT_PLATFORM'), source: 'urn:hub:platform:demo' });

const apply = (city, number, facts, sender = ofUtility(city)) => publish('hub.connection.applied.v1', {
  applicationNo: number, version: 1, regionCode: cities[city].region, businessType: 'NEW', channel: 'COUNTER', appliedAt: at(), customerManager: 'CM-001', projectManager: 'PM-001', ...facts,
}, { ...sender, subject: number });

const stage = (city, number, name, action, more = {}) => publish('hub.connection.stage_reported.v1', {
  applicationNo: number, regionCode: cities[city].region, stage: name, action, occurredAt: at(), actor: 'CM-001', ...more,
}, { ...ofUtility(city), subject: number });

const project = (code, region, name, more = {}) => publish('hub.project_approval.created.v1', {
  projectCode: code, projectName: name, unitName: `${name}建设单位（示例）`, projectAddress: `${name}示例路1号`, scaleContent: '新建厂房及配套设施', contactName: '示例', contactPhone: '0000-0000000',
  approvalType: 'FILING', approvalDocNo: `示例备案〔2026〕${code.slice(-3)}号`, approvalDate: at().slice(0, 10), approvalAuthority: '示例审批局', regionCode: region, version: 1, usageType: '400', ...more,
}, { key: env.get('HUB_KEY'), source: 'urn:hub:bureau:demo', subject: code });

const hubCommand = (...words) => {
  const done = spawnSync(path.join(root, 'hub'), words, { encoding: 'utf8', env: { ...process.env, HUB_SETTINGS: path.join(root, '.hub', 'settings.json') } });
  console.log(`${words.slice(0, 2).join(' ')}: ${(done.stdout || done.stderr).trim()}`);
  if (done.status !== 0) throw new Error(`${words.join(' ')} failed`);
};

const move = days => hubCommand('clock', 'move', '--days', String(days));

// Whatever is left of the way back to now; never past it.
const moveTo = async daysAgo => {
  const days = -ahead() / 86400 - daysAgo;
  if (days <= 0) return;
  move(days);
  // Hub looks at its clock's file a few times a second.
  await new Promise(next => setTimeout(next, 600));
};

const settled = async () => new Promise(next => setTimeout(next, 1500));

const highVoltage = { capacity: 630, capacityUnit: 'kVA', voltageLevel: 'AC00101', supplies: 1, usageType: '400', hasExternalLine: true, needsExcavation: true };

const samples = async () => {
  // Approved before anybody applied: the utilities know of it.
  await project('2611-140702-04-01-700001', '140702', '晋中示例小微企业', { loadKw: 90, unitUscc: '91140702MA0EXAMPL7' });
  await project('2611-141002-04-01-700002', '141002', '临汾示例产业园', { loadKw: 600, unitUscc: '91141002MA0EXAMPL2' });
  await settled();

  await moveTo(10);
  await apply('JINZHONG', 'DEMO-JZ-1', { projectCode: '2611-140702-04-01-700001', voltageLevel: 'AC03802', areaType: '01', hasExternalLine: false, needsExcavation: false, tags: ['SMALL_MICRO'] });
  await apply('LINFEN', 'DEMO-LF-1', { projectCode: '2611-141002-04-01-700002', ...highVoltage, capacity: undefined, capacityUnit: undefined });
  await apply('LINFEN', 'DEMO-LF-2', { ...highVoltage, unitUscc: '91141002MA0EXAMPL2', applicantName: '临汾示例产业园建设单位（示例）', address: '临汾示例产业园示例路1号' });
  await apply('SHANXI', 'DEMO-SX-1', { channel: 'ONLINE_GOV', capacity: 90, capacityUnit: 'kW', voltageLevel: 'AC03802', usageType: '400', areaType: '01', tags: ['SMALL_MICRO'], hasExternalLine: true, needsExcavation: false }, ofPlatform());
  await apply('LIANYUNGANG', 'DEMO-LYG-1', { voltageLevel: 'AC02202', usageType: '200', hasExternalLine: false });
  await apply('LIANYUNGANG', 'DEMO-LYG-2', { voltageLevel: 'AC03802', usageType: '400', capacity: 100, capacityUnit: 'kW', hasExternalLine: false, tags: ['SMALL_MICRO'] });
  await apply('HOHHOT', 'DEMO-HH-1', { voltageLevel: 'AC03802', usageType: '400', capacity: 80, capacityUnit: 'kVA', areaType: '01', hasExternalLine: true, needsExcavation: true });
  await apply('HOHHOT', 'DEMO-HH-2', { voltageLevel: 'AC00101', usageType: '400', capacity: 1250, capacityUnit: 'kVA' });
  for (const [city, number] of [['JINZHONG', 'DEMO-JZ-1'], ['LINFEN', 'DEMO-LF-1'], ['SHANXI', 'DEMO-SX-1'], ['HOHHOT', 'DEMO-HH-1']]) await stage(city, number, 'ACCEPTED', 'FINISH');
  await settled();

  await moveTo(9);
  await stage('JINZHONG', 'DEMO-JZ-1', 'METERED', 'FINISH');
  await stage('HOHHOT', 'DEMO-HH-1', 'PLAN_REPLIED', 'FINISH');
  await stage('HOHHOT', 'DEMO-HH-1', 'ROUTE_DESIGN', 'START');

  await moveTo(7);
  await stage('LINFEN', 'DEMO-LF-1', 'ACCEPTED', 'PAUSE', { pauseKind: 'APPLICANT', reason: '补正：缺用电地址物权证件' });

  await moveTo(4);
  // The week that was over by now begins its ledger; nobody submits it before it is due.
  hubCommand('reports', 'begin');
  await stage('SHANXI', 'DEMO-SX-1', 'METERED', 'FINISH');
  await publish('hub.connection.evaluated.v1', { applicationNo: 'DEMO-SX-1', regionCode: '140105', operatorCode: 'sgcc-shanxi', score: 5, at: at(), comment: '一次办好' }, { ...ofPlatform(), subject: 'DEMO-SX-1' });
  await stage('HOHHOT', 'DEMO-HH-1', 'ROUTE_DESIGN', 'FINISH');
  await stage('HOHHOT', 'DEMO-HH-1', 'PERMIT', 'START');

  // Reported days after the fact: marked, and the clock stops only now.
  await moveTo(1);
  await stage('LIANYUNGANG', 'DEMO-LYG-2', 'METERED', 'FINISH', { occurredAt: at(-6 * 24) });
  await moveTo(0);
};

const [command, given] = process.argv.slice(2);
const city = (given ?? 'LINFEN').toUpperCase();
if (command === 'samples') {
  if (ahead() < -86400) {
    // Whatever happens, the demonstration goes on at the true time.
    try {
      await samples();
    } finally {
      await moveTo(0);
    }
  }
  else console.log('The clock stands at the true time: samples are made on an empty database only (./run --fresh).');
} else if (command === 'apply' && cities[city]) await apply(city, `DEMO-${run}`, highVoltage);
else {
  console.error('usage: connections.mjs samples|apply [JINZHONG|LINFEN|SHANXI|LIANYUNGANG|HOHHOT]');
  process.exit(2);
}
