import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry } from "../api/types"
import { editDraft, draftKey, draftSignal, forgetDrafts } from "../drafts/drafts"
import { t } from "../i18n"
import { database, deleteDatabase, openDatabase } from "../log/db"
import { forgetLogs, logSignal, takeEntries } from "../log/store"
import { add, flush, outbox, retry, startOutbox, stopOutbox, takeBack } from "./outbox"

// A server with one log per ticket. It stores each clientId once, as pkg/ticket does.
class Server {
  entries: Entry[] = []
  requests: { path: string; body: { clientId: string; body: string; after?: number; attachmentIds?: string[] } }[] = []
  uploads: { key: string; name: string }[] = []
  /** Answers of the next requests: fail before the write, after it, or with a status. */
  faults: ("before" | "after" | number | null)[] = []
  /** Requests for this ticket get no answer until it is "". */
  slow = ""

  async handle(url: string, init: RequestInit): Promise<Response> {
    const path = url.split("?")[0]!
    const body = init.body ? JSON.parse(String(init.body)) : null
    if (init.method !== "POST") return json(200, { data: [], page: { hasMore: false }, lastSeq: this.entries.length })
    if (path === "/attachments") {
      this.uploads.push({ key: (init.headers as Record<string, string>)["idempotency-key"]!, name: body.name })
      return json(201, { id: `a${this.uploads.length}`, upload: { url: "https://bucket", fields: {} }, expiresAt: "2999-01-01T00:00:00Z" })
    }
    this.requests.push({ path, body })
    await vi.waitFor(() => expect(path).not.toBe(`/tickets/${this.slow}/messages`), { timeout: 20_000 })
    const fault = this.faults.shift()
    if (fault === "before") throw new TypeError("Failed to fetch")
    if (typeof fault === "number") return json(fault, { type: "x", title: "refused", status: fault, code: { 404: "attachment_not_found", 409: "ticket_closed" }[fault] ?? "internal" })
    let entry = this.entries.find((each) => each.clientId === body.clientId)
    if (!entry) {
      entry = { ticketId: path.split("/")[2]!, seq: this.entries.length + 1, prev: this.entries.length, kind: "message", author: { id: "me", name: "Me", role: "user" }, body: body.body, attachments: [], change: null, clientId: body.clientId, createdAt: "2026-01-01T00:00:00Z", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } } as Entry
      this.entries.push(entry)
    }
    if (fault === "after") throw new TypeError("Failed to fetch")
    return json(201, entry)
  }
}

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
let server: Server
let held: Promise<unknown> = Promise.resolve()

beforeEach(async () => {
  server = new Server()
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => server.handle(url, init))
  // One holder at a time, as the Web Lock.
  Object.defineProperty(navigator, "locks", { configurable: true, value: { request: (_: string, run: () => Promise<unknown>) => (held = held.then(run, run)) } })
  vi.spyOn(Math, "random").mockReturnValue(0.01)
  await openDatabase("me")
  server.entries.push({ ...({} as Entry), seq: 1, prev: 0, ticketId: "t", clientId: null, kind: "opened", author: { id: "me", name: "Me", role: "user" }, attachments: [] } as unknown as Entry)
  await takeEntries("t", server.entries, { kind: "newest", lastSeq: 1, hasMore: false })
  await startOutbox()
})
afterEach(async () => {
  stopOutbox()
  forgetDrafts()
  forgetLogs()
  await held.catch(() => {})
  await deleteDatabase("me")
  vi.unstubAllGlobals()
})

const write = (body: string, ticketId = "t") => add({ kind: "message", ticketId, body, internal: false, files: [] }, draftKey(ticketId))
const empty = () => vi.waitFor(async () => expect(await (await database()).count("outbox")).toBe(0), { timeout: 10_000 })
const bodies = () => server.entries.slice(1).map((entry) => entry.body)

test("what is written is stored before it is sent, and empties the draft", async () => {
  server.faults = ["before"]
  editDraft(draftKey("t"), { text: "Hello" })
  await write("Hello")
  expect((await (await database()).getAll("outbox")).map((item) => item.body)).toEqual(["Hello"])
  expect(draftSignal(draftKey("t")).value.text).toBe("")
  await empty()
  expect(bodies()).toEqual(["Hello"])
})

test("a message is sent without the space around it", async () => {
  await write("\n  two\n  lines \n")
  await empty()
  expect(bodies()).toEqual(["two\n  lines"])
})

test("what is typed while a message is being stored stays in the draft", async () => {
  const key = draftKey("t")
  editDraft(key, { text: "first" })
  const storing = write("first")
  expect(draftSignal(key).value.text).toBe("") // so that a second click sends nothing
  editDraft(key, { text: "second" })
  await storing
  expect(draftSignal(key).value.text).toBe("second")
  expect((await (await database()).get("drafts", key))?.text).toBe("second")
})

test("twenty messages through failures before and after the write: each once, in order", async () => {
  server.faults = Array.from({ length: 40 }, (_, i) => (["before", "after", 503] as const)[i % 3]!)
  for (let i = 0; i < 20; i++) await write(`message ${i}`)
  vi.spyOn(Math, "random").mockReturnValue(0)
  flush()
  await empty()
  expect(bodies()).toEqual(Array.from({ length: 20 }, (_, i) => `message ${i}`))
  expect(logSignal("t").value.entries).toHaveLength(21)
})

test("a repeat sends the same `after`, also when the log has gone on meanwhile", async () => {
  server.faults = ["after"]
  await write("Hello")
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(0))
  await takeEntries("t", [{ ...server.entries[0]!, seq: 2, prev: 1, clientId: "other" }], { kind: "single" })
  flush()
  await empty()
  expect(new Set(server.requests.map((request) => request.body.after))).toEqual(new Set([1]))
})

test("a refused message stays, can be edited or sent again, and does not hold up the next one", async () => {
  server.faults = [409]
  const refused = await write("late")
  await write("next")
  await vi.waitFor(() => expect(bodies()).toEqual(["next"]))
  await vi.waitFor(() => expect(outbox.value.map((item) => [item.state, item.problem?.code])).toEqual([["refused", "ticket_closed"]]))
  await retry(refused.clientId)
  await empty()
  expect(bodies()).toEqual(["next", "late"])
  server.faults = [409]
  const again = await write("again")
  await vi.waitFor(() => expect(outbox.value[0]?.state).toBe("refused"))
  expect((await takeBack(again.clientId))?.body).toBe("again")
  await empty()
})

test("401 keeps everything until somebody signs in", async () => {
  server.faults = [401]
  await write("Hello")
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([server.requests.length, outbox.value[0]?.state]).toEqual([1, "waiting"])
  await startOutbox()
  await empty()
  expect(bodies()).toEqual(["Hello"])
})

test("what gets through makes the next try quick again", async () => {
  server.faults = Array.from({ length: 24 }, (_, i) => (i % 2 ? "after" : null))
  const timers = vi.spyOn(globalThis, "setTimeout")
  for (let i = 0; i < 12; i++) await write(`message ${i}`)
  await empty()
  expect(bodies()).toEqual(Array.from({ length: 12 }, (_, i) => `message ${i}`))
  const delays = timers.mock.calls.filter(([run]) => run === flush).map(([, delay]) => delay!)
  expect(delays.length).toBeGreaterThan(0)
  expect(Math.max(...delays)).toBeLessThan(0.01 * 500 * 2 ** 2)
})

test("what takes long in one ticket does not hold up another, written meanwhile", async () => {
  server.slow = "t"
  await write("large")
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await write("small", "u")
  await vi.waitFor(() => expect(bodies()).toEqual(["small"]))
  server.slow = ""
  await empty()
  expect(bodies()).toEqual(["small", "large"])
})

test("a message whose file the browser has lost is refused, and can be edited without it", async () => {
  const item = await add({ kind: "message", ticketId: "t", body: "see", internal: false, files: ["lost"] }, draftKey("t"))
  await vi.waitFor(() => expect(outbox.value[0]?.state).toBe("refused"))
  expect(await takeBack(item.clientId)).toMatchObject({ body: "see", files: [] })
  await empty()
})

/** Uploads to a bucket that gives these answers, then takes everything. */
function serveBucket(...answers: [status: number, text: string][]): void {
  vi.stubGlobal("XMLHttpRequest", class {
    upload = {}
    status = 204
    responseText = ""
    onload = () => {}
    open() {}
    send() {
      ;[this.status, this.responseText] = answers.shift() ?? [204, ""]
      setTimeout(() => this.onload())
    }
  })
}

const writeWithFile = async (file: object = {}) => {
  await (await database()).put("files", { id: "f", blob: new Blob(["x"]), name: "a.txt", type: "text/plain", size: 1, ...file })
  await add({ kind: "message", ticketId: "t", body: "see", internal: false, files: ["f"] }, draftKey("t"))
}

test("a file that the server no longer has is uploaded again, once", async () => {
  serveBucket()
  server.faults = [404]
  await writeWithFile({ uploaded: true, attachmentId: "old", form: 0 })
  await empty()
  expect(server.requests.map(({ body }) => body.attachmentIds)).toEqual([["old"], ["a1"]])
  expect(server.uploads).toEqual([{ key: "f-1", name: "a.txt" }])

  server.faults = [404, 404]
  await writeWithFile()
  await vi.waitFor(() => expect(outbox.value[0]?.problem?.code).toBe("attachment_not_found"))
})

test.each([
  ["has stalled", 400, "<Code>RequestTimeout</Code>", ["f-0", "f-0"]],
  ["comes after the end of its form", 403, "<Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message>", ["f-0", "f-1"]],
] as const)("an upload that %s is tried again", async (_, status, text, keys) => {
  serveBucket([status, text])
  await writeWithFile()
  await empty()
  expect(server.uploads.map(({ key }) => key)).toEqual(keys)
})

test("an upload that the bucket refuses is not tried again", async () => {
  await t.load()
  serveBucket([403, "<Code>AccessDenied</Code>"])
  await writeWithFile()
  await vi.waitFor(() => expect(outbox.value[0]?.state).toBe("refused"))
})

test("a long name is cut before its extension to what the server takes", async () => {
  serveBucket()
  await writeWithFile({ name: `${"س".repeat(140)}.txt` })
  await empty()
  expect(server.uploads[0]!.name).toBe(`${"س".repeat(125)}.txt`)
})

test("a reload continues with what was left", async () => {
  server.faults = ["before"]
  await write("Hello")
  stopOutbox()
  await startOutbox()
  await empty()
  expect(bodies()).toEqual(["Hello"])
})
