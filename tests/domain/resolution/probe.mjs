// Asks the runtime that runs it where each specifier of specifiers.json leads, and prints one JSON object:
// specifier -> { import, require }, each the path of a regular file below node_modules, or null where the runtime
// refuses or the file does not exist (import.meta.resolve alone does not look).
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = realpathSync(join(here, 'node_modules')) + '/';
const require = createRequire(import.meta.url);

function file(path) {
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

const answers = {};
for (const specifier of JSON.parse(readFileSync(join(here, 'specifiers.json'), 'utf8'))) {
  answers[specifier] = {
    import: attempt(() => fileURLToPath(import.meta.resolve(specifier))),
    require: attempt(() => require.resolve(specifier)),
  };
}
console.log(JSON.stringify(answers));
