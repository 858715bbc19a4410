import { type Signal, signal } from "@preact/signals"
import { call } from "../api/client"
import type { Cursor, Page } from "../api/pages"
import { isTemporary } from "../api/problem"
import type { Entry } from "../api/types"
import { hasDatabase } from "./db"
import { apply, emptyLog, join, type Log, setAttachmentState, type Source } from "./log"
import { readBefore, readNewest, removeStored, store } from "./stored"
import { ticketSignal } from "./tickets"

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

/** Reads the newest entries of the log from the device, once; a pointer over its row asks for them before the click. A device that cannot read them holds none: the server has them. */
export function openLog(ticketId: string): Promise<void> {
  let pending = loading.get(ticketId)
  if (!pending) {
    pending = readStored(ticketId).catch(() => void loading.delete(ticketId)) // the next call tries again
    loading.set(ticketId, pending)
  }
  return pending
}

async function readStored(ticketId: string): Promise<void> {
  const log = logSignal(ticketId)
  const stored = await readNewest(ticketId, log.peek().syncedTo, ticketSignal(ticketId).peek()?.lastSeq ?? 0)
  if (stored) log.value = join(stored, log.peek())
}

/** The only way into a log: pages, frames and responses. Missing entries are fetched. */
export async function takeEntries(ticketId: string, entries: readonly Entry[], source: Source): Promise<void> {
  await openLog(ticketId)
  const log = logSignal(ticketId)
  const held = log.peek()
  const result = apply(held, entries, source)
  log.value = result.log
  await persist(result.log, result.log.entries === held.entries ? [] : entries)
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
  for (let cursor: Cursor | null = {}; cursor; ) {
    const after = logSignal(ticketId).peek().syncedTo
    const { data, page, lastSeq }: HistoryPage = await history(ticketId, cursor.cursor ? cursor : { after })
    await takePage(ticketId, data, { kind: "after", after, lastSeq, hasMore: page.hasMore })
    onFetched(data)
    cursor = page.next ? { cursor: page.next } : null
  }
}

type HistoryPage = Page<Entry> & { lastSeq: number }

/** A page of the log. It may be without entries though others follow: customers do not see notes. */
const history = (ticketId: string, from: Cursor | { after: number } | { before: number }): Promise<HistoryPage> => call("get", "/tickets/{id}/history", { path: { id: ticketId }, query: { ...from, limit: pageSize } })

async function takePage(ticketId: string, entries: readonly Entry[], source: Source): Promise<void> {
  await openLog(ticketId)
  const log = logSignal(ticketId)
  log.value = apply(log.peek(), entries, source).log
  await persist(log.peek(), entries)
}

/** Takes the page before the oldest entry, from the device if it holds it. */
export async function takeOlder(ticketId: string): Promise<void> {
  const log = logSignal(ticketId)
  const { oldest, complete } = log.peek()
  if (complete || oldest === 0) return
  const stored = hasDatabase() ? await readBefore(ticketId, oldest).catch(() => null) : null
  if (stored) return void (log.value = join(stored, log.peek()))
  let older = await history(ticketId, { before: oldest })
  while (older.data.length === 0 && older.page.next) older = await history(ticketId, { cursor: older.page.next })
  await takePage(ticketId, older.data, { kind: "before", hasMore: older.page.hasMore })
}

/** Takes everything that is older, for the printer. */
export async function takeWhole(ticketId: string): Promise<void> {
  for (let oldest = -1; !logSignal(ticketId).peek().complete && logSignal(ticketId).peek().oldest !== oldest; ) {
    oldest = logSignal(ticketId).peek().oldest
    await takeOlder(ticketId)
  }
}

/** Stores entries, unless the device cannot: the screen has them, and the next write stores them. */
async function persist(log: Log, fresh: readonly Entry[]): Promise<void> {
  if (!hasDatabase()) return
  const syncedTo = await store(log, fresh).catch(() => null)
  if (syncedTo !== null) channel.postMessage({ ticketId: log.ticketId, syncedTo })
}

/** Removes a deleted ticket's log from the screen and the device. */
export async function removeLog(ticketId: string): Promise<void> {
  heads.delete(ticketId)
  logSignal(ticketId).value = emptyLog(ticketId)
  await removeStored(ticketId)
}

export function forgetLogs(): void {
  timers.forEach((timer) => clearTimeout(timer))
  for (const held of [logs, loading, timers, heads]) held.clear()
}
