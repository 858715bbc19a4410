import { type Category, isActive, type Priority, type Status, type Ticket } from "../../api/types"

const activeStatuses = ["new", "open", "pending", "on_hold"] as const satisfies readonly Status[]
export const statuses = [...activeStatuses, "resolved", "closed"] as const satisfies readonly Status[]
export const priorities = ["urgent", "high", "medium", "low"] as const satisfies readonly Priority[]

export type QueueKind = "mine" | "unassigned" | "open" | "all" | "status" | "category" | "priority"

/** A list of tickets of the inbox. */
export interface Queue {
  kind: QueueKind
  /** The status, category id or priority; "" for other kinds. */
  value: string
  /** Search words; "" for none. */
  words: string
}

const plainKinds = new Set(["mine", "unassigned", "open", "all"])
const valueKinds = new Set(["status", "category", "priority"])

/** Reads the path below /inbox: the queue and the open ticket. Unknown queues are null. */
export function parsePath(path: string, words: string): { queue: Queue; ticketId: string | null } | null {
  const [kind = "", ...rest] = path.replace(/^\/inbox\/?/, "").split("/").map(decodeURIComponent)
  if (plainKinds.has(kind)) return { queue: { kind: kind as QueueKind, value: "", words }, ticketId: rest[0] || null }
  if (valueKinds.has(kind) && rest[0]) return { queue: { kind: kind as QueueKind, value: rest[0], words }, ticketId: rest[1] || null }
  return null
}

/** The address of a queue, or of a ticket in it. */
export function pathOf({ kind, value, words }: Queue, ticketId = ""): string {
  const parts = [kind, value, ticketId].filter(Boolean).map(encodeURIComponent)
  return `/inbox/${parts.join("/")}${words ? `?q=${encodeURIComponent(words)}` : ""}`
}

export const plain = (kind: QueueKind): Queue => ({ kind, value: "", words: "" })

/** The parameters of GET /tickets. */
export function queryOf({ kind, value, words }: Queue): Record<string, string> {
  const active = activeStatuses.join(",")
  const sort: Record<string, string> = words || kind === "all" ? { sort: "-lastActivityAt" } : { sort: "waiting" }
  const search: Record<string, string> = words ? { q: words } : {}
  switch (kind) {
    case "mine":
      return { assignee: "me", ...(words ? {} : { status: active }), ...sort, ...search }
    case "unassigned":
      return { assignee: "none", ...(words ? {} : { status: active }), ...sort, ...search }
    case "open":
      return { status: active, ...sort, ...search }
    case "status":
      return { status: value, ...sort, ...search }
    case "category":
      return { category: value, status: active, ...sort, ...search }
    case "priority":
      return { priority: value, status: active, ...sort, ...search }
    case "all":
      return { ...sort, ...search }
  }
}

const pageSize = 50

/** The parameters of GET /tickets for the first page. */
export const firstPage = (queue: Queue): Record<string, string> => ({ ...queryOf(queue), limit: String(pageSize) })

/** The queue of an address of the inbox, or of the home of staff. */
export const queueAt = ({ pathname, search }: Pick<Location, "pathname" | "search">): Queue | undefined =>
  parsePath(pathname.replace(/^\/app\/?(inbox\/?)?/, "/inbox/").replace(/^\/inbox\/$/, "/inbox/mine"), new URLSearchParams(search).get("q")?.trim() ?? "")?.queue

/** Reports whether a changed ticket belongs to a queue. A search cannot be told here: its tickets stay. */
export function matches({ kind, value, words }: Queue, ticket: Ticket, me: string): boolean {
  if (words) return true
  switch (kind) {
    case "mine":
      return ticket.assignee?.id === me && isActive(ticket)
    case "unassigned":
      return ticket.assignee === null && isActive(ticket)
    case "open":
      return isActive(ticket)
    case "status":
      return ticket.status === value
    case "category":
      return ticket.category?.id === value && isActive(ticket)
    case "priority":
      return ticket.priority === value && isActive(ticket)
    case "all":
      return true
  }
}

const ascending = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const waitingSince = (ticket: Ticket) => ticket.waitingSince ?? ""

/** The order of GET /tickets, as QueueSortKey in pkg/ticket has it. */
export function compare(queue: Queue, a: Ticket, b: Ticket): number {
  const lastActive = ascending(b.lastActivityAt, a.lastActivityAt) || ascending(b.id, a.id)
  if (queue.words || queue.kind === "all" || (!isActive(a) && !isActive(b))) return lastActive
  const inactive = Number(!isActive(a)) - Number(!isActive(b))
  const priority = priorities.indexOf(a.priority) - priorities.indexOf(b.priority)
  const [sinceA, sinceB] = [waitingSince(a), waitingSince(b)]
  const answered = Number(sinceA === "") - Number(sinceB === "")
  return inactive || priority || answered || ascending(sinceA || a.createdAt, sinceB || b.createdAt) || ascending(a.id, b.id)
}

interface QueueNames {
  mine: string
  unassigned: string
  open: string
  all: string
  status: Record<Status, string>
  priority: Record<Priority, string>
}

/** The name of a queue as a heading. */
export function queueName({ kind, value }: Queue, names: QueueNames, categories: readonly Category[]): string {
  switch (kind) {
    case "status":
      return names.status[value as Status] ?? value
    case "priority":
      return names.priority[value as Priority] ?? value
    case "category":
      return categories.find((category) => category.id === value)?.name ?? "…"
    default:
      return names[kind]
  }
}
