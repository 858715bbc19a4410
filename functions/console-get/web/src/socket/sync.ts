import { effect, signal } from "@preact/signals"
import { call } from "../api/client"
import { isTemporary } from "../api/problem"
import { outdate, queryClient, refresh } from "../api/query"
import { staff } from "../app/session"
import { fill, logSignal } from "../log/store"
import { putTickets, ticketSignal } from "../log/tickets"
import { connection, onFrame, viewedTicket } from "./realtime"

/** Whether the network is there, as the browser and the WebSocket see it. */
export const offline = signal(!navigator.onLine)

/** Whether the WebSocket has opened, or does not open soon: an answer that is asked for now misses no change. */
export const watching = signal(false)

const opensWithin = 5_000
const grace = 10_000
const pollEvery = 15_000
// Several frames of one change arrive apart. The queue of staff gets the changed ticket itself, after the lists have it.
const unknownDelay = { customer: 400, staff: 5_000 }

/** Joins frames and the cache of queries, and falls back to HTTP while no WebSocket opens. */
export function startSync(): void {
  addEventListener("online", () => (offline.value = !connection.online.peek() && !navigator.onLine))
  addEventListener("offline", () => (offline.value = true))
  effect(() => {
    if (connection.online.value) offline.value = false
  })

  let reopened = false
  connection.onOpen = () => {
    // Lists may have missed changes, at the first opening too: they were asked for before it. Entries
    // are replayed by their subscriptions; who has read them and which files are checked is not.
    refreshTickets()
    refresh(["notifications"])
    if (reopened) refresh(["ticket"])
    reopened = true
    // What has failed without a network is tried again.
    void queryClient.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" && isTemporary(state.error) })
    watching.value = true
  }
  setTimeout(() => (watching.value = true), opensWithin)

  onFrame((frame) => {
    if (frame.type === "entry") takeUnknown(frame.entry.ticketId, frame.entry.seq)
    if (frame.type === "head" || frame.type === "read") takeUnknown(frame.ticketId, frame.seq ?? 0)
    if (frame.type === "notification" || frame.type === "notifications") refresh(["notifications"])
    if (frame.type === "counts") void queryClient.cancelQueries({ queryKey: ["tickets", "counts"] }) // its answer may be older
  })

  let downSince = Date.now()
  effect(() => {
    if (!connection.online.value) downSince = Date.now()
  })
  setInterval(() => {
    const ticketId = viewedTicket.peek()
    if (connection.online.peek() || Date.now() - downSince < grace || document.visibilityState === "hidden") return
    refresh(["tickets"])
    refresh(["notifications"])
    if (ticketId) void fill(ticketId).catch(() => {}) // tried again in 15 s
  }, pollEvery)
}

/** The seq of tickets that this device does not hold yet, or not with this entry. */
const unknown = new Map<string, number>()

function takeUnknown(ticketId: string, seq: number): void {
  if (isKnown(ticketId, seq)) return
  if (unknown.size === 0) setTimeout(askForUnknown, unknownDelay[staff.peek() ? "staff" : "customer"])
  unknown.set(ticketId, Math.max(seq, unknown.get(ticketId) ?? 0))
}

function askForUnknown(): void {
  const missing = [...unknown].some(([ticketId, seq]) => !isKnown(ticketId, seq))
  unknown.clear()
  if (missing) refreshTickets()
}

/** Reports whether the device holds a ticket with an entry, or fetches the entry, which moves the ticket on. */
function isKnown(ticketId: string, seq: number): boolean {
  const ticket = ticketSignal(ticketId).peek()
  return ticket !== null && (ticket.lastSeq >= seq || logSignal(ticketId).peek().syncedTo > 0)
}

/** Asks again for the list on the screen; without one, when one is next shown, and for the newest tickets of a customer, whose unread ones are counted. */
function refreshTickets(): void {
  const listed = queryClient.getQueryCache().findAll({ queryKey: ["tickets"], type: "active" }).length > 0
  if (listed) return refresh(["tickets"])
  outdate(["tickets"])
  if (!staff.peek()) void call("get", "/tickets", { query: { limit: 25 } }).then(({ data }) => putTickets(data), () => {})
}
