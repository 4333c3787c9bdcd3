// Runs the packages that questions.json asks for, [mode, name, specifier] each, and prints how each was run: `module`,
// `commonjs`, or null where nothing of it ran. Each notes it itself in its first statement, so that what fails later
// counts as run.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

globalThis.prismSaw = {};
const require = createRequire(import.meta.url);
const answers = [];
for (const [mode, name, specifier] of JSON.parse(readFileSync(new URL('questions.json', import.meta.url), 'utf8'))) {
  try {
    if (mode === 'import') await import(specifier);
    else require(specifier);
  } catch {}
  answers.push(globalThis.prismSaw[name] ?? null);
}
console.log(JSON.stringify(answers));
