'use strict'
// {files: {path: text}} -> the manifest that npm sends when it publishes a folder of these files.
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:http')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { createInterface } = require('node:readline')
const { execFileSync } = require('node:child_process')

const npm = join(execFileSync('npm', ['root', '-g']).toString().trim(), 'npm')
const PackageJson = require(join(npm, 'node_modules/@npmcli/package-json'))
const { publish } = require(join(npm, 'node_modules/libnpmpublish'))

const scratch = mkdtempSync(join(tmpdir(), 'publications-'))
let sent

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => {
    sent = JSON.parse(Buffer.concat(chunks))
    response.writeHead(201, { 'content-type': 'application/json' })
    response.end('{}')
  })
})

async function manifest (number, { files }) {
  const path = join(scratch, String(number))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  const { content } = await (await PackageJson.fix(path)).prepare()
  const registry = `http://127.0.0.1:${server.address().port}/`
  await publish(content, Buffer.from('tarball'), { registry, forceAuth: { token: 'x' }, cache: join(scratch, 'cache') })
  return Object.values(sent.versions)[0]
}

async function main () {
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  let number = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await manifest(number++, JSON.parse(line)).catch(error => ({ error: error.code, detail: error.message }))
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  server.close()
  server.closeAllConnections()
  rmSync(scratch, { recursive: true })
}

main()
