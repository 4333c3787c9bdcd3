// Asks Node in which format it would load each specifier of questions.json, without running any package: the answer
// of the loader is noted and an empty module is loaded in its place. Prints [file below node_modules, format] for
// each, or null for an error. A module that the loader reads for its syntax is read, and nothing more.
import { readFileSync, realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = realpathSync(join(here, 'node_modules')) + '/';
const formats = new Map();

registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !fileURLToPath(url).startsWith(root)) return next(url, context);
    formats.set(url, next(url, context).format);
    return { format: 'module', source: '', shortCircuit: true };
  },
});

const answers = [];
for (const [, specifier] of JSON.parse(readFileSync(join(here, 'questions.json'), 'utf8'))) {
  let answer = null;
  try {
    const url = import.meta.resolve(specifier);
    await import(specifier, url.endsWith('.json') ? { with: { type: 'json' } } : undefined).catch(() => {});
    const format = formats.get(url);
    if (format) answer = [fileURLToPath(url).slice(root.length), format];
  } catch {}
  answers.push(answer);
}
console.log(JSON.stringify(answers));
