// Copies what the pages load from node_modules to wwwroot/lib: the files named here and nothing else, and one sprite of the icons in use.
// The last file written says that all of it is there; the build compares its age with this file's and the lock file's.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');
const target = path.join(here, '..', '..', 'wwwroot', 'lib');

const files = {
  'tabler.min.css': '@tabler/core/dist/css/tabler.min.css',
  'htmx.min.js': 'htmx.org/dist/htmx.min.js',
  'echarts.min.js': 'echarts/dist/echarts.common.min.js',
};

const icons = [
  'alert-circle', 'alert-triangle', 'archive', 'arrow-back-up', 'arrow-right', 'arrows-exchange', 'ban', 'bolt-off', 'building', 'calendar', 'certificate', 'check', 'chevron-right', 'circle-check', 'circle-x',
  'clock', 'copy', 'download', 'eye', 'eye-off', 'filter', 'folders', 'hand-stop', 'help', 'history', 'hourglass', 'inbox', 'info-circle', 'key', 'keyboard', 'language',
  'layout-dashboard', 'link', 'list-check', 'loader', 'lock', 'logout', 'message', 'moon', 'player-pause', 'player-play', 'player-skip-forward', 'player-stop',
  'plug-connected', 'refresh', 'route', 'search', 'send', 'settings', 'shield-check', 'stethoscope', 'sun', 'test-pipe', 'user', 'user-check', 'users', 'x',
];

fs.rmSync(target, { recursive: true, force: true });
fs.mkdirSync(target, { recursive: true });
for (const [name, from] of Object.entries(files)) {
  // Maps are not shipped, so nothing may ask for them.
  const text = fs.readFileSync(path.join(modules, from), 'utf8').replace(/\n?\/[/*][#@] sourceMappingURL=.*?(\*\/)?\s*$/s, '\n');
  fs.writeFileSync(path.join(target, name), text);
}

const symbols = icons.map(name => {
  const svg = fs.readFileSync(path.join(modules, '@tabler/icons/icons/outline', `${name}.svg`), 'utf8');
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
});
fs.writeFileSync(path.join(target, 'icons.svg'), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`);

const licences = ['@tabler/core', '@tabler/icons', 'echarts', 'htmx.org'].map(name => {
  const { version, license } = JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));
  return `${name} ${version} ${license}`;
});
fs.writeFileSync(path.join(target, 'assets.txt'), licences.join('\n') + '\n');
