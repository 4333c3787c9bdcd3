// Answers the packuments that npm has fetched, from npm's own cache: one JSON line each.
// Arguments: the cache's folder.
const { join } = require('node:path')
const { execFileSync } = require('node:child_process')

const npm = join(execFileSync('npm', ['root', '-g']).toString().trim(), 'npm')
const cacache = require(join(npm, 'node_modules/cacache'))

const FIELDS = [
  'name', 'version', 'dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta', 'engines',
  'os', 'cpu', 'libc', 'bundleDependencies', 'bundledDependencies', 'deprecated', 'dist', 'main', 'module',
  'exports', 'type',
]

async function main () {
  const cache = join(process.argv[2], '_cacache')
  for (const key of Object.keys(await cacache.ls(cache))) {
    const url = key.replace(/^make-fetch-happen:request-cache:/, '')
    if (!url.startsWith('http') || url.endsWith('.tgz') || url.includes('/-/')) continue
    const packument = JSON.parse((await cacache.get(cache, key)).data.toString())
    if (!packument.versions) continue
    const versions = {}
    for (const [version, fields] of Object.entries(packument.versions)) {
      versions[version] = Object.fromEntries(FIELDS.filter(name => name in fields).map(name => [name, fields[name]]))
      const { integrity, tarball, shasum } = fields.dist ?? {}
      versions[version].dist = { integrity, tarball, shasum }
    }
    const answer = { name: packument.name, 'dist-tags': packument['dist-tags'], versions }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

main()
