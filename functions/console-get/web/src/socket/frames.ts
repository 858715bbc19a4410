import type { Attachment, Broadcast, Entry, Notification, Person, Problem, Ticket, TicketCounts } from "../api/types"

/** The frames of infra/asyncapi.yaml that the server sends. `prev` and `version` may be missing. */
export type Frame =
  | { type: "subscribed"; id?: string; topic: string; lastSeq: number; entries: Entry[]; hasMore: boolean }
  | { type: "unsubscribed"; topic: string }
  | { type: "entry"; entry: Entry; version?: number }
  | { type: "head"; ticketId: string; seq: number; prev?: number; version?: number }
  | { type: "typing"; ticketId: string; user: Person; internal?: boolean }
  | { type: "read"; ticketId: string; user: Person; seq?: number }
  | { type: "presence"; ticketId: string; users: Person[]; total?: number }
  | { type: "attachment"; id: string; ticketId: string; seq: number; state: Attachment["state"] }
  | { type: "ticket"; ticket: Ticket }
  | { type: "counts"; counts: TicketCounts }
  | { type: "notification"; notification: Notification; unread?: number }
  | { type: "notifications"; unread: number }
  | { type: "broadcast"; broadcast: Broadcast }
  | { type: "gone"; ticketId: string }
  | { type: "pong"; at: string }
  | { type: "error"; problem: Problem; action?: string; topic?: string }

/** The frames that the console sends. Messages go over HTTP. The reply repeats `id`, which here is `after`. */
export type Request =
  | { action: "subscribe"; topic: string; after?: number; id?: string }
  | { action: "unsubscribe"; topic: string }
  | { action: "typing"; ticketId: string; internal?: boolean }
  | { action: "read"; ticketId: string; seq: number }
  | { action: "ping" }
