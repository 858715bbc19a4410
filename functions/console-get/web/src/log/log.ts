import type { Entry } from "../api/types"

/** The entries of one ticket that this device holds. */
export interface Log {
  ticketId: string
  /** Ascending by seq, each seq once. */
  entries: Entry[]
  /** Every visible entry from `oldest` up to here is held. Entries above it may lack some between them. */
  syncedTo: number
  /** Seq of the first entry of the part without gaps; 0 without entries. */
  oldest: number
  /** Whether there is nothing before `oldest`. */
  complete: boolean
}

/** Says what the sender of entries knows about the entries around them. */
export type Source =
  | { kind: "single" } // one entry
  | { kind: "newest"; lastSeq: number; hasMore: boolean } // the last entries of the log; hasMore: there are older ones
  | { kind: "after"; after: number; lastSeq: number; hasMore: boolean } // the entries that follow `after`
  | { kind: "before"; hasMore: boolean } // the entries that precede `oldest`

export const emptyLog = (ticketId: string): Log => ({ ticketId, entries: [], syncedTo: 0, oldest: 0, complete: false })

/**
 * Adds entries to a log. Order and repeats do not matter: entries are kept by seq, and only
 * entries that follow the held ones without a gap move syncedTo. `gap` asks for the entries
 * after syncedTo.
 */
export function apply(log: Log, incoming: readonly Entry[], source: Source): { log: Log; gap: boolean } {
  const entries = merge(log.entries, incoming)
  const next = { ...log, entries }
  const first = incoming[0]?.seq ?? 0
  const last = incoming.at(-1)?.seq ?? 0
  switch (source.kind) {
    case "before":
      return { log: { ...next, oldest: first || log.oldest, complete: !source.hasMore }, gap: false }
    case "newest":
      if (log.syncedTo === 0) {
        // A page without entries, where many notes are hidden, has older ones before its last seq.
        return { log: advance({ ...next, syncedTo: source.lastSeq, oldest: first || (source.hasMore ? source.lastSeq + 1 : 0), complete: !source.hasMore }), gap: false }
      }
      // A page that reaches back to the held entries closes the gap; another one leaves it.
      if (first <= log.syncedTo + 1 || !source.hasMore) return { log: advance({ ...next, syncedTo: Math.max(log.syncedTo, source.lastSeq) }), gap: false }
      return { log: next, gap: true }
    case "after":
      if (source.after > log.syncedTo) return { log: next, gap: true }
      return {
        log: advance({ ...next, syncedTo: Math.max(log.syncedTo, source.hasMore ? last : source.lastSeq), oldest: log.oldest || first, complete: log.complete || source.after === 0 }),
        gap: source.hasMore,
      }
    case "single": {
      if (last <= log.syncedTo) return { log: next, gap: false }
      if (!follows(incoming.at(-1)!, log.syncedTo) || log.syncedTo === 0) return { log: next, gap: true }
      return { log: advance({ ...next, syncedTo: last }), gap: false }
    }
  }
}

/** Whether no visible entry lies between: `prev` is the one before it, because customers do not see notes. */
const follows = (entry: Entry, syncedTo: number) => entry.seq > syncedTo && entry.prev <= syncedTo

/** Moves syncedTo over held entries that follow it without a gap. */
function advance(log: Log): Log {
  let { syncedTo } = log
  for (const entry of log.entries) if (follows(entry, syncedTo)) syncedTo = entry.seq
  return syncedTo === log.syncedTo ? log : { ...log, syncedTo }
}

/** Held entries stay the same objects, so that their rows are not drawn again. */
function merge(held: readonly Entry[], incoming: readonly Entry[]): Entry[] {
  const bySeq = new Map(held.map((entry) => [entry.seq, entry]))
  let changed = false
  for (const entry of incoming) {
    const known = bySeq.get(entry.seq)
    const next = newer(known, entry)
    if (known && JSON.stringify(known) === JSON.stringify(next)) continue
    bySeq.set(entry.seq, next)
    changed = true
  }
  return changed ? [...bySeq.values()].sort((a, b) => a.seq - b.seq) : (held as Entry[])
}

/** An entry never changes but for its attachments: one that was checked is newer than a pending one. */
function newer(held: Entry | undefined, entry: Entry): Entry {
  if (!held || !entry.attachments.some((file) => file.state === "pending")) return entry
  const known = (id: string) => held.attachments.find((file) => file.id === id)
  return { ...entry, attachments: entry.attachments.map((file) => (file.state === "pending" ? (known(file.id) ?? file) : file)) }
}

/** Sets the state of an attachment, as the frame `attachment` reports it. */
export function setAttachmentState(log: Log, seq: number, id: string, state: Entry["attachments"][number]["state"]): Log {
  return {
    ...log,
    entries: log.entries.map((entry) =>
      entry.seq !== seq ? entry : { ...entry, attachments: entry.attachments.map((a) => (a.id === id ? { ...a, state } : a)) },
    ),
  }
}

/**
 * Joins two copies of a log, such as the stored one, which other tabs write and shorten, and the one in
 * memory. Of copies whose parts without gaps do not touch, that of the newer one counts.
 */
export function join(stored: Log, held: Log): Log {
  const [older, newer] = stored.syncedTo > held.syncedTo ? [held, stored] : [stored, held]
  const entries = merge(stored.entries, held.entries)
  if (older.syncedTo === 0 || newer.oldest > older.syncedTo + 1) return advance({ ...newer, entries })
  const first = older.oldest < newer.oldest ? older : newer
  return advance({ ...newer, entries, oldest: first.oldest, complete: first.complete || (older.oldest === newer.oldest && older.complete) })
}

/** The entries on the screen: one before `oldest`, such as an old one whose file was checked, waits for those between. */
export const shown = ({ entries, oldest }: Log): readonly Entry[] => entries.slice(Math.max(0, entries.findIndex((entry) => entry.seq >= oldest)))
