import { type Signal, signal } from "@preact/signals"
import { call } from "../api/client"
import { ApiError, isTemporary } from "../api/problem"
import type { Person, TicketCounts } from "../api/types"
import { session } from "../app/session"
import { foldEntry, putTickets, removeTicket, ticketSignal } from "../log/tickets"
import { logSignal, removeLog, setFetchedHandler, takeAttachment, takeEntries, takeHead } from "../log/store"
import { Connection } from "./connection"
import type { Frame } from "./frames"

export const connection = new Connection({
  openUrl: async () => (await call("post", "/realtime/tickets")).url,
  newSocket: (url) => new WebSocket(url),
  random: Math.random,
})

/** The numbers of the queues, from the frame `counts`. */
export const counts = signal<TicketCounts | null>(null)
export const unreadNotifications = signal(0)
/** The ticket on the screen of a visible page: its messages count as read and make no sound. */
export const viewedTicket = signal<string | null>(null)

const typingLasts = 6_000
const subscribeAgainAfter = 5_000

interface Room {
  typing: Signal<Person[]>
  present: Signal<Person[]>
  unnamed: Signal<number>
  /** Seq up to which each other person has read. */
  readers: Signal<Record<string, Person & { seq: number }>>
  /** Seq up to which one has read oneself; undefined until the server has said it. */
  ownMarker: Signal<number | undefined>
}
const rooms = new Map<string, Room>()

/** Who is at a ticket: present (and how many staff a frame leaves out), typing, and how far each has read. */
export function room(ticketId: string): Room {
  let found = rooms.get(ticketId)
  if (!found) rooms.set(ticketId, (found = { typing: signal([]), present: signal([]), unnamed: signal(0), readers: signal({}), ownMarker: signal(undefined) }))
  return found
}

type Listener = (frame: Frame) => void
const listeners = new Set<Listener>()

/** Calls back for each frame, after the logs and tickets have taken it. */
export function onFrame(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Watches a ticket: missed entries, then new ones, typing, presence and read markers. */
export const watchTicket = (ticketId: string): (() => void) =>
  connection.subscribe(`ticket:${ticketId}`, () => logSignal(ticketId).peek().syncedTo || undefined)

const inView = (ticketId: string) => viewedTicket.peek() === ticketId && document.visibilityState === "visible"

setFetchedHandler((entries) => entries.forEach((entry) => foldEntry(entry, session.peek()?.user.id ?? "", inView(entry.ticketId))))

connection.onFrame = (frame) => {
  take(frame)
  listeners.forEach((listener) => listener(frame))
}

function take(frame: Frame): void {
  const me = session.peek()?.user.id ?? ""
  switch (frame.type) {
    case "subscribed": {
      const ticketId = frame.topic.replace(/^ticket:/, "")
      if (ticketId === frame.topic) return
      // Without `after`, the server names its last entry and sends none.
      if (frame.id === undefined) return takeHead(ticketId, frame.lastSeq)
      void takeEntries(ticketId, frame.entries, { kind: "after", after: Number(frame.id), lastSeq: frame.lastSeq, hasMore: frame.hasMore })
      frame.entries.forEach((entry) => foldEntry(entry, me, inView(ticketId)))
      return
    }
    case "unsubscribed":
      // The server may take an unsubscription after the next subscription of its topic, which then is gone.
      return connection.resubscribe(frame.topic)
    case "error": {
      const { action, topic, problem } = frame
      if (action !== "subscribe" || !topic) return
      if (isTemporary(new ApiError(problem.status, problem))) setTimeout(() => connection.resubscribe(topic), subscribeAgainAfter)
      else if (problem.code === "ticket_not_found") forget(topic.replace(/^ticket:/, "")) // deleted before the subscription
      return
    }
    case "entry":
      void takeEntries(frame.entry.ticketId, [frame.entry], { kind: "single" })
      foldEntry(frame.entry, me, inView(frame.entry.ticketId), frame.version)
      stopTyping(frame.entry.ticketId, frame.entry.author.id)
      return
    case "head":
      return takeHead(frame.ticketId, frame.seq)
    case "ticket":
      putTickets([frame.ticket])
      // It comes in place of `head`. Logs of tickets of others are fetched when they are opened.
      if (frame.ticket.assignee?.id === me || viewedTicket.peek() === frame.ticket.id) takeHead(frame.ticket.id, frame.ticket.lastSeq)
      return
    case "gone":
      return forget(frame.ticketId)
    case "attachment":
      return takeAttachment(frame.ticketId, frame.seq, frame.id, frame.state)
    case "typing":
      return startTyping(frame.ticketId, frame.user, me)
    case "presence":
      room(frame.ticketId).present.value = frame.users.filter((user) => user.id !== me)
      room(frame.ticketId).unnamed.value = (frame.total ?? frame.users.length) - frame.users.length
      return
    case "read":
      takeHead(frame.ticketId, frame.seq ?? 0) // one's own other device has what it has read
      return takeRead(frame.ticketId, frame.user, frame.seq ?? 0, me)
    case "counts":
      counts.value = frame.counts
      return
    case "notification":
      unreadNotifications.value = frame.unread ?? unreadNotifications.peek() + 1
      return
    case "notifications":
      unreadNotifications.value = frame.unread
  }
}

function forget(ticketId: string): void {
  removeTicket(ticketId)
  void removeLog(ticketId)
}

function startTyping(ticketId: string, user: Person, me: string): void {
  if (user.id === me) return
  const { typing } = room(ticketId)
  typing.value = [...typing.peek().filter((other) => other.id !== user.id), user]
  setTimeout(() => (typing.value = typing.peek().filter((other) => other !== user)), typingLasts)
}

function stopTyping(ticketId: string, userId: string): void {
  const { typing } = room(ticketId)
  if (typing.peek().some((user) => user.id === userId)) typing.value = typing.peek().filter((user) => user.id !== userId)
}

/** Takes the read markers of a ticket; without one of one's own, nothing has been read. */
export function takeReaders(ticketId: string, readers: readonly (Person & { seq: number })[], me: string): void {
  for (const reader of readers) takeRead(ticketId, reader, reader.seq, me)
  room(ticketId).ownMarker.value ??= 0
}

/** Moves the read marker of a person; one's own arrives from one's other devices. */
function takeRead(ticketId: string, user: Person, seq: number, me: string): void {
  if (user.id === me) {
    const { ownMarker } = room(ticketId)
    ownMarker.value = Math.max(ownMarker.peek() ?? 0, seq)
    const ticket = ticketSignal(ticketId).peek()
    if (ticket && ticket.unread && seq >= ticket.lastSeq) putTickets([{ ...ticket, unread: 0 }])
    return
  }
  const { readers } = room(ticketId)
  if ((readers.peek()[user.id]?.seq ?? 0) < seq) readers.value = { ...readers.peek(), [user.id]: { ...user, seq } }
}

// A page that was hidden or offline tests its connection at once.
addEventListener("online", () => connection.check())
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.check())
