import { signal } from "@preact/signals"
import { useInfiniteQuery } from "@tanstack/preact-query"
import { useEffect, useMemo, useState } from "preact/hooks"
import type { Ticket } from "../../api/types"
import { session } from "../../app/session"
import { ticketPages } from "../../log/ticket-pages"
import { ticketsChanged, ticketSignal } from "../../log/tickets"
import { onFrame } from "../../socket/realtime"
import { compare, firstPage, matches, pathOf, type Queue } from "./queues"

/** Tickets that frames have named since the page was opened: they may belong to any queue. */
const named = signal<ReadonlySet<string>>(new Set())

onFrame((frame) => {
  const id = frame.type === "ticket" ? frame.ticket.id : null
  if (id && !named.peek().has(id)) named.value = new Set([...named.peek(), id])
})

/** The pages of a queue. */
export const queuePages = (queue: Queue) => ticketPages(pathOf(queue), firstPage(queue))

/** The tickets of a queue, in order and live: a changed ticket enters, moves or leaves without a request. */
export function useQueue(queue: Queue) {
  const me = session.value!.user.id
  const query = useInfiniteQuery(queuePages(queue))
  void ticketsChanged.value
  const pages = query.data?.pages
  const loaded = useMemo(() => pages?.flatMap((page) => page.ids) ?? [], [pages])
  const end = query.hasNextPage ? pages?.findLast((page) => page.last)?.last : undefined
  const tickets = inOrder(queue, me, loaded, [...named.value], end)
  return { ...query, tickets }
}

/**
 * Joins loaded tickets with those that frames named. With an end, more pages follow: what stands
 * below it now waits for them, because tickets that are not loaded would stand before it.
 */
export function inOrder(queue: Queue, me: string, loaded: readonly string[], live: readonly string[], end: Ticket | undefined): Ticket[] {
  const held = (ids: Iterable<string>) => [...ids].flatMap((id) => ticketSignal(id).peek() ?? [])
  if (queue.words) return held(loaded)
  return held(new Set([...loaded, ...live]))
    .filter((ticket) => matches(queue, ticket, me) && !(end && compare(queue, ticket, end) > 0))
    .sort((a, b) => compare(queue, a, b))
}

/**
 * Holds new rows back while the reader has scrolled, because nothing may move under the pointer.
 * A row that was shown stays, wherever it moves. Returns the rows to show and how many wait.
 */
export function useHeldBack(tickets: readonly Ticket[], key: string, scrolled: boolean): { shown: readonly Ticket[]; waiting: number; showAll: () => void } {
  const [known, setKnown] = useState<{ key: string; ids: ReadonlySet<string> } | null>(null)
  const shown = useMemo(() => {
    if (!scrolled || known?.key !== key) return tickets
    // Rows below the last known one come from paging, not from frames.
    const lastKnown = tickets.findLastIndex((ticket) => known.ids.has(ticket.id))
    const some = tickets.filter((ticket, i) => known.ids.has(ticket.id) || i > lastKnown)
    return some.length === tickets.length ? tickets : some
  }, [tickets, known, key, scrolled])
  const ids = useMemo(() => shown.map((ticket) => ticket.id).join(), [shown])
  useEffect(() => setKnown((before) => ({ key, ids: new Set([...(scrolled && before?.key === key ? before.ids : []), ...ids.split(",")]) })), [scrolled, key, ids])
  return { shown, waiting: tickets.length - shown.length, showAll: () => setKnown({ key, ids: new Set(tickets.map((ticket) => ticket.id)) }) }
}
