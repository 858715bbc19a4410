import { type Signal, signal } from "@preact/signals"
import { call } from "../api/client"
import { isTemporary } from "../api/problem"
import type { Entry } from "../api/types"
import { database, entryRange, hasDatabase } from "./db"
import { apply, emptyLog, join, type Log, setAttachmentState, type Source, trim } from "./log"

const keptTickets = 50
const keptEntries = 500
const pageSize = 100
// Frames of one message arrive as `entry` and `head`; waiting a little avoids needless requests.
const gapDelay = 150
const headDelay = 400
const retryDelay = 1_000
const longestDelay = 30_000

const logs = new Map<string, Signal<Log>>()
const loading = new Map<string, Promise<void>>()
const filling = new Map<string, Promise<void>>()
const timers = new Map<string, ReturnType<typeof setTimeout>>()
/** The highest seq that is known to exist, by ticket: a hint may come before the log that lacks the entry. */
const heads = new Map<string, number>()
const channel = new BroadcastChannel("log")
channel.onmessage = ({ data }: MessageEvent<{ ticketId: string; syncedTo: number }>) => {
  const log = logs.get(data.ticketId)
  if (log && log.peek().syncedTo < data.syncedTo) void readStored(data.ticketId).catch(() => {}) // the user has just signed out
}

let onFetched: (entries: readonly Entry[]) => void = () => {}

/** Sets what takes the entries that were fetched to fill a gap. */
export const setFetchedHandler = (handler: typeof onFetched): void => void (onFetched = handler)

/** The log of a ticket. Empty until openLog has read it from the device. */
export function logSignal(ticketId: string): Signal<Log> {
  let found = logs.get(ticketId)
  if (!found) logs.set(ticketId, (found = signal(emptyLog(ticketId))))
  return found
}

/** Reads the log from the device, once. */
export function openLog(ticketId: string): Promise<void> {
  let pending = loading.get(ticketId)
  if (!pending) {
    loading.set(ticketId, (pending = readStored(ticketId)))
    void pending.catch(() => loading.delete(ticketId)) // the next call tries again
  }
  return pending
}

async function readStored(ticketId: string): Promise<void> {
  const tx = (await database()).transaction(["entries", "logs"]) // one, because other tabs write and shorten logs
  const [meta, entries] = await Promise.all([tx.objectStore("logs").get(ticketId), tx.objectStore("entries").getAll(entryRange(ticketId)), tx.done])
  if (!meta) return
  const log = logSignal(ticketId)
  log.value = join({ ticketId, entries, syncedTo: meta.syncedTo, oldest: meta.oldest, complete: meta.complete }, log.peek())
}

/** The only way into a log: pages, frames and responses. Missing entries are fetched. */
export async function takeEntries(ticketId: string, entries: readonly Entry[], source: Source): Promise<void> {
  await openLog(ticketId)
  const log = logSignal(ticketId)
  const result = apply(log.peek(), entries, source)
  log.value = result.log
  await persist(result.log, entries)
  if (result.gap) scheduleFill(ticketId, gapDelay)
  else fillToHead(ticketId)
}

/** Takes the hint that an entry exists. */
export function takeHead(ticketId: string, seq: number): void {
  heads.set(ticketId, Math.max(seq, heads.get(ticketId) ?? 0))
  fillToHead(ticketId)
}

function fillToHead(ticketId: string): void {
  if ((heads.get(ticketId) ?? 0) > (logs.get(ticketId)?.peek().syncedTo ?? Infinity)) scheduleFill(ticketId, headDelay)
}

/** Takes the result of the check of an upload. The entry is asked for again: it has the size of a picture. */
export function takeAttachment(ticketId: string, seq: number, id: string, state: Entry["attachments"][number]["state"]): void {
  if (state === "ready") later(`${ticketId} ${seq}`, gapDelay, () => fetchEntry(ticketId, seq))
  const log = logSignal(ticketId)
  log.value = setAttachmentState(log.peek(), seq, id, state)
  const entry = log.peek().entries.find((e) => e.seq === seq)
  if (entry) void persist(log.peek(), [entry])
}

function scheduleFill(ticketId: string, delay: number): void {
  // A log that was never opened on this device is fetched when it is.
  if (logSignal(ticketId).peek().syncedTo > 0) later(ticketId, delay, () => fill(ticketId))
}

/** Runs once for all calls within the delay. What fails for now is tried again, less and less often. */
function later(key: string, delay: number, run: () => Promise<void>): void {
  if (timers.has(key)) return
  timers.set(
    key,
    setTimeout(() => {
      timers.delete(key)
      void run().catch((error: unknown) => isTemporary(error) && hasDatabase() && later(key, Math.min(2 * delay + retryDelay, longestDelay), run))
    }, delay),
  )
}

async function fetchEntry(ticketId: string, seq: number): Promise<void> {
  const page = await call("get", "/tickets/{id}/history", { path: { id: ticketId }, query: { after: seq - 1, limit: 1 } })
  if (page.data[0]?.seq === seq) await takeEntries(ticketId, page.data, { kind: "single" })
}

/** Fetches everything after syncedTo. Concurrent calls share one run. */
export function fill(ticketId: string): Promise<void> {
  let run = filling.get(ticketId)
  if (!run) {
    run = fetchAfter(ticketId).finally(() => filling.delete(ticketId))
    filling.set(ticketId, run)
  }
  return run
}

async function fetchAfter(ticketId: string): Promise<void> {
  for (let more = true; more; ) {
    const after = logSignal(ticketId).peek().syncedTo
    const page = await call("get", "/tickets/{id}/history", { path: { id: ticketId }, query: { after, limit: pageSize } })
    more = page.page.hasMore && page.data.length > 0
    await takePage(ticketId, page.data, { kind: "after", after, lastSeq: page.lastSeq, hasMore: more })
    onFetched(page.data)
  }
}

async function takePage(ticketId: string, entries: readonly Entry[], source: Source): Promise<void> {
  await openLog(ticketId)
  const log = logSignal(ticketId)
  log.value = apply(log.peek(), entries, source).log
  await persist(log.peek(), entries)
}

/** Fetches the page before the oldest entry. */
export async function fetchOlder(ticketId: string): Promise<void> {
  const { oldest, complete } = logSignal(ticketId).peek()
  if (complete || oldest === 0) return
  const page = await call("get", "/tickets/{id}/history", { path: { id: ticketId }, query: { before: oldest, limit: pageSize } })
  await takePage(ticketId, page.data, { kind: "before", hasMore: page.page.hasMore && page.data.length > 0 })
}

/** Fetches everything that is older, for the printer. */
export async function fetchWhole(ticketId: string): Promise<void> {
  for (let oldest = -1; !logSignal(ticketId).peek().complete && logSignal(ticketId).peek().oldest !== oldest; ) {
    oldest = logSignal(ticketId).peek().oldest
    await fetchOlder(ticketId)
  }
}

async function persist(log: Log, fresh: readonly Entry[]): Promise<void> {
  if (!hasDatabase()) return
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  const stored = await tx.objectStore("logs").get(log.ticketId)
  const { entries: _, ...joined } = stored ? join({ ...stored, entries: [] }, log) : log
  const seqs = new Set(fresh.map((entry) => entry.seq))
  // Another tab may have shortened or removed the stored log: what it lacks is stored again.
  const lacks = ({ seq }: Entry) => !stored || seq < stored.oldest || seq > stored.syncedTo
  for (const entry of log.entries) if (seqs.has(entry.seq) || lacks(entry)) void tx.objectStore("entries").put(entry)
  void tx.objectStore("logs").put({ ...joined, usedAt: Date.now() })
  await tx.done
  channel.postMessage({ ticketId: log.ticketId, syncedTo: joined.syncedTo })
}

/** Limits what the device keeps: the logs used last, and of each the newest entries. */
export async function trimStored(): Promise<void> {
  const db = await database()
  const used = await db.getAllFromIndex("logs", "usedAt")
  for (const [age, { ticketId }] of used.toReversed().entries()) {
    const tx = db.transaction(["entries", "logs"], "readwrite")
    const meta = await tx.objectStore("logs").get(ticketId)
    if (age >= keptTickets) {
      void tx.objectStore("entries").delete(entryRange(ticketId))
      void tx.objectStore("logs").delete(ticketId)
    } else if (meta) {
      const entries = await tx.objectStore("entries").getAll(entryRange(ticketId))
      const short = trim({ ...meta, entries }, keptEntries)
      if (short.entries.length < entries.length) {
        void tx.objectStore("entries").delete(IDBKeyRange.bound([ticketId, 0], [ticketId, short.oldest], false, true))
        void tx.objectStore("logs").put({ ...meta, oldest: short.oldest, complete: false })
      }
    }
    await tx.done
  }
}

/** Removes a deleted ticket's log from the screen and the device. */
export async function removeLog(ticketId: string): Promise<void> {
  heads.delete(ticketId)
  logSignal(ticketId).value = emptyLog(ticketId)
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  void tx.objectStore("entries").delete(entryRange(ticketId))
  void tx.objectStore("logs").delete(ticketId)
  await tx.done
}

export function forgetLogs(): void {
  timers.forEach((timer) => clearTimeout(timer))
  for (const held of [logs, loading, timers, heads]) held.clear()
}
