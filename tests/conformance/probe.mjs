// Asks the runtime that runs it where specifiers lead. questions.json holds pairs [package, specifier]: the package
// asks, or the folder of this file where it is empty. Prints [import, require] for each: the path of a regular file
// below node_modules, or null where the runtime refuses, answers a built-in, or the file does not exist
// (import.meta.resolve alone does not look).
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = realpathSync(join(here, 'node_modules')) + '/';

function file(answered) {
  // Bun leaves a query in the path it answers, and loads the file without it.
  const path = 'Bun' in globalThis ? answered.split('?')[0] : answered;
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  const real = realpathSync(path);
  return real.startsWith(root) ? real.slice(root.length) : null;
}

function attempt(resolve) {
  try {
    return file(resolve());
  } catch {
    return null;
  }
}

const askers = new Map([['', { imports: (text) => import.meta.resolve(text), requires: createRequire(import.meta.url) }]]);

async function asker(name) {
  if (!askers.has(name)) {
    const path = join(root, name, 'prism-asks.mjs');
    const imports = await import(pathToFileURL(path)).then((module) => module.default, () => () => null);
    askers.set(name, { imports, requires: createRequire(path) });
  }
  return askers.get(name);
}

const answers = [];
for (const [name, specifier] of JSON.parse(readFileSync(join(here, 'questions.json'), 'utf8'))) {
  const { imports, requires } = await asker(name);
  answers.push([attempt(() => fileURLToPath(imports(specifier))), attempt(() => requires.resolve(specifier))]);
}
console.log(JSON.stringify(answers));
