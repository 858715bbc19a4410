import "./conversation.css"
import { ArrowDown } from "lucide-preact"
import { memo } from "preact/compat"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { Virtualizer, type VirtualizerHandle } from "virtua"
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
import { entriesAfter, firstUnread, isText, type Item, rows, screenful } from "./items"
import { Message, WaitingMessage } from "./message"
import { readUpTo, useReadMarker } from "./read-marker"
import { usePrinting } from "./use-printing"
import type { Loading } from "./use-conversation"

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
  const printing = usePrinting(ticketId)

  const view = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const atEnd = useRef(true)
  const [away, setAway] = useState(false)
  const [above, showAbove] = useRowsAbove(items, view)
  const drawn = items.slice(above)
  // Rows that are put before the first one must not move the others.
  const first = useRef(drawn[0]?.key)
  const prepended = first.current !== drawn[0]?.key
  const last = entries.at(-1)?.seq ?? 0
  const seen = useRef(last)
  const written = waiting.at(-1)?.clientId ?? "" // the newest: ULIDs sort by time
  const newestWritten = useRef(written)
  const loading = useRef(false)
  const { toEnd, onResize, isResized } = useEnd(list, view, atEnd, printing)

  useLayoutEffect(() => void (first.current = drawn[0]?.key))
  useLayoutEffect(() => {
    const own = written > newestWritten.current
    if (own) newestWritten.current = written
    if (items.length && (atEnd.current || own)) {
      toEnd()
      seen.current = last
      readUpTo(log)
    }
  }, [items.length, last, ticketId])
  useReadMarker(ticketId, atEnd)

  const onScroll = (offset: number) => {
    if (isResized()) return // nobody has scrolled
    const { scrollSize, viewportSize } = list.current!
    atEnd.current = scrollSize - offset - viewportSize < near
    setAway(!atEnd.current)
    if (atEnd.current) {
      seen.current = last
      readUpTo(log)
    }
    if (offset >= viewportSize) return
    if (above > 0) showAbove()
    else if (!log.complete && !loading.current) {
      loading.current = true
      void takeOlder(ticketId).catch(toastError).finally(() => (loading.current = false))
    }
  }
  const unseen = away ? entriesAfter(entries, seen.current).filter((entry) => isText(entry) && entry.author.id !== me).length : 0
  const render = (item: Item, index: number) => (
    <article key={item.key} class="log-row" aria-posinset={index + 1} aria-setsize={log.complete ? items.length : -1}>
      <Row item={item} printing={printing} read={read} me={me} assignee={ticket?.assignee ?? null} />
    </article>
  )
  return (
    <div class="log">
      {printing ? (
        <div>{items.map(render)}</div>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div ref={view} class="log-list" role="feed" aria-label={t().ticket.log} tabIndex={0}>
          <Virtualizer ref={list as never /* virtua types it for React */} shift={prepended} ssrCount={drawn.length} onScroll={onScroll} onResize={onResize} data={drawn}>
            {(item, index) => render(item, above + index) as never}
          </Virtualizer>
        </div>
      )}
      <NewestMessage entries={entries} me={me} />
      {away && (
        <button type="button" class="log-end" aria-label={t().ticket.latest} onClick={toEnd}>
          <ArrowDown size={18} />
          {unseen > 0 && <span>{t().ticket.newMessages(unseen)}</span>}
        </button>
      )}
    </div>
  )
}

/** Pixels that the head of a ticket and what is below its messages take at least. */
const aroundList = 120

/** How many rows above the first screen are not in the list yet, and what puts them into it, which happens soon by itself. */
function useRowsAbove(items: readonly Item[], view: { current: HTMLElement | null }) {
  const [above, setAbove] = useState(() => items.length - screenful(items, Math.max(1, innerHeight - aroundList)))
  const show = () => setAbove(0)
  const settle = () => {
    view.current?.dispatchEvent(new Event("scroll")) // virtua draws its first rows, and no others, until one
    show()
  }
  useEffect(() => void setTimeout(settle, 100), []) // the first rows are painted
  return [above, show] as const
}

/** How long rows are measured after the list has got another size. */
const settling = 300

/**
 * Leads to the end of the list: of a new one, when all its rows are drawn and measured, which is before it is painted.
 * It stays in view when the list gets another size: by the keyboard of a phone, its rotation, or a long draft.
 */
function useEnd(list: { current: VirtualizerHandle | null }, view: { current: HTMLElement | null }, atEnd: { current: boolean }, printing: boolean) {
  const measured = useRef(false)
  const sizedAt = useRef(-settling)
  const size = useRef("")
  const sizeNow = () => `${view.current?.clientWidth} ${view.current?.clientHeight}`
  const settles = () => performance.now() - sizedAt.current < settling
  // One pixel more, because the browser rounds the sizes that virtua adds up.
  const toEnd = () => measured.current && list.current?.scrollToIndex(Infinity, { align: "end", offset: 1 })
  const isResized = () => size.current !== "" && size.current !== sizeNow()
  const onResize = () => {
    if (measured.current && !settles()) return
    measured.current = true
    queueMicrotask(toEnd) // the sizes are reported one after another
  }
  const onListResize = () => {
    const follows = isResized() && (atEnd.current || settles())
    size.current = sizeNow()
    if (!follows) return
    sizedAt.current = performance.now()
    toEnd()
  }
  useLayoutEffect(() => {
    if (printing) return
    const observer = new ResizeObserver(onListResize) // onResize is not called for a change of the width alone
    observer.observe(view.current!)
    return () => {
      observer.disconnect()
      measured.current = false
    }
  }, [printing])
  return { toEnd, onResize, isResized }
}

interface RowProps {
  item: Item
  printing: boolean
  /** Seq up to which another person has read. */
  read: number
  me: string
  assignee: Ticket["assignee"]
}

function Row({ item, printing, read, me, assignee }: RowProps) {
  switch (item.kind) {
    case "day":
      return <p class="log-day"><span>{printing ? longDate(item.at) : day(item.at)}</span></p>
    case "new":
      return <p class="log-new no-print"><span>{t().ticket.newLine}</span></p>
    case "event":
      return <EventLine entry={item.entry} me={me} assignee={assignee} />
    case "waiting":
      return <WaitingMessage item={item.item} />
    case "message":
      return <HeldMessage entry={item.entry} first={item.first} read={read >= item.entry.seq} />
  }
}

// An entry that has not changed is not drawn again, however often the list is.
const HeldMessage = memo(Message)

function EventLine({ entry, ...names }: { entry: Entry; me: string; assignee: Ticket["assignee"] }) {
  const categories = useCategories()
  return <p class="log-event">{eventText(entry, { ...names, categories })}</p>
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
