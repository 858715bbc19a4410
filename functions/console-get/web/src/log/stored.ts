import type { IDBPObjectStore } from "idb"
import type { Entry } from "../api/types"
import { database, entryRange, type Schema } from "./db"
import { join, type Log } from "./log"

const keptTickets = 50
const keptEntries = 500
const pageSize = 100

type Entries = IDBPObjectStore<Schema, ["entries", "logs"], "entries", "readonly" | "readwrite">

/**
 * Reads the entries after a seq from the device; after 0, the newest page. A log has thousands of entries,
 * whose reading would delay the first of them on the screen.
 */
export async function readNewest(ticketId: string, after: number): Promise<Log | null> {
  const tx = (await database()).transaction(["entries", "logs"]) // one, because other tabs write and shorten logs
  const entries = tx.objectStore("entries")
  const meta = await tx.objectStore("logs").get(ticketId)
  if (!meta) return null
  const oldest = after > 0 ? Math.max(after + 1, meta.oldest) : await pageStart(entries, ticketId, meta.oldest, meta.syncedTo + 1, pageSize)
  const page = await entries.getAll(entryRange(ticketId, oldest))
  return { ticketId, entries: page, syncedTo: meta.syncedTo, oldest, complete: meta.complete && oldest === meta.oldest }
}

/** Reads the page before a seq from the device. Returns null if the device does not hold the entry before it. */
export async function readBefore(ticketId: string, seq: number): Promise<Log | null> {
  const tx = (await database()).transaction(["entries", "logs"])
  const entries = tx.objectStore("entries")
  const meta = await tx.objectStore("logs").get(ticketId)
  if (!meta || meta.oldest >= seq || meta.syncedTo < seq - 1) return null
  const oldest = await pageStart(entries, ticketId, meta.oldest, seq, pageSize)
  const page = await entries.getAll(entryRange(ticketId, oldest, seq))
  return { ticketId, entries: page, syncedTo: seq - 1, oldest, complete: meta.complete && oldest === meta.oldest }
}

/** The seq at which the last entries before a seq begin, at least `oldest`. */
async function pageStart(entries: Entries, ticketId: string, oldest: number, before: number, count: number): Promise<number> {
  if (before <= oldest) return oldest
  const last = await entries.openKeyCursor(entryRange(ticketId, oldest, before), "prev")
  const first = await last?.advance(count - 1)
  return first ? first.key[1] : oldest
}

/** Stores fresh entries of a log. Returns the seq up to which the device holds it. */
export async function store(log: Log, fresh: readonly Entry[]): Promise<number> {
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  const stored = await tx.objectStore("logs").get(log.ticketId)
  // The device may hold more than the page, which reads older entries when they are needed: the smaller `oldest` stays.
  const { entries: _, ...joined } = stored ? join({ ...stored, entries: [] }, log) : log
  const seqs = new Set(fresh.map((entry) => entry.seq))
  // Another tab may have shortened or removed the stored log: what it lacks is stored again.
  const lacks = ({ seq }: Entry) => !stored || seq < stored.oldest || seq > stored.syncedTo
  for (const entry of log.entries) if (seqs.has(entry.seq) || lacks(entry)) void tx.objectStore("entries").put(entry)
  void tx.objectStore("logs").put({ ...joined, usedAt: Date.now() })
  await tx.done
  return joined.syncedTo
}

/** Limits what the device keeps: the logs used last, and of each the newest entries. */
export async function trimStored(): Promise<void> {
  const db = await database()
  const used = await db.getAllKeysFromIndex("logs", "usedAt")
  for (const [age, ticketId] of used.toReversed().entries()) {
    if (age >= keptTickets) await removeStored(ticketId)
    else await shorten(ticketId)
  }
}

async function shorten(ticketId: string): Promise<void> {
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  const entries = tx.objectStore("entries")
  const meta = await tx.objectStore("logs").get(ticketId)
  const oldest = meta ? await pageStart(entries, ticketId, meta.oldest, meta.syncedTo + 1, keptEntries) : 0
  if (meta && oldest > meta.oldest) {
    void entries.delete(entryRange(ticketId, 0, oldest))
    void tx.objectStore("logs").put({ ...meta, oldest, complete: false })
  }
  await tx.done
}

/** Deletes a log from the device. */
export async function removeStored(ticketId: string): Promise<void> {
  const tx = (await database()).transaction(["entries", "logs"], "readwrite")
  void tx.objectStore("entries").delete(entryRange(ticketId))
  void tx.objectStore("logs").delete(ticketId)
  await tx.done
}
