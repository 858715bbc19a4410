import type { Entry, Ticket } from "../api/types"
import { daysBetween } from "../i18n/format"
import type { OutboxItem } from "../log/db"
import { type Log, shown } from "../log/log"

/** A row of a conversation. */
export type Item =
  | { kind: "day"; key: string; at: Date }
  | { kind: "new"; key: string }
  | { kind: "message"; key: string; entry: Entry; first: boolean }
  | { kind: "event"; key: string; entry: Entry }
  | { kind: "waiting"; key: string; item: OutboxItem }

const grouped = 5 * 60_000

export const isText = (entry: Entry): boolean => entry.kind === "opened" || entry.kind === "message" || entry.kind === "note"

/** The entries after a seq, looked for from the end because most logs are long and little of them is new. */
export const entriesAfter = (entries: readonly Entry[], seq: number): Entry[] => entries.slice(entries.findLastIndex((entry) => entry.seq <= seq) + 1)

/** The rows of a log and of what waits for it: day lines, the line above unread messages, groups of one author. */
export function rows(entries: readonly Entry[], waiting: readonly OutboxItem[], firstUnread: number): Item[] {
  const items: Item[] = []
  let previous: Entry | null = null
  let before = new Date(0)
  let marked = firstUnread === 0
  for (const entry of entries) {
    const at = new Date(entry.createdAt)
    const sameDay = previous !== null && daysBetween(before, at) === 0
    if (!sameDay) items.push({ kind: "day", key: `day-${entry.seq}`, at })
    if (!marked && entry.seq >= firstUnread) {
      items.push({ kind: "new", key: "new" })
      marked = true
    }
    if (isText(entry)) {
      const first = !sameDay || !previous || !isText(previous) || previous.author.id !== entry.author.id || previous.kind !== entry.kind || at.getTime() - before.getTime() > grouped
      items.push({ kind: "message", key: keyOf(entry), entry, first })
    }
    // A message that changes the status has both.
    if (!isText(entry) || (entry.change && entry.kind !== "opened")) items.push({ kind: "event", key: `event-${entry.seq}`, entry })
    previous = entry
    before = at
  }
  const known = new Set(entries.map((entry) => entry.clientId))
  for (const item of waiting) if (!known.has(item.clientId)) items.push({ kind: "waiting", key: item.clientId, item })
  return items
}

/** Pixels of a row on a wide screen, rather too few than too many. */
const lowest = (item: Item) => (item.kind === "message" ? 64 + 26 * Math.floor(item.entry.body.length / 90) : 36)

/** How many rows at the end of a conversation fill a screen. */
export function screenful(items: readonly Item[], height: number): number {
  let count = 0
  for (let filled = 0; filled < height && count < items.length; count++) filled += lowest(items.at(-1 - count)!)
  return count
}

/** A message keeps its row when the server confirms it. */
const keyOf = (entry: Entry) => entry.clientId ?? `seq-${entry.seq}`

/** Seq of the first message of others that was unread in a state of the ticket; 0 if there is none, or as long as the log does not hold all of them. */
export function firstUnread(log: Log, { unread, lastSeq }: Pick<Ticket, "unread" | "lastSeq">, me: string): number {
  if (unread === 0 || log.syncedTo < lastSeq) return 0
  const others = shown(log).filter((entry) => entry.seq <= lastSeq && isText(entry) && entry.author.id !== me)
  if (others.length < unread && !log.complete) return 0
  return others.at(-Math.min(unread, others.length))?.seq ?? 0
}

/** Whether a message reopens a closed ticket. */
export const takesMessages = (ticket: Ticket, reopenDays: number, now = Date.now()): boolean =>
  ticket.status !== "closed" || ticket.closedAt === null || now - Date.parse(ticket.closedAt) < reopenDays * 86_400_000
