import type { Browser, BrowserContext, Page, Route } from "playwright-core"
import { expect } from "vitest"
import type { components } from "../src/api/schema"
import { apiUrl, type Look, type Person, person } from "./console"

// Answers of the API that never change, so that a screen looks the same in every run. Their types
// are those of openapi.yaml. The files of the console come from the local stack.

type Schemas = components["schemas"]
type Language = "en" | "fa"
export type Role = Schemas["Role"] | "nobody"
/** What the API does: it answers, has nothing, fails, never answers, is out of reach after it has answered, or ends the session at the first write. */
export type State = "full" | "empty" | "error" | "loading" | "offline" | "ended"

export const now = new Date("2026-11-25T09:30:00Z")
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()
const id = (n: number) => `01KASGD4A0${String(n).padStart(16, "0")}`
export const ticketId = id(1)
export const closedTicketId = id(5)

const people = {
  sara: { id: id(901), name: "Sara Ahmadi", role: "user" },
  omid: { id: id(902), name: "امید کریمی", role: "user" },
  long: { id: id(903), name: "Maximiliane-Alexandra von Hohenstein-Wittgenstein", role: "user" },
  reza: { id: id(904), name: "Reza Karimi", role: "support" },
  neda: { id: id(905), name: "ندا رضایی", role: "support" },
  parisa: { id: id(906), name: "Parisa Moradi", role: "admin" },
} as const satisfies Record<string, Schemas["Author"]>

const viewers = { user: people.sara, support: people.reza, admin: people.parisa }

function user(role: Schemas["Role"], locale: Language): Schemas["User"] {
  const { id, name } = viewers[role]
  return { id, name, role, phone: "+989120000004", email: "sara@example.com", emailVerified: false, province: { id: "tehran", name: "Tehran" }, city: null, pictureUrl: null, locale, notifications: { email: true, sms: false, push: false, pushText: false }, createdAt: ago(90_000) }
}

const categoryNames: [string, string, string, string][] = [
  ["Billing and payments", "صورتحساب و پرداخت", "Invoices, refunds, cards", "فاکتور، بازگشت وجه، کارت"],
  ["Technical problem", "مشکل فنی", "Something does not work as it should", "چیزی درست کار نمی‌کند"],
  ["Account", "حساب کاربری", "Sign-in, name, number", "ورود، نام، شماره"],
  ["Other", "سایر", "", ""],
]
const categories = (language: Language): Schemas["Category"][] =>
  categoryNames.map(([en, fa, textEn, textFa], i) => ({ id: id(800 + i), name: language === "fa" ? fa : en, description: language === "fa" ? textFa : textEn, active: i < 3, names: { en, fa }, descriptions: { en: textEn, fa: textFa }, order: i + 1 }))

interface Draft {
  title: string
  preview: string
  status: Schemas["Status"]
  priority: Schemas["Priority"]
  minutes: number
  unread?: number
  customer?: Schemas["Author"]
  assignee?: Schemas["Author"] | null
  tags?: string[]
}
const drafts: Draft[] = [
  { title: "Charged twice for invoice 4711", preview: "We have paid the second charge back. It arrives within 3 days.", status: "open", priority: "high", minutes: 2, assignee: people.reza, tags: ["refund", "کارت‌خوان", "vip"] },
  { title: "اپلیکیشن بعد از به‌روزرسانی باز نمی‌شود", preview: "سلام، از دیروز که نسخهٔ ۴٫۲ نصب شد برنامه بسته می‌شود.", status: "new", priority: "urgent", minutes: 41, unread: 3, customer: people.omid },
  { title: "The export of last year's transactions to a spreadsheet ends with an error after a few minutes, for every account of our company", preview: "Thank you, I try it again tomorrow morning and write what happens then.", status: "pending", priority: "medium", minutes: 300, unread: 1, customer: people.long, assignee: people.neda },
  { title: "شمارهٔ IBAN در پروفایل: IR06 2960 0000", preview: "ok", status: "on_hold", priority: "low", minutes: 1500, unread: 120, customer: people.omid, assignee: people.reza },
  { title: "Change of the delivery address", preview: "Done. The new address is used from now on.", status: "resolved", priority: "medium", minutes: 3000, assignee: people.neda },
  { title: "Old question", preview: "Thank you!", status: "closed", priority: "low", minutes: 60_000, assignee: people.reza },
]
const ref = ({ id, name }: { id: string; name: string }): Schemas["UserSummary"] => ({ id, name, pictureUrl: null })

const tickets = (language: Language): Schemas["Ticket"][] =>
  drafts.map((draft, i) => ({
    id: id(i + 1), number: `BMQ-${4711 + i * 97}`, title: draft.title, status: draft.status, priority: draft.priority, category: { id: id(800 + (i % 3)), name: categories(language)[i % 3]!.name },
    customer: ref(draft.customer ?? people.sara), openedBy: null, assignee: draft.assignee ? ref(draft.assignee) : null, tags: draft.tags ?? [], followUpOf: i === 0 ? { id: id(6), number: "BMQ-5196" } : null, followUps: [],
    lastSeq: entries(language, id(i + 1)).length, unread: draft.unread ?? 0, preview: draft.preview, createdAt: ago(draft.minutes + 4000), lastActivityAt: ago(draft.minutes), waitingSince: ago(draft.minutes), firstReplyAt: null,
    resolvedAt: draft.status === "resolved" ? ago(draft.minutes) : null, closedAt: draft.status === "closed" ? ago(draft.minutes) : null, reopenUntil: null, version: 1,
  }))

/** A long queue, in the order of the server. */
export const manyTickets = (count: number): Schemas["Ticket"][] =>
  Array.from({ length: count }, (_, i) => ({ ...tickets("en")[0]!, id: id(10_000 + i), number: `BMQ-${10_000 + i}`, title: `Ticket ${i + 1}`, waitingSince: ago(count - i) }))

type Line = [author: Schemas["Author"], kind: Schemas["Entry"]["kind"], body: string, minutes: number, extra?: Partial<Schemas["Entry"]>]
const change = (field: NonNullable<Schemas["EntryChange"]>["field"], to: string | null, toName: string | null = null): Partial<Schemas["Entry"]> => ({ change: { field, from: null, to, fromName: null, toName } })
const file = (n: number, name: string, type: Schemas["MediaType"], rest: Partial<Schemas["Attachment"]> = {}): Schemas["Attachment"] => ({ id: id(700 + n), name, type, size: 184_320, state: "ready", width: null, height: null, ...rest })
const lines: Line[] = [
  [people.sara, "opened", "Hello, my card was charged twice for invoice 4711.\n\nCould you look at it? The picture shows both charges.", 1500, { attachments: [file(1, "receipt.png", "image/png", { width: 640, height: 400 }), file(2, "صورت‌حساب ماهانهٔ آبان.pdf", "application/pdf")] }],
  [people.reza, "assignment", "", 1490, change("assignee", people.reza.id, people.reza.name)],
  [people.reza, "status", "", 1489, change("status", "open")],
  [people.reza, "message", "سلام سارا، تراکنش دوم را در حساب شما می‌بینم: 2,450,000 ریال. لینک پیگیری: https://example.com/refunds/4711?a=1 است.", 1480],
  [people.reza, "note", "The provider confirmed the double charge. Refund 81-22 is on its way.", 1470],
  [people.sara, "message", "Thank you! When does it arrive?", 45],
  [people.sara, "message", "ممنون از پیگیری شما", 44],
  [people.reza, "priority", "", 20, change("priority", "high")],
  [people.reza, "message", "We have paid the second charge back. It arrives within 3 days.", 2],
]
function entries(language: Language, ticket: string): Schemas["Entry"][] {
  const own = ticket === ticketId ? lines : ([[people.sara, "opened", "Hello!", 4000]] as Line[])
  return own.map(([author, kind, body, minutes, extra], i) => ({
    ticketId: ticket, seq: i + 1, prev: i || null, kind, author, body, attachments: [], change: null, clientId: null, createdAt: ago(minutes), state: { status: "open", priority: "high", categoryId: categories(language)[0]!.id, assigneeId: people.reza.id }, ...extra,
  })) as Schemas["Entry"][]
}

const notifications = (): Schemas["Notification"][] =>
  ([
    ["reply", "Charged twice for invoice 4711", "Reza Karimi: We have paid the second charge back. It arrives within 3 days.", 2, ticketId],
    ["status", "اپلیکیشن باز نمی‌شود", "وضعیت: حل‌شده", 190, id(2)],
    ["broadcast", "Maintenance on Friday", "The service is not available from 2 to 4 in the night.", 1600, null],
    ["assignment", "Change of the delivery address", "Handled by ندا رضایی", 3000, closedTicketId],
  ] as const).map(([kind, title, body, minutes, ticket], i) => ({ id: id(600 + i), kind, title, body, ticketId: ticket, read: i > 1, createdAt: ago(minutes), deliveries: {} }))

const percentiles = (medianSeconds: number | null, p90Seconds: number | null): Schemas["Percentiles"] => ({ count: medianSeconds === null ? 0 : 12, medianSeconds, p90Seconds })
function stats(language: Language, empty: boolean): Schemas["Stats"] {
  const days = Array.from({ length: 30 }, (_, i) => ({ day: new Date(now.getTime() - (29 - i) * 86_400_000).toISOString().slice(0, 10), created: empty ? 0 : (i * 7) % 23, resolved: empty ? 0 : (i * 5) % 19, closed: empty ? 0 : i % 4, reopened: empty ? 0 : i % 3 }))
  const named = categories(language).slice(0, 3)
  return {
    from: days[0]!.day, to: days[29]!.day, timezone: "Asia/Tehran", days, openSockets: empty ? 0 : 1284, firstResponse: empty ? percentiles(null, null) : percentiles(540, 5400), resolution: empty ? percentiles(null, null) : percentiles(18_000, 260_000),
    byCategory: empty ? [] : named.map(({ id, name }, i) => ({ id, name, created: 120 - i * 31, resolved: 98 - i * 20, closed: 40, reopened: 3, firstResponse: percentiles(600, 4000), resolution: percentiles(9000 * (i + 1), 90_000) })),
    byAgent: empty ? [] : [people.reza, people.neda].map(({ id, name }, i) => ({ id, name, resolved: 61 - i * 9, replies: 240 - i * 77, firstResponse: percentiles(480 + i * 400, 3000), resolution: percentiles(7200, 90_000) })),
    backlog: { status: empty ? { new: 0, open: 0, pending: 0, on_hold: 0 } : { new: 12, open: 31, pending: 8, on_hold: 2 }, category: [], age: { lt1d: empty ? 0 : 21, d1to3: empty ? 0 : 14, d3to7: empty ? 0 : 9, gt7d: empty ? 0 : 9 } },
  }
}

const adminUsers = (language: Language): Schemas["AdminUser"][] =>
  [people.sara, people.omid, people.long, people.reza, people.parisa].map((each, i) => ({ ...user(each.role, language), ...each, phone: `+98912000000${i}`, email: i % 2 ? null : "someone@example.com", disabled: i === 1, lastSeenAt: i === 2 ? null : ago(i * 700 + 3) }))

const none: Schemas["DeliveryCounts"] = { queued: 0, sent: 0, failed: 0, skipped: 0 }
const broadcasts = (): Schemas["Broadcast"][] => [
  { id: id(500), state: "sending", cancellable: true, title: "Maintenance on Friday", body: "The service is not available from 2 to 4 in the night. Nothing that you have written is lost.", audience: { roles: ["user"] }, channels: ["app", "email", "sms"], counts: { total: 1204, app: { sent: 1204 }, email: { queued: 400, sent: 700, failed: 4, skipped: 100 }, sms: { queued: 804, sent: 400, failed: 0, skipped: 0 }, push: none }, createdAt: ago(4), finishedAt: null },
  { id: id(501), state: "done", cancellable: false, title: "نوروز مبارک", body: "پشتیبانی در روزهای اول تا چهارم فروردین بسته است.", audience: { all: true }, channels: ["app"], counts: { total: 1190, app: { sent: 1190 }, email: none, sms: none, push: none }, createdAt: ago(9000), finishedAt: ago(8990) },
]

const activity = (language: Language): Schemas["Activity"][] => entries(language, ticketId).toReversed().map((entry) => ({ ...entry, number: "BMQ-4711", title: drafts[0]!.title }))

const audit = (): Schemas["AuditRecord"][] => [
  { id: id(400), at: ago(50), actor: people.parisa, address: "203.0.113.7", action: "user.changed", target: people.omid.id, before: { role: "user", disabled: false } as never, after: { role: "support", disabled: true } as never },
  { id: id(401), at: ago(5000), actor: people.parisa, address: "2001:db8::1", action: "category.created", target: id(800), before: null, after: { name: "Billing and payments", order: 1 } as never },
]

const health = (language: Language): Schemas["HealthReport"] => ({ state: "degraded", version: "1.4.0-9ff1ca0", failedDeliveries: 2, checks: [{ name: "table", state: "ok", latencyMs: 4, detail: "" }, { name: "bucket", state: "down", latencyMs: 3000, detail: language === "fa" ? "پاسخ نمی‌دهد" : "does not answer" }, { name: "stream-deliver", state: "ok", latencyMs: 86, detail: language === "fa" ? "31 میلی‌ثانیه تأخیر" : "31 ms behind" }, { name: "delivery-failures", state: "degraded", latencyMs: 9, detail: language === "fa" ? "1٬204 در انتظار" : "1,204 waiting" }] })

const empty = { data: [], page: { next: null, hasMore: false }, unread: 0 }
const page = <T>(data: T[], more: object = {}) => ({ data, page: { next: null, hasMore: false }, ...more })

const problem: Schemas["Problem"] = { type: "about:blank", title: "Service unavailable", status: 503, detail: "Service unavailable", errors: [], code: "internal" as Schemas["ErrorCode"], requestId: "9f3c1e2a-77aa" }

/** The body of an answer, or undefined for 404. */
function answer(path: string, query: URLSearchParams, role: Schemas["Role"], language: Language, state: State): unknown {
  const none = state === "empty"
  const all = tickets(language)
  const [, first = "", second = "", third = ""] = path.split("/")
  switch (first) {
    case "profile":
      return user(role, language)
    case "sessions":
      return page<Schemas["Session"]>([{ id: id(300), device: "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0", createdAt: ago(900), lastUsedAt: ago(1), current: true }, { id: id(301), device: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", createdAt: ago(9000), lastUsedAt: ago(800), current: false }])
    case "provinces":
      return { data: [{ id: "tehran", name: "Tehran", nameFa: "تهران", cities: [{ id: "tehran", name: "Tehran", nameFa: "تهران" }] }] }
    case "categories":
      return none && role === "admin" ? empty : page(categories(language))
    case "agents":
      return page<Schemas["Agent"]>([people.reza, people.neda, people.parisa].map((each, i) => ({ id: each.id, name: each.name, role: each.role, pictureUrl: null, online: i < 2, openTickets: i * 7 })))
    case "customers":
      return { ...people.sara, phone: "+989120000004", email: "sara@example.com", province: { id: "tehran", name: language === "fa" ? "تهران" : "Tehran" }, city: null, locale: language, createdAt: ago(90_000), tickets: { open: 3, all: 12 } } satisfies Schemas["Customer"] & { role: string }
    case "notifications":
      return none ? empty : page(notifications(), { unread: 2 })
    case "tickets":
      if (second === "counts") return { mine: none ? 0 : 14, unassigned: none ? 0 : 3, unread: 2, byStatus: { ...(none ? { new: 0, open: 0, pending: 0, on_hold: 0 } : { new: 12, open: 31, pending: 8, on_hold: 2 }), resolved: 0, closed: 0 }, byCategory: [], byPriority: none ? { urgent: 0, high: 0, medium: 0, low: 0 } : { urgent: 1, high: 5, medium: 38, low: 9 } } satisfies Schemas["TicketCounts"]
      if (second && third === "history") return page(entries(language, second))
      if (second) {
        const ticket = all.find((each) => each.id === second)
        const own = entries(language, second).filter((entry) => role !== "user" || entry.kind !== "note")
        return ticket && { ticket, entries: own, hasMore: false, readers: [{ ...people.sara, seq: own.length }] }
      }
      return none ? empty : page(query.get("status")?.startsWith("resolved") ? all.slice(4) : query.get("customer") ? all.slice(2, 5) : role === "user" ? all.filter((each) => each.customer.id === people.sara.id || each.status !== "new") : all.slice(0, 4))
    case "users":
      return none ? empty : page(adminUsers(language))
    case "broadcasts":
      return none ? empty : page(broadcasts())
  }
  switch (second) {
    case "stats":
      return stats(language, none)
    case "activity":
      return none ? empty : page(activity(language))
    case "audit":
      return none ? empty : page(audit())
    case "health":
      return health(language)
    case "deliveries":
      return none ? empty : page<Schemas["ChannelDelivery"]>([{ notificationId: id(200), userId: people.omid.id, channel: "sms", state: "failed", reason: "provider", detail: "throttled by the provider", attempts: 3, at: ago(70) }])
    case "suppressions":
      return none ? empty : page<Schemas["Suppression"]>([{ address: "nobody@example.com", reason: "bounce", at: ago(7000) }])
  }
}

const picture = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><rect width="640" height="400" fill="#b7c4d1"/><rect x="40" y="40" width="320" height="24" fill="#fff"/><rect x="40" y="90" width="520" height="200" fill="#8fa3b5"/></svg>')

/** Somebody with a role whose API answers from here. The time stands still. */
export async function somebody(browser: Browser, role: Role, look: Look & { state?: State } = {}): Promise<Person> {
  const { language = "en", state = "full" } = look
  const one = await person(browser, { ...look, worker: false })
  await one.page.clock.setFixedTime(now)
  await one.context.route(
    (url) => url.origin === new URL(apiUrl()).origin && !/^\/app(\/|$)/.test(url.pathname),
    (route) => reply(route, role, language, state),
  )
  await one.context.routeWebSocket(/^wss?:/, (socket) => {
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { action: string; topic?: string }
      if (frame.action === "ping") socket.send(JSON.stringify({ type: "pong", at: now.toISOString() }))
    })
  })
  return one
}

/** Contexts in which a colleague has just changed the tags that somebody sets. */
const overtaken = new WeakSet<BrowserContext>()

function overtake(answer: unknown): unknown {
  const { ticket, entries: own, ...rest } = answer as { ticket: Schemas["Ticket"]; entries: Schemas["Entry"][] }
  const tags = ["refund", "بازپرداخت", "waits for the accounting department"]
  return { ...rest, ticket: { ...ticket, tags, version: 2 }, entries: [...own, { ...own.at(-1)!, author: people.neda, kind: "tags", body: "", change: { field: "tags", from: null, to: tags.join(), fromName: null, toName: null } }] }
}

async function reply(route: Route, role: Role, language: Language, state: State): Promise<void> {
  const url = new URL(route.request().url())
  if (url.pathname === "/realtime/tickets") return route.fulfill({ status: 201, json: { ticket: "t", url: apiUrl().replace(/^http/, "ws"), expiresAt: now.toISOString() } })
  const context = route.request().frame().page().context()
  if (url.pathname.startsWith("/attachments/")) return route.fulfill({ contentType: "image/svg+xml", body: picture })
  if (state === "ended" && route.request().method() !== "GET") return route.fulfill({ status: 401, json: { ...problem, status: 401, code: "session_ended" } })
  if (route.request().method() === "PATCH" && url.pathname.startsWith("/tickets/")) {
    overtaken.add(context)
    return route.fulfill({ status: 412, json: { ...problem, status: 412, code: "version_stale" } })
  }
  if (role === "nobody") return route.fulfill({ status: 401, json: { ...problem, status: 401, code: "unauthenticated" } })
  if (state === "error" && !["/profile", "/categories"].includes(url.pathname)) return route.fulfill({ status: 500, json: { ...problem, status: 500 } })
  if (state === "offline" && route.request().method() !== "GET") return route.abort("internetdisconnected")
  if (state === "loading" && url.pathname !== "/profile") return // never answers
  if (url.pathname === "/broadcasts" && route.request().method() === "POST") return route.fulfill({ json: { total: 1204, complete: true } satisfies Schemas["RecipientCount"] })
  const body = answer(url.pathname, url.searchParams, role, language, state)
  if (url.pathname === `/tickets/${ticketId}` && overtaken.delete(context)) return route.fulfill({ json: overtake(body) })
  return body === undefined ? route.fulfill({ status: 404, json: { ...problem, title: "Not found", status: 404, code: "not_found" } }) : route.fulfill({ json: body })
}

const quiet = 150

/** Opens a screen and waits until it stands still: no request is open, and none follows. */
export async function open(page: Page, path: string, state: State = "full"): Promise<void> {
  let pending = 0
  let since = Date.now()
  const count = (by: number) => () => void ((pending += by), (since = Date.now()))
  const [more, less] = [count(1), count(-1)]
  page.on("request", more).on("requestfinished", less).on("requestfailed", less)
  await page.context().setOffline(false)
  await page.goto(`/app${path}`)
  await page.locator("#app > *").first().waitFor()
  if (state === "loading") await page.locator(".skeleton").first().waitFor()
  else if (state === "error") await page.locator(".empty[role=alert]").first().waitFor() // after two more tries
  else {
    await expect.poll(() => pending <= 0 && Date.now() - since > quiet, { timeout: 60_000, interval: 30 }).toBe(true)
    await page.locator(".skeleton").first().waitFor({ state: "detached" }) // what has arrived is drawn
  }
  page.off("request", more).off("requestfinished", less).off("requestfailed", less)
  if (await page.locator(".log-list").count()) await page.locator(".log-row").first().waitFor()
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  if (state === "offline") {
    await page.context().setOffline(true)
    await page.locator(".network-bar").waitFor()
  }
}
