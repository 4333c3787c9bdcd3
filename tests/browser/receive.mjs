// Opens the page of a bucket as somebody who was sent the link: a wrong password, the right one, and a file.

export default async function receive(page, { address, password }, { download }) {
  await page.goto(address)
  const asked = await page.title()
  await enter(page, `not ${password}`)
  const refused = await page.$eval("[role=alert]", (said) => said.textContent)
  await enter(page, password)
  return {
    asked,
    refused,
    title: await page.title(),
    heading: await page.$eval("h1", (heading) => heading.textContent),
    files: await page.$$eval("li .name", (names) => names.map((name) => name.innerText)),
    width: await page.$eval("main", (main) => getComputedStyle(main).maxWidth),
    downloaded: await download(() => page.click("li a")),
  }
}

async function enter(page, password) {
  await page.type("input[type=password]", password)
  await Promise.all([page.waitForNavigation(), page.click("button")])
}
