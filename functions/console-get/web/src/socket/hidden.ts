import { effect } from "@preact/signals"
import { staff } from "../app/session"
import { connection, unreadNotifications } from "./realtime"

const minute = 60_000
// Somebody who looks away for a moment finds the socket open.
const sleepsAfter = minute
const customersKeep = 10 * minute

/**
 * A page that is shown has its own WebSocket. Of the hidden pages one keeps it, for the badge: the
 * holder of a Web Lock, and a customer's only for ten minutes. A page that is shown again misses nothing.
 */
export function limitHiddenSockets(): void {
  let shown = document.visibilityState === "hidden" ? hide() : () => {} // a page may be opened behind another one
  document.addEventListener("visibilitychange", () => {
    shown()
    if (document.visibilityState === "visible") return connection.wake()
    shown = hide()
  })
  shareUnread()
}

function hide(): () => void {
  const hidden = new AbortController()
  const over = new Promise<void>((resolve) => hidden.signal.addEventListener("abort", () => resolve()))
  let timer = setTimeout(() => connection.sleep(), sleepsAfter)
  const keep = async () => {
    clearTimeout(timer)
    connection.wake()
    if (!staff.peek()) timer = setTimeout(() => connection.sleep(), customersKeep)
    await over
  }
  navigator.locks.request("background", { signal: hidden.signal }, keep).catch(() => {}) // shown again while it waited
  return () => {
    clearTimeout(timer)
    hidden.abort()
  }
}

/** A page whose socket sleeps learns what is unread from the others. */
function shareUnread(): void {
  const channel = new BroadcastChannel("unread")
  channel.onmessage = ({ data }: MessageEvent<number>) => {
    if (!connection.online.peek()) unreadNotifications.value = data
  }
  effect(() => {
    const unread = unreadNotifications.value
    if (connection.online.peek()) channel.postMessage(unread)
  })
}
