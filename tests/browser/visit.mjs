// Opens a page for a scenario, and prints as JSON what came of it and what the browser saw meanwhile.
//
//     node visit.mjs <program of the browser> <folder> <scenario> <what it is told, as JSON>
//
// A scenario is a module whose default export is given the page, what it is told, and `download`, which does what it is
// given and answers name and path of the file that the browser then downloads.

import { join } from "node:path"
import { pathToFileURL } from "node:url"
import puppeteer from "puppeteer-core"

const [program, folder, scenario, told] = process.argv.slice(2)
const WAIT = 30_000

const browser = await puppeteer.launch({
  executablePath: program,
  headless: "shell",
  userDataDir: join(folder, "profile"),
  protocolTimeout: 2 * WAIT,
  timeout: 2 * WAIT,
  // Nothing outside of this machine is found; nothing that the pages' own safety rests on is switched off.
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  ],
})

const complaints = []
const requests = []

function watch(page) {
  page.setDefaultTimeout(WAIT)
  page.on("console", (said) => {
    if (["error", "warn", "warning"].includes(said.type())) complaints.push(said.text())
  })
  page.on("pageerror", (error) => complaints.push(String(error)))
  page.on("requestfailed", (request) => {
    // A download takes the place of the page that was asked for.
    const reason = request.failure()?.errorText
    if (reason !== "net::ERR_ABORTED") complaints.push(`${reason}: ${request.url()}`)
  })
  page.on("request", (request) => {
    requests.push({ method: request.method(), url: request.url(), kind: request.resourceType() })
  })
}

async function downloading() {
  const session = await browser.target().createCDPSession()
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allowAndName",
    downloadPath: folder,
    eventsEnabled: true,
  })
  return async function download(act) {
    let name
    const done = new Promise((resolve, reject) => {
      session.on("Browser.downloadWillBegin", (began) => (name = began.suggestedFilename))
      session.on("Browser.downloadProgress", ({ state, guid }) => {
        if (state === "canceled") reject(new Error(`the download of ${name} was cancelled`))
        if (state === "completed") resolve({ name, path: join(folder, guid) })
      })
      setTimeout(() => reject(new Error(`nothing was downloaded; ${name ?? "nothing"} began`)), WAIT).unref()
    })
    await act()
    return done
  }
}

try {
  const { default: act } = await import(pathToFileURL(scenario))
  const page = await browser.newPage()
  watch(page)
  const result = await act(page, JSON.parse(told), { download: await downloading() })
  console.log(JSON.stringify({ result, complaints, requests }))
} catch (error) {
  console.error(error)
  console.error({ complaints, requests })
  process.exitCode = 1
} finally {
  await browser.close()
}
