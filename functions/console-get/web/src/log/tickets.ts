import { batch, type Signal, signal } from "@preact/signals"
import type { Entry, Ticket } from "../api/types"
import { database, hasDatabase } from "./db"
import { fold } from "./fold"
import { addPending, confirmedTicket, forgetPending, removePending, withPending } from "./pending"

const keptTickets = 1_000

/** Entries of tickets that are not held yet, as foldEntry takes them: the newest ones, of some tickets. */
const early = new Map<string, Parameters<typeof foldEntry>[]>()
const keptEarly = 100

// One signal for each ticket, so that a change renders one row of a list.
const tickets = new Map<string, Signal<Ticket | null>>()

/** When a ticket came from the server or was moved on by an entry, by id; none for those of the last visit. */
const takenAt = new Map<string, number>()

/** Reports whether this device has had the state of a ticket since before a time. */
export const takenBefore = (id: string, time: number): boolean => (takenAt.get(id) ?? 0) < time

/** Counts changes of tickets; lists that sort or filter by their fields read it. */
export const ticketsChanged = signal(0)

export function ticketSignal(id: string): Signal<Ticket | null> {
  let found = tickets.get(id)
  if (!found) tickets.set(id, (found = signal<Ticket | null>(null)))
  return found
}

/** A ticket as the server has it, without changes that it has not confirmed. */
const stateOf = (id: string): Ticket | null => confirmedTicket(id) ?? ticketSignal(id).peek()

function setState(ticket: Ticket): void {
  ticketSignal(ticket.id).value = withPending(ticket)
  ticketsChanged.value++
}

/** Shows a change of a held ticket, whatever else of it changes meanwhile. Returns what ends this, after the server's answer. */
export function showChange(before: Ticket, shown: Partial<Ticket>): () => void {
  const change = { before: stateOf(before.id) ?? before, shown }
  addPending(change)
  setState(change.before)
  return () => {
    const state = stateOf(before.id)
    removePending(change)
    if (state) setState(state)
  }
}

/** Takes tickets from any response or frame. An older state of a ticket is ignored. */
export function putTickets(incoming: readonly Ticket[]): void {
  const fresh = show(incoming)
  for (const { id } of fresh) takenAt.set(id, Date.now())
  if (fresh.length > 0) store(fresh)
}

/** Shows the tickets that are newer than what is held, and returns them. */
function show(incoming: readonly Ticket[]): readonly Ticket[] {
  const fresh = incoming.filter((ticket) => {
    const held = stateOf(ticket.id)
    return !held || ticket.lastSeq > held.lastSeq || (ticket.lastSeq === held.lastSeq && ticket.version >= held.version)
  })
  batch(() => fresh.forEach(setState))
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
  const ticket = stateOf(entry.ticketId)
  if (!ticket) {
    early.set(entry.ticketId, [...(early.get(entry.ticketId) ?? []).slice(-keptEarly), [entry, viewerId, inView, version]])
    if (early.size > keptEarly) early.delete(early.keys().next().value!)
    return false
  }
  const next = fold(ticket, entry, viewerId)
  if (next === ticket) return true
  const state = { ...next, version: version ?? next.version, unread: inView ? 0 : next.unread }
  takenAt.set(state.id, Date.now())
  setState(state)
  store([state])
  return true
}

export function markRead(id: string): void {
  const ticket = stateOf(id)
  if (!ticket?.unread) return
  setState({ ...ticket, unread: 0 })
  store([ticket])
}

export function removeTicket(id: string): void {
  early.delete(id)
  takenAt.delete(id)
  forgetPending(id)
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
  for (const id of tickets.keys()) forgetPending(id)
  tickets.clear()
  takenAt.clear()
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
      const changed = [...unstored].map(stateOf).filter((ticket) => ticket !== null)
      unstored.clear()
      await Promise.all([...changed.map((ticket) => tx.store.put(ticket)), tx.done])
    }
  } finally {
    storing = false // in the same step as the check of the loop: a change after it starts another write
  }
}
