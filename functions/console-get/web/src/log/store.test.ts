import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Entry } from "../api/types"
import type { Frame } from "../socket/frames"
import { connection } from "../socket/realtime"
import { database, deleteDatabase, openDatabase } from "./db"
import { forgetLogs, logSignal, openLog, removeLog, takeEntries, takeHead, trimStored } from "./store"

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
  expect(seqs()).toEqual(range(1, 601).map(({ seq }) => seq))

  await (await database()).clear("logs") // as if it were one of the logs that were used long ago
  await (await database()).clear("entries")
  await takeEntries("t", [entry(602)], { kind: "single" })
  forgetLogs()
  await openLog("t")
  expect(logSignal("t").value).toMatchObject({ oldest: 1, complete: true, syncedTo: 602 })
  expect(seqs()).toHaveLength(602)
})

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

test("a gap whose fetch fails is fetched again without another frame", async () => {
  log = range(1, 5)
  await takeEntries("t", range(1, 3), { kind: "newest", lastSeq: 3, hasMore: false })
  failures = 1
  takeHead("t", 5)
  await expect.poll(seqs, { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5])
  expect(requests).toHaveLength(2)
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
