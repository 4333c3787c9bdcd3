// Builds trees with npm's own tree builder from packuments that it serves to itself.
// Reads one JSON line a case, {project, packuments: {name: packument}}, and answers one line for each:
// {packages: {path: {name, version, optional, dev, peer, inert}}} or {error: code}.
const { createServer } = require('node:http')
const { mkdtempSync, mkdirSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { createInterface } = require('node:readline')
const { execFileSync } = require('node:child_process')

const npm = join(execFileSync('npm', ['root', '-g']).toString().trim(), 'npm')
const Arborist = require(join(npm, 'node_modules/@npmcli/arborist'))

const scratch = mkdtempSync(join(tmpdir(), 'trees-'))
const cases = new Map()

const server = createServer((request, response) => {
  const [, number, ...rest] = decodeURIComponent(request.url).split('/')
  const packument = cases.get(number)?.[rest.join('/')]
  response.writeHead(packument ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(packument ?? { error: 'not found' }))
})

async function tree (number, { project, packuments, engines }) {
  cases.set(String(number), packuments)
  const path = join(scratch, String(number))
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), JSON.stringify(project))
  const registry = `http://127.0.0.1:${server.address().port}/${number}/`
  const options = {
    path, registry, cache: join(scratch, 'cache'), save: true, packumentCache: new Map(), audit: false,
    nodeVersion: engines?.node ?? '999.0.0', npmVersion: engines?.npm, fetchRetries: 0,
  }
  const built = await new Arborist(options).buildIdealTree({ complete: false })
  const packages = {}
  for (const node of built.inventory.values()) {
    if (node.isRoot || !node.package.version) continue
    packages[node.location] = {
      name: node.packageName, version: node.version, optional: node.optional, dev: node.dev, peer: node.peer,
      inert: !!node.inert,
    }
  }
  return { packages }
}

async function main () {
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  let number = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await tree(number++, JSON.parse(line)).catch(error => ({ error: error.code, detail: error.message }))
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  server.close()
  rmSync(scratch, { recursive: true })
}

main()
