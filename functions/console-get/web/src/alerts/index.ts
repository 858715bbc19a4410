import { navigate } from "wouter-preact/use-browser-location"
import type { Ticket } from "../api/types"
import { session } from "../app/session"
import { onFrame } from "../socket/realtime"
import { pushChosen } from "./settings"

/** Sound and system notifications. Their code is loaded when they are first needed. */
export function startAlerts(): void {
  onFrame((frame) => {
    if (frame.type === "notification") void import("./alert").then(({ alert }) => alert(frame.notification)).catch(() => {}) // the network is gone
    else if (frame.type === "ticket" && isNew(frame.ticket)) void import("./alert").then(({ alertOfTicket }) => alertOfTicket(frame.ticket.id)).catch(() => {})
  })
  // A notification of the service worker was clicked.
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ open?: string }>) => data.open && navigate(data.open))
}

const newFor = 60_000

/** Whether another person has just opened a ticket. Its opening does not count as unread. */
const isNew = ({ lastSeq, customer, openedBy, createdAt }: Ticket) => lastSeq === 1 && (openedBy ?? customer.id) !== session.peek()?.user.id && Date.now() - Date.parse(createdAt) < newFor

/** Subscribes again at each start, because push services replace subscriptions. */
export function renewPush(): void {
  if (pushChosen() && session.peek()) void import("./push").then(({ subscribe }) => subscribe()).catch(() => {})
}
