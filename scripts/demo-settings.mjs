// Writes what the demo runs on, from .hub/demo.env (secrets and keys, made once) and partners.tsv:
// .hub/demo.env itself, .hub/settings.json for Hub, .hub/simulators.json, .hub/publish.sh.
// usage: demo-settings.mjs ROOT HUB_PORT DATABASE
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const [root, hubPort, database] = process.argv.slice(2);
const file = name => path.join(root, '.hub', name);
const adminPort = Number(hubPort) + 1;

// Lines of KEY=value without quotes: a connection string holds semicolons, so the file is read, never sourced.
const known = new Map(!fs.existsSync(file('demo.env')) ? [] : fs.readFileSync(file('demo.env'), 'utf8').split('\n')
  .filter(line => line.includes('='))
  .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

const keep = (name, make) => {
  if (!known.has(name)) known.set(name, make());
  return known.get(name);
};

const seedToPrivate = seed => crypto.createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8',
});

const publicOf = privateKey => {
  const seed = Buffer.from(privateKey.slice('whsk_'.length), 'base64');
  const der = crypto.createPublicKey(seedToPrivate(seed)).export({ format: 'der', type: 'spki' });
  return `whpk_${der.subarray(-32).toString('base64')}`;
};

const random = bytes => crypto.randomBytes(bytes);

// What Hub holds and what the partner holds, by the way the partner checks us.
const secretsOf = (variable, signature) => {
  switch (signature) {
    case 'ed25519': {
      const privateKey = keep(`PRIVATE_KEY_${variable}`, () => `whsk_${random(32).toString('base64')}`);
      return { hub: { PrivateKey: privateKey }, partner: { publicKey: publicOf(privateKey) } };
    }
    case 'bearer': {
      const secret = keep(`SECRET_${variable}`, () => random(24).toString('hex'));
      return { hub: { Secret: secret }, partner: { secret } };
    }
    default: {
      const secret = keep(`SECRET_${variable}`, () => `whsec_${random(32).toString('base64')}`);
      return { hub: { Secret: secret }, partner: { secret } };
    }
  }
};

const partners = fs.readFileSync(path.join(root, 'scripts', 'partners.tsv'), 'utf8').split('\n')
  .filter(line => line && !line.startsWith('#'))
  .map((line, index) => {
    const [name, kind, title, titleEn, signature] = line.split('\t');
    const variable = name.toUpperCase().replaceAll('-', '_');
    const secrets = secretsOf(variable, signature);
    if (kind === 'sgcc-crm' || kind === 'permit-window') {
      const appKey = keep(`APP_KEY_${variable}`, () => `hub-${random(6).toString('hex')}`);
      secrets.hub.AppKey = appKey;
      secrets.partner.appKey = appKey;
    }
    return { name, kind, title, titleEn, port: adminPort + 1 + index, hubKey: known.get(`KEY_${variable}`), publishKey: name.startsWith('register') ? undefined : known.get(`PUBLISH_${variable}`), ...secrets };
  });

// A platform that cannot push: Hub polls it, its simulator listens behind the utilities'.
const platform = {
  name: 'demo-platform', kind: 'approval-platform', port: adminPort + 1 + partners.length,
  appKey: keep('APP_KEY_DEMO_PLATFORM', () => `hub-${random(6).toString('hex')}`),
  secret: keep('SECRET_DEMO_PLATFORM', () => random(24).toString('hex')),
};

// The e-licence library is asked, it receives nothing; its simulator listens behind the platform's.
const library = {
  name: 'licence-library', kind: 'licence-library', port: adminPort + 2 + partners.length,
  appKey: keep('APP_KEY_LICENCE_LIBRARY', () => `hub-${random(6).toString('hex')}`),
  secret: keep('SECRET_LICENCE_LIBRARY', () => random(24).toString('hex')),
};
const bodyKey = keep('BODY_KEY', () => random(32).toString('base64'));
const holderKey = keep('HOLDER_KEY', () => random(32).toString('base64'));

const write = (name, text, mode = 0o600) => {
  fs.writeFileSync(file(name), text, { mode });
  fs.chmodSync(file(name), mode);
};

const hubUrl = `http://127.0.0.1:${hubPort}`;
known.set('HUB_URL', hubUrl);
known.set('SIMULATORS_URL', `http://127.0.0.1:${adminPort}`);
known.set('HUB_DATABASE', database);
known.set('HUB_PORT', hubPort);
known.set('SIMULATORS_PORT', String(adminPort));
for (const { name, port } of partners) known.set(`PORT_${name.toUpperCase().replaceAll('-', '_')}`, String(port));
const demoStart = Number(keep('DEMO_START', () => String(Math.floor(Date.now() / 1000))));
if (known.has('KEY_SGCC_LINFEN')) known.set('UTILITY_KEY', known.get('KEY_SGCC_LINFEN'));

write('demo.env', [...known].map(([name, value]) => `${name}=${value}\n`).join(''));

write('settings.json', JSON.stringify({
  Hub: {
    Database: database,
    Url: hubUrl,
    SitePacks: file('packs'),
    DemoClock: file('clock'),
    BodyKeys: [bodyKey],
    HolderKey: holderKey,
    // The pretended partners are on this machine.
    Console: { Reach: 'Local' },
    Connectors: [...partners.map(({ name, kind, title, titleEn, port, hub }) => ({
      Name: name, Kind: kind, Title: title, TitleEn: titleEn, ...(kind === 'feed' ? {} : { Address: `http://127.0.0.1:${port}` }),
      // Where the certification kit may see what became of its tests.
      ...(kind === 'webhook' ? { EffectsAddress: `http://127.0.0.1:${adminPort}/${name}/effects` } : {}), ...hub,
    })), {
      Name: library.name, Kind: library.kind, Title: '电子证照库', TitleEn: 'E-licence library', Address: `http://127.0.0.1:${library.port}`, AppKey: library.appKey, Secret: library.secret,
    }],
    Publishers: [{
      Name: platform.name, Kind: platform.kind, Address: `http://127.0.0.1:${platform.port}`, AppKey: platform.appKey, Secret: platform.secret,
      Source: 'urn:hub:bureau:demo-platform', LegalBasis: '演示约定 demo agreement', Every: 5, PageSize: 20,
    }],
  },
}, null, 2));
fs.mkdirSync(file('packs'), { recursive: true });
// The demo's invented water, gas and heat companies; a pack of one's own laid there stays.
for (const pack of fs.readdirSync(path.join(root, 'scripts', 'demo-packs'))) fs.copyFileSync(path.join(root, 'scripts', 'demo-packs', pack), path.join(file('packs'), pack));

write('simulators.json', JSON.stringify({
  adminPort,
  hubUrl,
  journal: null,
  partners: [...partners.map(({ name, kind, port, hubKey, publishKey, partner }) => ({ name, kind, port, ...partner, hubKey, publishKey })), platform, library],
}, null, 2));

// The version is the seconds since the demo began: it rises by itself and stays below the contract's 1 000 000 for eleven days.
write('publish.sh', `#!/usr/bin/env bash
# Publishes one more event about one project to the running demo and prints the HTTP status and the answer.
# usage: publish.sh [created|amended|extended|revoked]
set -euo pipefail
url=${hubUrl}/api/v1/events
key=${known.get('HUB_KEY') ?? ''}
change=\${1:-amended}
now=$(date +%s)
time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
if [ "$change" = created ]; then
  # The project begins once: always the same event, so that a second time is a repeat.
  now=${demoStart}
  time=${new Date(demoStart * 1000).toISOString()}
fi
version=$((now - ${demoStart} + 1))
body=$(cat <<JSON
{
  "specversion": "1.0",
  "id": "demo-$change-$now",
  "source": "urn:hub:bureau:demo",
  "type": "hub.project_approval.$change.v1",
  "subject": "2604-141002-04-01-100005",
  "time": "$time",
  "datacontenttype": "application/json",
  "data": {
    "projectCode": "2604-141002-04-01-100005",
    "projectName": "尧都区示范产业园配电工程",
    "unitName": "示范产业园管理有限公司",
    "projectAddress": "临汾市尧都区示范路1号",
    "scaleContent": "新建厂房及配套设施",
    "contactName": "示例",
    "contactPhone": "0357-0000000",
    "approvalType": "FILING",
    "approvalDocNo": "示范备案〔2026〕1号",
    "approvalDate": "2026-04-01",
    "approvalAuthority": "示范审批局",
    "regionCode": "141002",
    "loadKw": $((800 + now % 100)),
    "usageType": "400",
    "requiredDate": "2027-03-01",
    "version": $version
  }
}
JSON
)
if command -v curl >/dev/null; then
  curl --noproxy '*' -sS "$url" -H "Authorization: Bearer $key" \\
    -H 'Content-Type: application/cloudevents+json; charset=utf-8' --data-binary "$body" -w '\\nHTTP %{http_code}\\n'
else
  node -e 'const [url, key, body] = process.argv.slice(1);
    fetch(url, { method: "POST", body, headers: { "Authorization": "Bearer " + key, "Content-Type": "application/cloudevents+json; charset=utf-8" } })
      .then(async answer => console.log(await answer.text() + "\\nHTTP " + answer.status))' "$url" "$key" "$body"
fi
`, 0o700);

// One resident's application: the numbers are invented, the citizen number is the standard's own example.
write('licence.sh', `#!/usr/bin/env bash
# Asks for licences as State Grid Linfen would, and prints the HTTP status and the answer.
# usage: licence.sh open | consent | ask | refused | documents | withdraw | disclosures
set -euo pipefail
url=${hubUrl}/api/v1
key=${known.get('KEY_SGCC_LINFEN') ?? ''}
number=demo-${demoStart}
holder='"holderTypeCode":"111","holderCode":"11010519491231002X"'
identity=11100000000013127D001
why='"purpose":"new_connection","useCause":"办理新装用电","legalBasisRef":"演示约定 demo agreement"'
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

post() { # path, body
  if command -v curl >/dev/null; then
    curl --noproxy '*' -sS "$url/$1" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "$2" -w '\\nHTTP %{http_code}\\n'
  else
    node -e 'const [url, key, body] = process.argv.slice(1);
      fetch(url, { method: "POST", body, headers: { "Authorization": "Bearer " + key, "Content-Type": "application/json", "Prefer": "wait=10" } })
        .then(async answer => console.log(await answer.text() + "\\nHTTP " + answer.status))' "$url/$1" "$key" "$2"
  fi
}

case \${1:-ask} in
  open) post applications "{\\"applicationId\\":\\"$number\\",\\"regionCode\\":\\"141002\\",\\"customerClass\\":\\"low_voltage\\",\\"appliedAt\\":\\"${new Date(demoStart * 1000).toISOString()}\\"}" ;;
  consent) post consents "{\\"consentId\\":\\"C-$number\\",\\"case\\":\\"application:$number\\",$holder,\\"purposes\\":[\\"new_connection\\"],\\"certTypeCodes\\":[\\"$identity\\",\\"11100000MB03271699001\\"],\\"givenAt\\":\\"${new Date(demoStart * 1000).toISOString()}\\",\\"expiresAt\\":\\"2099-12-31T00:00:00+08:00\\",\\"method\\":\\"face\\",\\"authResultRef\\":\\"FR-demo\\"}" ;;
  ask) post licence-queries "{\\"queryId\\":\\"Q-$(date +%s)-$$\\",\\"case\\":\\"application:$number\\",$holder,\\"certTypeCode\\":\\"$identity\\",$why,\\"consentId\\":\\"C-$number\\"}" ;;
  refused) post licence-queries "{\\"queryId\\":\\"N-$(date +%s)-$$\\",\\"case\\":\\"application:$number\\",$holder,\\"certTypeCode\\":\\"$identity\\",$why}" ;;
  documents) post "applications/$number/documents" "{\\"requestId\\":\\"R-$(date +%s)\\",\\"stage\\":\\"application\\",$holder,$why,\\"consentId\\":\\"C-$number\\"}" ;;
  withdraw) post "consents/C-$number/withdrawal" "{\\"case\\":\\"application:$number\\",\\"at\\":\\"$now\\"}" ;;
  disclosures) post disclosures/query "{$holder}" ;;
  *) sed -n 's/^# //p' "$0" >&2 && exit 2 ;;
esac
`, 0o700);
