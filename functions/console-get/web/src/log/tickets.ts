import { type Signal, signal } from "@preact/signals"
import type { Entry, Ticket } from "../api/types"
import { database, hasDatabase } from "./db"
import { fold } from "./fold"

const keptTickets = 1_000

/** Entries of tickets that are not held yet, as foldEntry takes them: the newest ones, of some tickets. */
const early = new Map<string, Parameters<typeof foldEntry>[]>()
const keptEarly = 100

// One signal for each ticket, so that a change renders one row of a list.
const tickets = new Map<string, Signal<Ticket | null>>()

/** Counts changes of tickets; lists that sort or filter by their fields read it. */
export const ticketsChanged = signal(0)

export function ticketSignal(id: string): Signal<Ticket | null> {
  let found = tickets.get(id)
  if (!found) tickets.set(id, (found = signal<Ticket | null>(null)))
  return found
}

/** Takes tickets from any response or frame. An older state of a ticket is ignored. */
export function putTickets(incoming: readonly Ticket[]): void {
  const fresh = show(incoming)
  if (fresh.length > 0) store(fresh)
}

/** Shows the tickets that are newer than what is held, and returns them. */
function show(incoming: readonly Ticket[]): readonly Ticket[] {
  const fresh = incoming.filter((ticket) => {
    const held = ticketSignal(ticket.id).peek()
    return !held || ticket.lastSeq > held.lastSeq || (ticket.lastSeq === held.lastSeq && ticket.version >= held.version)
  })
  for (const ticket of fresh) ticketSignal(ticket.id).value = ticket
  if (fresh.length > 0) ticketsChanged.value++
  for (const { id } of fresh) foldEarly(id)
  return fresh
}

/** Folds the entries that came before their ticket. A list may be older than they are. */
function foldEarly(ticketId: string): void {
  const entries = early.get(ticketId) ?? []
  early.delete(ticketId)
  entries.forEach((entry) => foldEntry(...entry))
}

/** Moves a ticket on by an entry; version is that after it, if it is known. Returns false if the ticket is not held. */
export function foldEntry(entry: Entry, viewerId: string, inView: boolean, version?: number): boolean {
  const held = ticketSignal(entry.ticketId)
  const ticket = held.peek()
  if (!ticket) {
    early.set(entry.ticketId, [...(early.get(entry.ticketId) ?? []).slice(-keptEarly), [entry, viewerId, inView, version]])
    if (early.size > keptEarly) early.delete(early.keys().next().value!)
    return false
  }
  const next = fold(ticket, entry, viewerId)
  if (next === ticket) return true
  held.value = { ...next, version: version ?? next.version, unread: inView ? 0 : next.unread }
  ticketsChanged.value++
  store([held.peek()!])
  return true
}

export function markRead(id: string): void {
  const ticket = ticketSignal(id)
  if (ticket.peek()?.unread) {
    ticket.value = { ...ticket.peek()!, unread: 0 }
    ticketsChanged.value++
    store([ticket.peek()!])
  }
}

export function removeTicket(id: string): void {
  early.delete(id)
  ticketSignal(id).value = null
  ticketsChanged.value++
  if (hasDatabase()) void database().then((db) => db.delete("tickets", id))
}

const lastActiveFirst = (a: Ticket, b: Ticket) => b.lastActivityAt.localeCompare(a.lastActivityAt)

/** Returns the tickets that the device holds, the last active first. */
export const heldTickets = (): Ticket[] =>
  [...tickets.values()].flatMap((ticket) => ticket.peek() ?? []).sort(lastActiveFirst)

/** Reads the tickets of the last visit, so that a list shows before the network answers. Of very many, the device keeps the last active ones. */
export async function loadTickets(): Promise<void> {
  const db = await database()
  const stored = (await db.getAll("tickets")).sort(lastActiveFirst)
  show(stored.slice(0, keptTickets))
  if (stored.length <= keptTickets) return
  const tx = db.transaction("tickets", "readwrite")
  await Promise.all([...stored.slice(keptTickets).map((ticket) => tx.store.delete(ticket.id)), tx.done])
}

export function forgetTickets(): void {
  early.clear()
  tickets.clear()
  unstored.clear()
  ticketsChanged.value++
}

// What has changed since the last write. One transaction at a time writes the newest state of each,
// so that a burst of frames does not wait in memory.
const unstored = new Set<string>()
let storing = false

function store(fresh: readonly Ticket[]): void {
  for (const { id } of fresh) unstored.add(id)
  if (!storing) void write()
}

async function write(): Promise<void> {
  storing = true
  try {
    while (unstored.size > 0 && hasDatabase()) {
      const tx = (await database()).transaction("tickets", "readwrite")
      const changed = [...unstored].map((id) => ticketSignal(id).peek()).filter((ticket) => ticket !== null)
      unstored.clear()
      await Promise.all([...changed.map((ticket) => tx.store.put(ticket)), tx.done])
    }
  } finally {
    storing = false // in the same step as the check of the loop: a change after it starts another write
  }
}
