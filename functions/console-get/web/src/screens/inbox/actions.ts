import { effect, signal } from "@preact/signals"
import { call } from "../../api/client"
import { ApiError } from "../../api/problem"
import { isActive, type Priority, type Status, type Ticket } from "../../api/types"
import { ulid } from "../../api/ulid"
import { session } from "../../app/session"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import type { OutboxItem } from "../../log/db"
import { putTickets, removeTicket, showChange, ticketSignal } from "../../log/tickets"
import { outbox } from "../../outbox/outbox"
import { offline } from "../../socket/sync"
import { toast, toastError } from "../../ui/toast"

/**
 * Shows a change at once, and takes it back if the server refuses it. A change needs the
 * connection: one that is an hour late would surprise a colleague.
 */
async function change(id: string, shown: Partial<Ticket>, request: (before: Ticket) => Promise<Ticket>): Promise<boolean> {
  const before = ticketSignal(id).peek()
  if (!before) return false
  if (offline.peek()) {
    toast(inboxText().needsConnection, { kind: "error" })
    return false
  }
  const settle = showChange(before, shown)
  try {
    putTickets([await request(before)])
    settle()
    return true
  } catch (error) {
    settle()
    if (error instanceof ApiError && ["already_assigned", "conflict"].includes(error.code)) await refresh(id)
    toastError(error)
    return false
  }
}

/** Shows who was faster. */
async function refresh(id: string): Promise<void> {
  const detail = await call("get", "/tickets/{id}", { path: { id } }).catch(() => null)
  if (detail) putTickets([detail.ticket])
}

interface Assignee {
  id: string
  name: string
  pictureUrl: string | null
}

/** Assigns a ticket; null releases it. Taking it fails if a colleague has it. */
export async function assign(id: string, to: Assignee | null): Promise<boolean> {
  const me = session.peek()?.user.id
  const assignee = ticketSignal(id).peek()?.assignee
  if (to && assignee?.id === to.id) return true
  const isClaim = to?.id === me && !assignee
  return change(id, { assignee: to }, () => call("post", "/tickets/{id}/assign", { path: { id }, body: { clientId: ulid(), assigneeId: isClaim ? "me" : (to?.id ?? null) } }))
}

export function take(id: string): Promise<boolean> {
  const { user } = session.peek()!
  return assign(id, { id: user.id, name: user.name, pictureUrl: user.pictureUrl ?? null })
}

/** Sets the status, and offers to take it back. */
export async function setStatus(id: string, status: Status): Promise<void> {
  const ticket = ticketSignal(id).peek()
  if (!ticket || ticket.status === status) return
  const before = ticket.status
  const done = await change(id, { status }, () => call("post", "/tickets/{id}/status", { path: { id }, body: { clientId: ulid(), status } }))
  if (done && !isActive({ status })) {
    toast(inboxText().statusSet(digits(ticket.number), t().status[status]), { action: { label: t().actions.undo, run: () => void setStatus(id, restored(before, status)) } })
  }
}

const answerWithin = 15_000
const uploadWithin = 15 * 60_000

/** Resolves a ticket once a message of it is stored: before that, the message would open it again, or never come. */
export async function resolveAfter(item: OutboxItem): Promise<void> {
  if (await isSent(item)) await setStatus(item.ticketId, "resolved")
  else toast(inboxText().notResolved, { kind: "error" })
}

/** Waits until a message is sent. Returns false if it is refused, or waits for the connection. */
async function isSent({ clientId, files }: OutboxItem): Promise<boolean> {
  let end = () => {}
  const sent = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(resolve, files.length > 0 ? uploadWithin : answerWithin, false)
    const dispose = effect(() => {
      const item = outbox.value.find((other) => other.clientId === clientId)
      if (!item) resolve(true)
      else if (item.state === "refused" || offline.value) resolve(false)
    })
    end = () => (clearTimeout(timer), dispose())
  })
  end()
  return sent
}

/** The status that takes a change back, as far as the server allows it: no ticket becomes new again, and a closed one only open. */
const restored = (before: Status, to: Status): Status => (before === "new" || to === "closed" ? "open" : before)

type Field = "priority" | "category" | "tags"
type Value = Partial<Pick<Ticket, Field>>

/** Two versions of a field: a colleague has changed it since it was on the screen. Of a deletion, of the whole ticket. */
export interface Conflict {
  field: Field | "deletion"
  /** Who was faster; "" if the log does not say it. */
  author: string
  theirs: Ticket
  mine: Value
  /** Makes one's own change after all. */
  insist: () => void
}
export const conflict = signal<Conflict | null>(null)

/** Sets one field of the version that is on the screen. If the field has changed since, it asks. */
function edit(id: string, field: Field, mine: Value, body: { priority?: Priority; categoryId?: string; tags?: string[] }): Promise<boolean> {
  const send = async (before: Ticket, tries = 5): Promise<Ticket> => {
    try {
      return await call("patch", "/tickets/{id}", { path: { id }, body, ifMatch: `"${before.version}"` })
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "version_stale")) throw error
      const { ticket, entries } = await call("get", "/tickets/{id}", { path: { id } })
      if (comparable(ticket, field) === comparable(before, field)) {
        if (tries === 0) throw error
        return send(ticket, tries - 1) // something else has changed, such as by a message
      }
      const author = entries.findLast((entry) => (entry.change as { field?: string } | null)?.field === field)?.author.name ?? ""
      conflict.value = { field, author, theirs: ticket, mine, insist: () => void edit(id, field, mine, body) }
      return ticket
    }
  }
  return change(id, mine, send)
}

const comparable = (ticket: Ticket, field: Field): string => JSON.stringify(field === "category" ? ticket.category?.id : ticket[field])

export const setPriority = (id: string, priority: Priority): Promise<boolean> => edit(id, "priority", { priority }, { priority })

export const setCategory = (id: string, category: { id: string; name: string }): Promise<boolean> => edit(id, "category", { category }, { categoryId: category.id })

export const setTags = (id: string, tags: string[]): Promise<boolean> => edit(id, "tags", { tags }, { tags })

/** Deletes a ticket as it is on the screen. If somebody else has written or changed something since, it asks. */
export async function remove(id: string, seen: Ticket, onDone: () => void): Promise<void> {
  const send = async (version: number, tries = 5): Promise<boolean> => {
    try {
      await call("delete", "/tickets/{id}", { path: { id }, ifMatch: `"${version}"` })
      return true
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "version_stale")) throw error
      const { ticket, entries } = await call("get", "/tickets/{id}", { path: { id } })
      putTickets([ticket])
      const newest = entries.findLast((entry) => entry.seq > version && entry.author.id !== session.peek()?.user.id)
      if (!newest && tries > 0) return send(ticket.version, tries - 1) // only one's own entries have come
      conflict.value = { field: "deletion", author: newest?.author.name ?? "", theirs: ticket, mine: {}, insist: () => void remove(id, ticket, onDone) }
      return false
    }
  }
  try {
    if (!(await send(seen.version))) return
    removeTicket(id)
    onDone()
  } catch (error) {
    toastError(error)
  }
}
