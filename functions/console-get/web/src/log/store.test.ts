import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry, Ticket } from "../api/types"
import type { Frame } from "../socket/frames"
import { connection, viewedTicket } from "../socket/realtime"
import { closeDatabase, database, deleteDatabase, openDatabase } from "./db"
import { forgetLogs, logSignal, openLog, removeLog, takeEntries, takeHead, takeOlder, takeWhole } from "./store"
import { trimStored } from "./stored"
import { ticketSignal } from "./tickets"

const entry = (seq: number): Entry =>
  ({ ticketId: "t", seq, prev: seq - 1, kind: "message", author: { id: "u", name: "U", role: "user" }, body: `text ${seq}`, attachments: [], change: null, clientId: null, createdAt: "2026-01-01T00:00:00Z", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } }) as Entry
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i))
const seqs = () => logSignal("t").value.entries.map(({ seq }) => seq)

/** The log of the server, and how many of the next requests fail. */
let log: Entry[] = []
let failures = 0
let requests: string[] = []

beforeEach(async () => {
  ;[log, failures, requests] = [[], 0, []]
  vi.stubGlobal("fetch", async (url: string) => {
    requests.push(url)
    if (failures-- > 0) return new Response("{}", { status: 503 })
    const after = Number(new URL(url, "http://x").searchParams.get("after"))
    return new Response(JSON.stringify({ data: log.filter(({ seq }) => seq > after), page: { hasMore: false }, lastSeq: log.length }))
  })
  await openDatabase("me")
})
afterEach(async () => {
  forgetLogs()
  await deleteDatabase("me")
  vi.unstubAllGlobals()
})

test("a log that another tab has shortened is stored whole again, not with a hole", async () => {
  await takeEntries("t", range(1, 600), { kind: "newest", lastSeq: 600, hasMore: false })
  await trimStored() // as another tab does when it starts
  expect(await (await database()).count("entries")).toBe(500)
  await takeEntries("t", [entry(601)], { kind: "single" })
  forgetLogs() // a reload
  await openLog("t")
  await takeWhole("t")
  expect(seqs()).toEqual(range(1, 601).map(({ seq }) => seq))

  await (await database()).clear("logs") // as if it were one of the logs that were used long ago
  await (await database()).clear("entries")
  await takeEntries("t", [entry(602)], { kind: "single" })
  forgetLogs()
  await openLog("t")
  await takeWhole("t")
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true, syncedTo: 602 })
  expect(seqs()).toHaveLength(602)
  expect(requests).toEqual([])
}, 30_000)

/** Leaves a log on the device, as another visit has stored it, and opens it. */
async function reopen(entries: Entry[], meta: { syncedTo: number; oldest: number; complete: boolean }): Promise<void> {
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  for (const each of entries) void tx.objectStore("entries").put(each)
  void tx.objectStore("logs").put({ ticketId: "t", ...meta, usedAt: 0 })
  await tx.done
  await openLog("t")
}

test("a long log opens with its newest page; older ones are read from the device, then from the server", async () => {
  await reopen(range(51, 500), { syncedTo: 500, oldest: 51, complete: false })
  expect([logSignal("t").value.oldest, logSignal("t").value.complete, seqs().length]).toEqual([401, false, 100])

  await takeEntries("t", [entry(501)], { kind: "single" })
  expect(await (await database()).get("logs", "t")).toMatchObject({ syncedTo: 501, oldest: 51, complete: false })

  await Promise.all([takeOlder("t"), takeOlder("t")])
  expect([logSignal("t").value.oldest, seqs().length]).toEqual([301, 201])
  for (let i = 0; i < 3; i++) await takeOlder("t")
  expect([logSignal("t").value.oldest, seqs().length, requests]).toEqual([51, 451, []])

  log = range(1, 50)
  await takeOlder("t")
  expect(requests).toEqual([expect.stringContaining("before=51")])
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true, syncedTo: 501 })
  expect(await (await database()).get("logs", "t")).toMatchObject({ oldest: 1, complete: true, syncedTo: 501 })
})

test.each([1, 450, 500, 520, 2_000])("a log opens with the same page whatever its ticket says of its end: seq %d", async (lastSeq) => {
  ticketSignal("t").value = { id: "t", lastSeq } as Ticket
  const getAll = vi.spyOn(IDBObjectStore.prototype, "getAll")
  await reopen([...range(51, 500), entry(510)], { syncedTo: 500, oldest: 51, complete: false })
  ticketSignal("t").value = null
  expect(logSignal("t").value).toMatchObject({ oldest: 401, syncedTo: 500, complete: false })
  expect(seqs()).toEqual([...range(401, 500), entry(510)].map(({ seq }) => seq))
  expect(getAll).toHaveBeenCalledTimes(lastSeq === 450 || lastSeq === 500 ? 1 : 2)
})

test("a log of which few entries are visible opens with a page of them, not with its last seqs", async () => {
  const visible = range(1, 500).filter(({ seq }) => seq % 10 === 1)
  await reopen(visible, { syncedTo: 500, oldest: 1, complete: true })
  expect(logSignal("t").value).toMatchObject({ oldest: 101, complete: false })
  await takeOlder("t")
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true })
  expect([seqs(), requests]).toEqual([visible.map(({ seq }) => seq), []])
})

test("a complete log on the device is complete once all of it is read, and stays so there", async () => {
  await reopen(range(1, 200), { syncedTo: 200, oldest: 1, complete: true })
  await takeEntries("t", range(151, 200), { kind: "newest", lastSeq: 200, hasMore: true })
  expect(await (await database()).get("logs", "t")).toMatchObject({ oldest: 1, complete: true })
  expect(logSignal("t").value.complete).toBe(false)
  await takeOlder("t")
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true })
  expect(requests).toEqual([])
})

test("entries beyond a gap are read beside the newest page before it, and the gap is filled", async () => {
  log = range(1, 400)
  await reopen([...range(1, 200), ...range(251, 400)], { syncedTo: 200, oldest: 1, complete: true })
  expect(logSignal("t").value).toMatchObject({ syncedTo: 200, oldest: 101 })
  expect(seqs()).toEqual([...range(101, 200), ...range(251, 400)].map(({ seq }) => seq))
  takeHead("t", 400)
  await expect.poll(() => logSignal("t").value.syncedTo, { timeout: 5_000 }).toBe(400)
  await takeWhole("t")
  expect(seqs()).toHaveLength(400)
  expect(requests).toEqual([expect.stringContaining("after=200")])
})

test("what another tab stores is read from where this one ends, however much it is", async () => {
  await reopen(range(1, 200), { syncedTo: 200, oldest: 1, complete: true })
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  for (const each of range(201, 500)) void tx.objectStore("entries").put(each)
  void tx.objectStore("logs").put({ ticketId: "t", syncedTo: 500, oldest: 1, complete: true, usedAt: 0 })
  await tx.done
  new BroadcastChannel("log").postMessage({ ticketId: "t", syncedTo: 500 })
  await expect.poll(() => logSignal("t").value.syncedTo).toBe(500)
  expect(logSignal("t").value.oldest).toBe(101)
  expect(seqs()).toEqual(range(101, 500).map(({ seq }) => seq))
})

test("a log that another tab has shortened or removed since it was opened continues at the server", async () => {
  await reopen(range(1, 700), { syncedTo: 700, oldest: 1, complete: true })
  await trimStored()
  for (let i = 0; i < 4; i++) await takeOlder("t")
  expect([logSignal("t").value.oldest, requests]).toEqual([201, []])
  log = range(101, 200)
  await takeOlder("t")
  expect(requests).toEqual([expect.stringContaining("before=201")])
}, 30_000)

test("another tab that knows less does not set the stored log back", async () => {
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  await (await database()).put("logs", { ...(await (await database()).get("logs", "t"))!, syncedTo: 5 })
  await (await database()).put("entries", entry(4))
  await (await database()).put("entries", entry(5))
  await takeEntries("t", [entry(3)], { kind: "single" })
  expect(await (await database()).get("logs", "t")).toMatchObject({ syncedTo: 5 })
})

test.each([true, false])("an entry between the first answer and the subscription is fetched; the confirmation comes first: %s", async (confirmedFirst) => {
  log = range(1, 4)
  const confirm = () => connection.onFrame({ type: "subscribed", topic: "ticket:t", lastSeq: 4, entries: [], hasMore: false } as Frame)
  await openLog("t")
  if (confirmedFirst) confirm()
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false }) // read before entry 4
  if (!confirmedFirst) confirm()
  await expect.poll(seqs, { timeout: 5_000 }).toEqual([1, 2, 3, 4])
})

test("a replay without entries moves on to its last seq, because those between are hidden", async () => {
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  connection.onFrame({ type: "subscribed", id: "3", topic: "ticket:t", lastSeq: 9, entries: [], hasMore: false } as Frame)
  await expect.poll(() => logSignal("t").value.syncedTo).toBe(9)
  expect(requests).toEqual([])
})

test("a page without entries, where many notes are hidden, is not the end of the log", async () => {
  // Of 3,000 entries the customer sees the first and the last two; a page ends after 1,000 hidden ones.
  const visible = [1, 2, 2_999, 3_000].map(entry)
  vi.stubGlobal("fetch", async (url: string) => {
    const query = new URL(url, "http://x").searchParams
    const [direction, from] = query.get("cursor")?.split(" ") ?? (query.has("before") ? ["before", query.get("before")] : ["after", query.get("after")])
    const seq = Number(from)
    const back = direction === "before"
    const end = back ? Math.max(1, seq - 1_000) : seq + 1_000
    const data = visible.filter((each) => (back ? each.seq < seq && each.seq >= end : each.seq > seq && each.seq <= end))
    const next = (back ? end > 1 : end < 3_000) ? `${direction} ${end}` : null
    return new Response(JSON.stringify({ data, page: { hasMore: next !== null, next }, lastSeq: 3_000 }))
  })
  await takeEntries("t", visible.slice(0, 2), { kind: "newest", lastSeq: 2, hasMore: false })
  takeHead("t", 3_000)
  await expect.poll(seqs, { timeout: 5_000 }).toEqual([1, 2, 2_999, 3_000])

  await removeLog("t")
  forgetLogs()
  await takeEntries("t", visible.slice(2), { kind: "newest", lastSeq: 3_000, hasMore: true })
  await takeOlder("t")
  expect(seqs()).toEqual([1, 2, 2_999, 3_000])
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true })

  await removeLog("t")
  forgetLogs()
  await takeEntries("t", [], { kind: "newest", lastSeq: 2_500, hasMore: true })
  await takeOlder("t")
  expect(seqs()).toEqual([1, 2])
})

test("a gap whose fetch fails is fetched again without another frame", async () => {
  log = range(1, 5)
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  failures = 1
  takeHead("t", 5)
  await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5])
  expect(requests).toHaveLength(2)
})

test.for([
  { type: "head", ticketId: "t", seq: 5 },
  { type: "ticket", ticket: { id: "t", lastSeq: 5, assignee: null } },
  { type: "read", ticketId: "t", user: { id: "u", name: "U", role: "user" }, seq: 5 },
] as Frame[])("an entry whose frame was lost is fetched when the frame $type names it", async (frame) => {
  log = range(1, 5)
  viewedTicket.value = "t"
  await takeEntries("t", range(1, 4), { kind: "newest", lastSeq: 4, hasMore: false })
  connection.onFrame(frame)
  await expect.poll(seqs, { timeout: 5_000 }).toEqual([1, 2, 3, 4, 5])
})

test("a deleted ticket leaves nothing on the device", async () => {
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  await removeLog("t")
  expect([seqs(), await (await database()).count("entries"), await (await database()).count("logs")]).toEqual([[], 0, 0])
})

test("another tab deletes the database although this one has it open", async () => {
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  const request = indexedDB.deleteDatabase("console-me")
  await new Promise((resolve) => (request.onsuccess = resolve))
  await openDatabase("me") // the same user signs in again
  expect(await (await database()).count("entries")).toBe(0)
})

const fail = () => {
  throw new DOMException("", "UnknownError")
}

test.each([
  ["cannot be opened", async () => {
    await closeDatabase()
    vi.spyOn(indexedDB, "open").mockImplementation(fail)
    await openDatabase("me").catch(() => {})
  }],
  ["is full", async () => void vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(fail)],
])("a log is shown and its gaps are filled although the database %s", async (_, breakDatabase) => {
  await breakDatabase()
  log = range(1, 5)
  await openLog("t")
  await takeEntries("t", range(2, 3), { kind: "newest", lastSeq: 3, hasMore: true })
  takeHead("t", 5)
  await expect.poll(seqs, { timeout: 5_000 }).toEqual([2, 3, 4, 5])
  await takeOlder("t")
  expect(requests.at(-1)).toContain("before=2")
})
