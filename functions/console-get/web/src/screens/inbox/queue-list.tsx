import type { VNode } from "preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { CheckCheck } from "lucide-preact"
import { Virtualizer } from "virtua"
import { useLocation } from "wouter-preact"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import type { Ticket } from "../../api/types"
import { Button } from "../../ui/controls"
import { fetchMore } from "../../ui/show-more"
import { Empty, Failure, isSearchProblem, NoneFound, SkeletonRows } from "../../ui/states"
import { pathOf, type Queue } from "./queues"
import { TicketRow } from "./ticket-row"
import { queuePages, useHeldBack, type useQueue } from "./use-queue"

interface Props {
  queue: Queue
  result: ReturnType<typeof useQueue>
  openId: string | null
}

const scrolledFrom = 40

/** The rows of a queue, of which those near the window are in the page. More pages load when the end comes near. */
export function QueueList({ queue, result, openId }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const end = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState("")
  const [scrolled, setScrolled] = useState(false)
  const { tickets, hasNextPage, fetchNextPage, isFetchingNextPage, error, data, refetch } = result
  const path = pathOf(queue)
  const [, navigate] = useLocation()
  const { shown, waiting, showAll } = useHeldBack(tickets, path, scrolled)

  useEffect(() => {
    scroller.current?.scrollTo(0, 0)
    setScrolled(false)
  }, [path])
  useEffect(() => {
    if (!hasNextPage || !end.current) return
    const observer = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && !isFetchingNextPage && void fetchNextPage(), { root: scroller.current, rootMargin: "400px" })
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, shown.length])

  const toTop = () => {
    showAll()
    scroller.current?.scrollTo({ top: 0 })
    rowAt(0)?.focus()
  }
  // A row that is the same object is not compared: the focus moves often, the rows change seldom.
  const rows = useMemo(() => new Map<string, VNode>(), [shown, path, openId, hasNextPage])
  // One listener for all rows: as a Link, each would follow the address for itself.
  const open = (event: MouseEvent) => {
    const id = (event.target as Element).closest<HTMLElement>("[data-row]")?.dataset.row
    if (!id || event.button !== 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    event.preventDefault()
    navigate(pathOf(queue, id))
  }
  const render = (ticket: Ticket, index: number) => {
    const row = rows.get(ticket.id) ?? (
      <div key={ticket.id} role="listitem" aria-posinset={index + 1} aria-setsize={hasNextPage ? -1 : shown.length}>
        <TicketRow id={ticket.id} href={pathOf(queue, ticket.id)} current={ticket.id === openId} />
      </div>
    )
    rows.set(ticket.id, row)
    return row
  }
  return (
    <>
      {waiting > 0 && (
        <button type="button" class="queue-new" onClick={toTop}>
          {inboxText().newRows(waiting)}
        </button>
      )}
      <div ref={scroller} class="queue-rows" onScroll={(event) => setScrolled(event.currentTarget.scrollTop > scrolledFrom)}>
        {!data && error && (isSearchProblem(error) ? <NoneFound /> : <Failure error={error} onRetry={() => void refetch()} />)}
        {!data && !error && <SkeletonRows />}
        {data && shown.length === 0 && !hasNextPage && (queue.words ? <NoneFound /> : <Empty icon={<CheckCheck size={32} />} title={inboxText().emptyTitle} text={inboxText().emptyText} />)}
        {shown.length > 0 && (
          <div role="list" aria-labelledby="queue-title" onClick={open} onFocusCapture={(event) => setFocused((event.target as HTMLElement).dataset.row ?? "")}>
            <Virtualizer scrollRef={scroller as never} data={shown} keepMounted={kept(shown, [focused, openId])}>
              {render as never /* virtua types it for React */}
            </Virtualizer>
          </div>
        )}
        <div ref={end} />
        {data && error && hasNextPage && <Button kind="quiet" wide onClick={() => void fetchMore(result, queuePages(queue).queryKey)}>{t().actions.retry}</Button>}
        {isFetchingNextPage && <SkeletonRows count={3} />}
      </div>
    </>
  )
}

/** Queues up to this length are in the page as a whole. */
const short = 60

/** The first row, and those that the next key can reach: they stay in the page wherever it scrolls to. */
function kept(shown: readonly Ticket[], ids: readonly (string | null)[]): number[] {
  if (shown.length <= short) return shown.map((_, index) => index)
  const at = ids.map((id) => shown.findIndex((ticket) => ticket.id === id)).filter((index) => index >= 0)
  return [0, ...at.flatMap((index) => [index - 1, index, index + 1])].filter((index) => index >= 0)
}

const rowAt = (index: number) => document.querySelector<HTMLElement>(`.queue-rows [aria-posinset="${index + 1}"] [data-row]`)

export function focusRow(index: number): void {
  const row = rowAt(index)
  row?.focus({ preventScroll: true }) // it would scroll half a window and draw as many rows in one frame
  row?.scrollIntoView({ block: "nearest" })
}

/** Moves the focus over the rows of the list. */
export function moveFocus(step: number): void {
  const from = document.activeElement?.closest("[data-row]") ?? document.querySelector(".queue-rows [aria-current=true]")
  focusRow(from ? Number(from.closest("[aria-posinset]")?.getAttribute("aria-posinset")) - 1 + step : 0)
}
