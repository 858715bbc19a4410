import type { Ticket } from "../api/types"

/** A change that is shown before the server has confirmed it, with the ticket as the server had it then. */
interface Pending {
  before: Ticket
  shown: Partial<Ticket>
}

const changes = new Map<string, Pending[]>()
/** What the server has said of each ticket with such changes. */
const confirmed = new Map<string, Ticket>()

/** The ticket of the server below the changes that wait, if any do. */
export const confirmedTicket = (id: string): Ticket | undefined => confirmed.get(id)

/** Takes a ticket of the server, and returns it with the changes that wait. */
export function withPending(ticket: Ticket): Ticket {
  const waiting = changes.get(ticket.id)
  if (!waiting) return ticket
  confirmed.set(ticket.id, ticket)
  return waiting.reduce((shown, change) => ({ ...shown, ...unanswered(ticket, change) }), ticket)
}

/** The fields that the server has as they were before the change. Others are shown as the server has them. */
function unanswered(ticket: Ticket, { before, shown }: Pending): Partial<Ticket> {
  const same = (field: string) => identity(ticket[field as keyof Ticket]) === identity(before[field as keyof Ticket])
  return Object.fromEntries(Object.entries(shown).filter(([field]) => same(field)))
}

const identity = (value: unknown): string => JSON.stringify((value as { id?: string } | null)?.id ?? value)

export const addPending = (change: Pending): void => void changes.set(change.before.id, [...(changes.get(change.before.id) ?? []), change])

export function removePending(change: Pending): void {
  const { id } = change.before
  const rest = changes.get(id)?.filter((other) => other !== change) ?? []
  if (rest.length > 0) changes.set(id, rest)
  else forgetPending(id)
}

/** Forgets the changes of a ticket that is gone. */
export function forgetPending(id: string): void {
  changes.delete(id)
  confirmed.delete(id)
}
