// @tus/server as its users run it, over a folder or a bucket; prints its address and serves until it is killed.
//
//     node tus_server.mjs <folder of modules> <settings as JSON>

import http from "node:http"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const [modules, told] = process.argv.slice(2)
const settings = JSON.parse(told)
const { resolve } = createRequire(join(modules, "any.js"))
const load = (name) => import(pathToFileURL(resolve(name)))

const EXPIRES = { expirationPeriodInMilliseconds: 86_400_000 }

async function store() {
  if (settings.folder) {
    const { FileStore } = await load("@tus/file-store")
    return new FileStore({ directory: settings.folder, ...EXPIRES })
  }
  const { S3Store } = await load("@tus/s3-store")
  const s3ClientConfig = {
    bucket: settings.bucket,
    region: settings.region,
    endpoint: settings.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId: settings.credential, secretAccessKey: settings.credential },
  }
  return new S3Store({ partSize: 8 << 20, s3ClientConfig, ...EXPIRES })
}

const { Server } = await load("@tus/server")
const tus = new Server({ path: "/files", datastore: await store() })
const server = http.createServer((request, answer) => tus.handle(request, answer))
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/files`))
