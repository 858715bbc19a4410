import type { Entry, Ticket } from "../api/types"

interface Change {
  field?: string
  from?: unknown
  to?: unknown
  toName?: string | null
}

const previewLength = 120

/** The tags of a change, which has them as one text with commas. */
export const tagsOf = (value: unknown): string[] => String(value ?? "").split(",").filter(Boolean)

/** Derives the ticket after an entry, as pkg/ticket/fold.go does. Older entries change nothing. */
export function fold(ticket: Ticket, entry: Entry, viewerId: string): Ticket {
  if (entry.seq <= ticket.lastSeq) return ticket
  const isText = entry.kind === "message" || entry.kind === "note" || entry.kind === "opened"
  const change = (entry.change ?? {}) as Change
  return {
    ...ticket,
    status: entry.state.status,
    priority: entry.state.priority,
    title: change.field === "title" && typeof change.to === "string" ? change.to : ticket.title,
    tags: change.field === "tags" ? tagsOf(change.to) : ticket.tags,
    category: entry.state.categoryId === (ticket.category?.id ?? null) ? ticket.category : { id: entry.state.categoryId ?? "", name: change.toName ?? "" },
    assignee: foldAssignee(ticket, entry, change),
    followUpOf: entry.kind === "unlinked" && ticket.followUpOf?.id === change.from ? null : ticket.followUpOf,
    followUps: entry.kind === "unlinked" ? ticket.followUps.filter((next) => next.id !== change.from) : ticket.followUps,
    lastSeq: entry.seq,
    lastActivityAt: entry.createdAt,
    closedAt: entry.state.status === "closed" ? (ticket.closedAt ?? entry.createdAt) : null,
    preview: isText && entry.body ? entry.body.slice(0, previewLength) : ticket.preview,
    unread: entry.author.id === viewerId ? 0 : ticket.unread + (isText ? 1 : 0),
  }
}

function foldAssignee(ticket: Ticket, entry: Entry, change: Change): Ticket["assignee"] {
  const id = entry.state.assigneeId
  if (id === (ticket.assignee?.id ?? null)) return ticket.assignee
  if (id === null) return null
  if (id === entry.author.id) return { id, name: entry.author.name, pictureUrl: null }
  return { id, name: change.toName ?? "", pictureUrl: null }
}
