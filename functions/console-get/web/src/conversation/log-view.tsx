import "./conversation.css"
import { ArrowDown } from "lucide-preact"
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { VList, type VListHandle } from "virtua"
import { useCategories } from "../api/queries"
import type { Entry, Ticket } from "../api/types"
import { session } from "../app/session"
import { t } from "../i18n"
import { day, longDate } from "../i18n/format"
import { type Log, shown } from "../log/log"
import { logSignal, takeOlder } from "../log/store"
import { ticketSignal } from "../log/tickets"
import { outbox } from "../outbox/outbox"
import { room } from "../socket/realtime"
import { Failure, SkeletonRows } from "../ui/states"
import { toastError } from "../ui/toast"
import { eventText } from "./events"
import { entriesAfter, firstUnread, isText, type Item, rows } from "./items"
import { Message, WaitingMessage } from "./message"
import { usePrinting } from "./use-printing"
import { type Loading, readUpTo } from "./use-conversation"

/** Pixels from the end within which new messages are followed. */
const near = 80

/** The conversation of a ticket, or why there is nothing of it. What waits to be sent is shown in any case. */
export function LogView({ ticketId, state: { error, loading, retry } }: { ticketId: string; state: Loading }) {
  const empty = logSignal(ticketId).value.entries.length === 0 && !outbox.value.some((item) => item.ticketId === ticketId)
  if (empty && loading) return <div class="log-missing"><SkeletonRows count={3} /></div>
  if (empty && error) return <Failure error={error} onRetry={retry} />
  return <List key={ticketId} ticketId={ticketId} />
}

/** The rows: virtual, held at their end, older pages on scrolling up. */
function List({ ticketId }: { ticketId: string }) {
  const me = session.value!.user.id
  const log = logSignal(ticketId).value
  const ticket = ticketSignal(ticketId).value
  const waiting = outbox.value.filter((item) => item.ticketId === ticketId && item.kind === "message")
  const entries = useMemo(() => shown(log), [log])
  const unreadFrom = useUnreadLine(log, ticket, me)
  const items = useMemo(() => rows(entries, waiting, unreadFrom), [entries, outbox.value, unreadFrom])
  const read = Math.max(0, ...Object.values(room(ticketId).readers.value).map((reader) => reader.seq))
  const categories = useCategories()
  const printing = usePrinting(ticketId)

  const list = useRef<VListHandle>(null)
  const atEnd = useRef(true)
  const [away, setAway] = useState(false)
  const [seen, setSeen] = useState(0)
  const oldestShown = useRef(0)
  // Rows that are put before the first one must not move the others.
  const prepended = oldestShown.current > 0 && log.oldest < oldestShown.current
  const last = entries.at(-1)?.seq ?? 0
  const loading = useRef(false)

  useLayoutEffect(() => {
    oldestShown.current = log.oldest
  }, [log.oldest])
  useLayoutEffect(() => {
    const own = items.at(-1)?.kind === "waiting"
    if (items.length && (atEnd.current || own)) {
      list.current?.scrollToIndex(items.length - 1, { align: "end" })
      setSeen(last)
      readUpTo(ticketId, log.syncedTo)
    }
  }, [items.length, last, ticketId])

  const onScroll = (offset: number) => {
    const view = list.current
    if (!view) return
    atEnd.current = view.scrollSize - offset - view.viewportSize < near
    setAway(!atEnd.current)
    if (atEnd.current) {
      setSeen(last)
      readUpTo(ticketId, log.syncedTo)
    }
    if (offset < view.viewportSize && !log.complete && !loading.current) {
      loading.current = true
      void takeOlder(ticketId).catch(toastError).finally(() => (loading.current = false))
    }
  }
  const unseen = away ? entriesAfter(entries, seen).filter((entry) => isText(entry) && entry.author.id !== me).length : 0
  const render = (item: Item, index: number) => (
    <article key={item.key} class="log-row" aria-posinset={index + 1} aria-setsize={log.complete ? items.length : -1}>
      <Row item={item} printing={printing} read={read} sentence={(entry) => eventText(entry, { me, categories, assignee: ticket?.assignee ?? null })} />
    </article>
  )
  return (
    <div class="log">
      {printing ? (
        <div>{items.map(render)}</div>
      ) : (
        <VList ref={list as never /* virtua types it for React */} class="log-list" shift={prepended} role="feed" aria-label={t().ticket.log} tabIndex={0} onScroll={onScroll} data={items}>
          {render}
        </VList>
      )}
      <NewestMessage entries={entries} me={me} />
      {away && (
        <button type="button" class="log-end" aria-label={t().ticket.latest} onClick={() => list.current?.scrollToIndex(items.length - 1, { align: "end" })}>
          <ArrowDown size={18} />
          {unseen > 0 && <span>{t().ticket.newMessages(unseen)}</span>}
        </button>
      )}
    </div>
  )
}

function Row({ item, printing, read, sentence }: { item: Item; printing: boolean; read: number; sentence: (entry: Entry) => string }) {
  switch (item.kind) {
    case "day":
      return <p class="log-day"><span>{printing ? longDate(item.at) : day(item.at)}</span></p>
    case "new":
      return <p class="log-new no-print"><span>{t().ticket.newLine}</span></p>
    case "event":
      return <p class="log-event">{sentence(item.entry)}</p>
    case "waiting":
      return <WaitingMessage item={item.item} />
    case "message":
      return <Message entry={item.entry} first={item.first} readUpTo={read} />
  }
}

/** The line above the messages that were unread when the ticket was opened; it stays while one reads. */
function useUnreadLine(log: Log, ticket: Ticket | null, me: string): number {
  const opened = useRef(ticket)
  opened.current ??= ticket
  return useMemo(() => (opened.current ? firstUnread(log, opened.current, me) : 0), [log, opened.current, me])
}

/** Reads new messages of others aloud: a virtual list cannot be a live region. */
function NewestMessage({ entries, me }: { entries: readonly Entry[]; me: string }) {
  const opened = useRef(entries.at(-1)?.seq ?? 0)
  if (opened.current === 0) opened.current = entries.at(-1)?.seq ?? 0
  const newest = entriesAfter(entries, opened.current).findLast((entry) => isText(entry) && entry.author.id !== me)
  return <p class="hidden" role="status" aria-live="polite">{newest && `${newest.author.name}: ${newest.body}`}</p>
}
