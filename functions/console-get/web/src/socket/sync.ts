import { effect, signal } from "@preact/signals"
import { queryClient } from "../api/query"
import { fill } from "../log/store"
import { ticketSignal } from "../log/tickets"
import { connection, onFrame, viewedTicket } from "./realtime"

/** Whether the network is there, as the browser and the WebSocket see it. */
export const offline = signal(!navigator.onLine)

const grace = 10_000
const pollEvery = 15_000

/** Joins frames and the cache of queries, and falls back to HTTP while no WebSocket opens. */
export function startSync(): void {
  addEventListener("online", () => (offline.value = !connection.online.peek() && !navigator.onLine))
  addEventListener("offline", () => (offline.value = true))
  effect(() => {
    if (connection.online.value) offline.value = false
  })

  connection.onOpen = () => {
    // Lists may have missed changes, at the first opening too: they were asked for before it. Logs
    // are replayed by their subscriptions.
    for (const name of ["tickets", "notifications"]) void queryClient.invalidateQueries({ queryKey: [name] })
  }

  onFrame((frame) => {
    // A ticket that no list has yet.
    if (frame.type === "entry" && !ticketSignal(frame.entry.ticketId).peek()) void queryClient.invalidateQueries({ queryKey: ["tickets"] })
    if (frame.type === "head" && !ticketSignal(frame.ticketId).peek()) void queryClient.invalidateQueries({ queryKey: ["tickets"] })
    if (frame.type === "notification" || frame.type === "notifications") void queryClient.invalidateQueries({ queryKey: ["notifications"] })
  })

  let downSince = Date.now()
  effect(() => {
    if (!connection.online.value) downSince = Date.now()
  })
  setInterval(() => {
    const ticketId = viewedTicket.peek()
    if (connection.online.peek() || Date.now() - downSince < grace || document.visibilityState === "hidden") return
    void queryClient.invalidateQueries({ queryKey: ["tickets"] })
    if (ticketId) void fill(ticketId).catch(() => {}) // tried again in 15 s
  }, pollEvery)
}
