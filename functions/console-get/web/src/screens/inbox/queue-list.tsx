import { useEffect, useRef, useState } from "preact/hooks"
import { CheckCheck, SearchX } from "lucide-preact"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { Button } from "../../ui/controls"
import { Empty, Failure, SkeletonRows } from "../../ui/states"
import { pathOf, type Queue } from "./queues"
import { TicketRow } from "./ticket-row"
import { useHeldBack, type useQueue } from "./use-queue"

interface Props {
  queue: Queue
  result: ReturnType<typeof useQueue>
  openId: string | null
}

const scrolledFrom = 40

/** The rows of a queue. More pages load when the end comes near. */
export function QueueList({ queue, result, openId }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const end = useRef<HTMLDivElement>(null)
  const [scrolled, setScrolled] = useState(false)
  const { tickets, hasNextPage, fetchNextPage, isFetchingNextPage, error, data, refetch } = result
  const path = pathOf(queue)
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
    scroller.current?.querySelector<HTMLElement>("[data-row]")?.focus()
  }
  return (
    <>
      {waiting > 0 && (
        <button type="button" class="queue-new" onClick={toTop}>
          {inboxText().newRows(waiting)}
        </button>
      )}
      <div ref={scroller} class="queue-rows" onScroll={(event) => setScrolled(event.currentTarget.scrollTop > scrolledFrom)}>
        {!data && error && <Failure error={error} onRetry={() => void refetch()} />}
        {!data && !error && <SkeletonRows />}
        {data && shown.length === 0 && !hasNextPage && (queue.words ? <Empty icon={<SearchX size={32} />} title={t().tickets.noneFound} text={t().tickets.noneFoundText} /> : <Empty icon={<CheckCheck size={32} />} title={inboxText().emptyTitle} text={inboxText().emptyText} />)}
        <ul>
          {shown.map((ticket) => (
            <li key={ticket.id}>
              <TicketRow id={ticket.id} href={pathOf(queue, ticket.id)} current={ticket.id === openId} />
            </li>
          ))}
        </ul>
        <div ref={end} />
        {data && error && hasNextPage && <Button kind="quiet" wide onClick={() => void fetchNextPage()}>{t().actions.retry}</Button>}
        {isFetchingNextPage && <SkeletonRows count={3} />}
      </div>
    </>
  )
}
