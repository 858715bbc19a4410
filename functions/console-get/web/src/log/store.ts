import { type Signal, signal } from "@preact/signals"
import { call } from "../api/client"
import type { Entry } from "../api/types"
import { database, entryRange, hasDatabase } from "./db"
import { apply, emptyLog, type Log, setAttachmentState, type Source, trim } from "./log"

const keptTickets = 50
const keptEntries = 500
const pageSize = 100
// Frames of one message arrive as `entry` and `head`; waiting a little avoids needless requests.
const gapDelay = 150
const headDelay = 400

const logs = new Map<string, Signal<Log>>()
const loading = new Map<string, Promise<void>>()
const filling = new Map<string, Promise<void>>()
const timers = new Map<string, ReturnType<typeof setTimeout>>()
const channel = new BroadcastChannel("log")
channel.onmessage = ({ data }: MessageEvent<{ ticketId: string; syncedTo: number }>) => {
  const log = logs.get(data.ticketId)
  if (log && log.peek().syncedTo < data.syncedTo) void readStored(data.ticketId)
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
  if (!pending) loading.set(ticketId, (pending = readStored(ticketId)))
  return pending
}

async function readStored(ticketId: string): Promise<void> {
  const db = await database()
  const [meta, entries] = await Promise.all([db.get("logs", ticketId), db.getAll("entries", entryRange(ticketId))])
  if (!meta) return
  const held = logSignal(ticketId)
  const stored: Log = { ticketId, entries, syncedTo: meta.syncedTo, oldest: meta.oldest, complete: meta.complete }
  // Frames may have arrived meanwhile.
  held.value = stored.syncedTo >= held.peek().syncedTo ? apply(stored, held.peek().entries, { kind: "before", hasMore: !stored.complete }).log : held.peek()
  held.value = { ...held.peek(), oldest: stored.oldest }
}

/** The only way into a log: pages, frames and responses. Missing entries are fetched. */
export async function takeEntries(ticketId: string, entries: readonly Entry[], source: Source): Promise<void> {
  await openLog(ticketId)
  const log = logSignal(ticketId)
  const result = apply(log.peek(), entries, source)
  log.value = result.log
  await persist(result.log, entries)
  // A log that was never opened on this device is fetched when it is.
  if (result.gap && result.log.syncedTo > 0) scheduleFill(ticketId, gapDelay)
}

/** Takes the hint that an entry exists. */
export function takeHead(ticketId: string, seq: number): void {
  const log = logs.get(ticketId)
  if (log && log.peek().syncedTo > 0 && seq > log.peek().syncedTo) scheduleFill(ticketId, headDelay)
}

/** Takes the result of the check of an upload. The entry is asked for again: it has the size of a picture. */
export function takeAttachment(ticketId: string, seq: number, id: string, state: Entry["attachments"][number]["state"]): void {
  if (state === "ready") later(`${ticketId} ${seq}`, gapDelay, () => fetchEntry(ticketId, seq))
  const log = logSignal(ticketId)
  log.value = setAttachmentState(log.peek(), seq, id, state)
  const entry = log.peek().entries.find((e) => e.seq === seq)
  if (entry) void persist(log.peek(), [entry])
}

const scheduleFill = (ticketId: string, delay: number) => later(ticketId, delay, () => fill(ticketId))

/** Runs once for all calls within the delay. */
function later(key: string, delay: number, run: () => Promise<void>): void {
  if (timers.has(key)) return
  timers.set(
    key,
    setTimeout(() => {
      timers.delete(key)
      void run().catch(() => {}) // the next frame or reconnection asks again
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
  const { entries: _, ...meta } = log
  const seqs = new Set(fresh.map((entry) => entry.seq))
  for (const entry of log.entries) if (seqs.has(entry.seq)) void tx.objectStore("entries").put(entry)
  void tx.objectStore("logs").put({ ...meta, usedAt: Date.now() })
  await tx.done
  channel.postMessage({ ticketId: log.ticketId, syncedTo: log.syncedTo })
}

/** Limits what the device keeps: the logs used last, and of each the newest entries. */
export async function trimStored(): Promise<void> {
  const db = await database()
  const used = await db.getAllFromIndex("logs", "usedAt")
  for (const [age, meta] of used.toReversed().entries()) {
    const tx = db.transaction(["entries", "logs"], "readwrite")
    if (age >= keptTickets) {
      void tx.objectStore("entries").delete(entryRange(meta.ticketId))
      void tx.objectStore("logs").delete(meta.ticketId)
    } else {
      const entries = await tx.objectStore("entries").getAll(entryRange(meta.ticketId))
      const short = trim({ ...meta, entries }, keptEntries)
      if (short.entries.length < entries.length) {
        void tx.objectStore("entries").delete(IDBKeyRange.bound([meta.ticketId, 0], [meta.ticketId, short.oldest], false, true))
        void tx.objectStore("logs").put({ ...meta, oldest: short.oldest, complete: false })
      }
    }
    await tx.done
  }
}

export function forgetLogs(): void {
  logs.clear()
  loading.clear()
}
