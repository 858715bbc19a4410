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
 * whose reading would delay the first of them on the screen. lastSeq is that of the ticket, 0 if it is not known:
 * most logs end there, so their page is read in one round trip.
 */
export async function readNewest(ticketId: string, after: number, lastSeq: number): Promise<Log | null> {
  const tx = (await database()).transaction(["entries", "logs"]) // one, because other tabs write and shorten logs
  const entries = tx.objectStore("entries")
  const guess = after === 0 && lastSeq > 0 ? readLast(entries, ticketId, Math.max(1, lastSeq + 1 - pageSize)) : null
  const [meta, guessed] = await Promise.all([tx.objectStore("logs").get(ticketId), guess])
  if (!meta) return null
  const page = after > 0 ? await readAll(entries, ticketId, Math.max(after + 1, meta.oldest)) : await readPage(entries, ticketId, meta.oldest, meta.syncedTo + 1, Infinity, guessed)
  return { ticketId, ...page, syncedTo: meta.syncedTo, complete: meta.complete && page.oldest === meta.oldest }
}

/** Reads the page before a seq from the device. Returns null if the device does not hold the entry before it. */
export async function readBefore(ticketId: string, seq: number): Promise<Log | null> {
  const tx = (await database()).transaction(["entries", "logs"])
  const meta = await tx.objectStore("logs").get(ticketId)
  if (!meta || meta.oldest >= seq || meta.syncedTo < seq - 1) return null
  const page = await readPage(tx.objectStore("entries"), ticketId, meta.oldest, seq, seq)
  return { ticketId, ...page, syncedTo: seq - 1, complete: meta.complete && page.oldest === meta.oldest }
}

type Page = Pick<Log, "entries" | "oldest">

const readAll = async (entries: Entries, ticketId: string, from: number, before = Infinity): Promise<Page> => ({ entries: await entries.getAll(entryRange(ticketId, from, before)), oldest: from })

/** The entries from a seq on; null if they are more than expected. */
async function readLast(entries: Entries, ticketId: string, from: number): Promise<Page | null> {
  const most = 2 * pageSize
  const read = await entries.getAll(entryRange(ticketId, from), most)
  return read.length < most ? { entries: read, oldest: from } : null
}

/**
 * The last entries before `end`, and those from there to `before`. One request reads by seq, which is faster than
 * counting; where a customer does not see most of them, which are notes, it takes more. `held` has been read already.
 */
async function readPage(entries: Entries, ticketId: string, oldest: number, end: number, before: number, held: Page | null = null): Promise<Page> {
  for (let size = pageSize; ; size *= 4) {
    const from = Math.max(oldest, end - size)
    const page = held && held.oldest <= from ? { entries: held.entries.filter((entry) => entry.seq >= from), oldest: from } : await readAll(entries, ticketId, from, before)
    if (from === oldest) return page
    const enough = page.entries[pageSize / 4 - 1]
    if (enough && enough.seq < end) return { ...page, oldest: page.entries[0]!.seq }
  }
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
  const last = meta && (await entries.openKeyCursor(entryRange(ticketId, meta.oldest, meta.syncedTo + 1), "prev"))
  const first = await last?.advance(keptEntries - 1)
  if (meta && first && first.key[1] > meta.oldest) {
    void entries.delete(entryRange(ticketId, 0, first.key[1]))
    void tx.objectStore("logs").put({ ...meta, oldest: first.key[1], complete: false })
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
