import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { customerWithTicket } from "./api"
import { launch, newCustomer, password, person, seeded } from "./console"

// What a start asks for, and in which order: counted, because times depend on the machine.
let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Notes when rows appear, and when what they do not need begins. */
const observe = () => {
  const seen: Record<string, number> = {}
  const note = (what: string) => (seen[what] ??= performance.now())
  Object.assign(globalThis, { seen })
  const look = new MutationObserver(() => document.querySelector(".row, .queue-row") && (look.disconnect(), note("rows")))
  look.observe(document, { childList: true, subtree: true })
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined // a blank page has none
  const register = workers?.register.bind(workers)
  if (workers && register) workers.register = (...args) => (note("worker"), register(...args))
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL) {
      super(url)
      note("socket")
    }
  }
}

async function signedIn(phone: string) {
  const someone = await person(browser)
  await someone.context.addInitScript(observe)
  await someone.context.request.post("/login", { data: { phone, password, session: "cookie" } })
  return someone
}

/** The addresses that were asked for, with the times of their requests. */
const asked = (page: Page) =>
  page.evaluate(() => {
    const { seen } = globalThis as never as { seen: Record<string, number> }
    const resources = performance.getEntriesByType("resource").map(({ name, startTime }) => ({ path: name.slice(location.origin.length), at: startTime }))
    return { seen, resources }
  })

const nameOf = (path: string) => path.replace(/-[\w-]{8}\./, ".")

test("a customer's first rows take six requests and the font, and what they do not need comes after them", async () => {
  const { phone } = await customerWithTicket("First rows")
  const { page } = await signedIn(phone)
  await page.goto("/app/tickets")
  await page.locator(".row").first().waitFor()
  await expect.poll(async () => Object.keys((await asked(page)).seen).toSorted(), { timeout: 60_000 }).toEqual(["rows", "socket", "worker"])
  const { seen, resources } = await asked(page)
  const before = resources.filter(({ path, at }) => at < seen.rows! && !/icon|woff2/.test(path)).map(({ path }) => nameOf(path))
  expect(before.toSorted()).toEqual(["/app/assets/early.js", "/app/assets/en.js", "/app/assets/index.css", "/app/assets/index.js", "/profile", "/tickets?limit=30&status=new%2Copen%2Cpending"])
  expect(resources.filter(({ path, at }) => at < seen.rows! && path.endsWith("woff2")).map(({ path }) => nameOf(path))).toEqual(["/app/assets/vazirmatn-latin-wght-normal.woff2"])
  expect(seen.socket).toBeGreaterThan(seen.rows!)
  expect(seen.worker).toBeGreaterThan(seen.rows!)
})

test.each([
  ["/app/tickets", "customer", "/tickets?limit=30&status=new%2Copen%2Cpending"],
  ["/app/inbox/open", "agent", "/tickets?status=new%2Copen%2Cpending%2Con_hold&sort=waiting&limit=50"],
] as const)("the rows of %s are asked for once, before the console and the profile are there", async (path, role, rows) => {
  if (role === "agent") await customerWithTicket("In the queue")
  const { page, context } = await signedIn(role === "agent" ? seeded.agent : (await customerWithTicket("Early")).phone)
  let count = 0
  let begun = () => {}
  const first = new Promise<void>((resolve) => (begun = resolve))
  page.on("request", (request) => {
    if (!request.url().endsWith(rows)) return
    count++
    begun()
  })
  for (const later of ["**/app/assets/index-*.js", "**/profile"]) await context.route(later, (route) => first.then(() => route.continue()))
  await context.route("**/realtime/tickets", (route) => route.abort()) // after it opens, the list is asked for again
  await page.goto(path)
  await page.locator(".row, .queue-row").first().waitFor()
  expect(count).toBe(1)
})

test("the unread number is asked for once, after the socket is open; the list again, for what the first answer missed", async () => {
  const { page } = await signedIn((await customerWithTicket("Once")).phone)
  const order: string[] = []
  page.on("websocket", () => order.push("socket"))
  page.on("request", (request) => {
    const { pathname } = new URL(request.url())
    if (["/tickets", "/notifications"].includes(pathname)) order.push(pathname)
  })
  await page.goto("/app/tickets")
  await expect.poll(() => order, { timeout: 60_000 }).toHaveLength(4)
  await page.waitForTimeout(1_000)
  expect([order.slice(0, 2), order.slice(2).toSorted()]).toEqual([["/tickets", "socket"], ["/notifications", "/tickets"]])
})

test("staff ask for the numbers of the queues once, after the socket is open", async () => {
  const { page } = await signedIn(seeded.agent)
  const order: string[] = []
  page.on("websocket", () => order.push("socket"))
  page.on("request", (request) => new URL(request.url()).pathname === "/tickets/counts" && order.push("counts"))
  await page.goto("/app/inbox/open")
  await expect.poll(() => order, { timeout: 60_000 }).toContain("counts")
  await page.waitForTimeout(1_000)
  expect(order).toEqual(["socket", "counts"])
})

test("a customer without tickets asks once whether there is any", async () => {
  const { page } = await signedIn(await newCustomer("Sara Ahmadi"))
  const lists: string[] = []
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url())
    if (pathname === "/tickets") lists.push(search)
  })
  await page.goto("/app/tickets")
  await page.getByText("No tickets yet").waitFor()
  await expect.poll(() => lists.length, { timeout: 60_000 }).toBeGreaterThan(2)
  await page.waitForTimeout(1_000)
  const active = "?limit=30&status=new%2Copen%2Cpending"
  expect(lists).toEqual([active, "?limit=1", active])
})
