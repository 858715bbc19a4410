import { useEffect } from "preact/hooks"
import { call } from "../api/client"
import { session } from "../app/session"
import type { Log } from "../log/log"
import { logSignal } from "../log/store"
import { markRead } from "../log/tickets"
import { connection, room } from "../socket/realtime"
import { isText } from "./items"

/** Seq up to which each ticket was reported as read. */
const reported = new Map<string, number>()

/** What was reported in the last minutes: a dead WebSocket takes frames without an error until it is noticed. */
const unsure = new Map<string, { seq: number; at: number }>()
const noticedWithin = 6 * 60_000

function report(ticketId: string, seq: number): void {
  reported.set(ticketId, seq)
  unsure.set(ticketId, { seq, at: Date.now() })
  if (connection.online.peek()) connection.send({ action: "read", ticketId, seq })
  else void call("post", "/tickets/{id}/read", { path: { id: ticketId }, body: { seq } }).then(() => unsure.delete(ticketId), () => reported.delete(ticketId))
}

// A marker never moves back, so that a repeat changes nothing.
connection.online.subscribe((online) => {
  for (const [ticketId, { seq, at }] of unsure) {
    if (online) report(ticketId, seq)
    else if (Date.now() - at > noticedWithin) unsure.delete(ticketId) // it arrived
  }
})

/** Moves one's read marker to the end of a log that is on the screen, if another person has written after it. */
export function readUpTo({ ticketId, entries, syncedTo }: Log): void {
  if (document.visibilityState === "hidden" || syncedTo === 0) return
  markRead(ticketId)
  const marker = room(ticketId).ownMarker.peek()
  if (marker === undefined) return
  const me = session.peek()?.user.id
  const newest = entries.findLast((entry) => entry.seq <= syncedTo && isText(entry) && entry.author.id !== me)
  if (!newest || Math.max(marker, reported.get(ticketId) ?? 0) >= newest.seq) return
  report(ticketId, syncedTo)
}

/** Reads what is on the screen when one's marker becomes known, and when a hidden page is shown again. */
export function useReadMarker(ticketId: string, atEnd: { current: boolean }): void {
  useEffect(() => {
    const look = () => {
      if (atEnd.current) readUpTo(logSignal(ticketId).peek())
    }
    document.addEventListener("visibilitychange", look)
    const stop = room(ticketId).ownMarker.subscribe(look)
    return () => {
      document.removeEventListener("visibilitychange", look)
      stop()
    }
  }, [ticketId, atEnd])
}
