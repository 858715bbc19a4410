import "./notifications.css"
import { useInfiniteQuery } from "@tanstack/preact-query"
import { Bell, BellRing, CheckCheck, MessageSquareText, Megaphone, UserRoundCheck } from "lucide-preact"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import { queryClient } from "../../api/query"
import type { Notification } from "../../api/types"
import { t } from "../../i18n"
import { clock, day } from "../../i18n/format"
import { unreadNotifications } from "../../socket/realtime"
import { Button } from "../../ui/controls"
import { ShowMore } from "../../ui/show-more"
import { Empty, Failure, SkeletonRows } from "../../ui/states"
import { toastError } from "../../ui/toast"

const icons: Record<Notification["kind"], typeof Bell> = { opened: MessageSquareText, reply: MessageSquareText, customer_reply: MessageSquareText, status: CheckCheck, assignment: UserRoundCheck, broadcast: Megaphone, reminder: BellRing }
const key = ["notifications", "list"]

export default function Notifications() {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: "",
    queryFn: ({ pageParam }) => call("get", "/notifications", { query: { limit: 30, ...(pageParam ? { cursor: pageParam } : {}) } }),
    getNextPageParam: (page) => (page.page.hasMore ? (page.page.next ?? undefined) : undefined),
  })
  const all = query.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{t().notifications.title}</h1>
        {unreadNotifications.value > 0 && <Button kind="quiet" icon={<CheckCheck size={18} />} onClick={() => void read({ all: true })}>{t().notifications.readAll}</Button>}
      </header>
      {query.isError && all.length === 0 ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.isPending ? (
        <SkeletonRows />
      ) : all.length === 0 && !query.hasNextPage ? (
        <Empty icon={<Bell size={32} />} title={t().notifications.emptyTitle} text={t().notifications.emptyText} />
      ) : (
        byDay(all).map(([label, list]) => (
          <section key={label} class="notices">
            <h2 class="meta">{label}</h2>
            <ul>{list.map((each) => <li key={each.id}><Row notification={each} /></li>)}</ul>
          </section>
        ))
      )}
      {query.hasNextPage && <ShowMore pages={query} queryKey={key} />}
    </div>
  )
}

function Row({ notification }: { notification: Notification }) {
  const Icon = icons[notification.kind] ?? Bell
  const content = (
    <>
      <span class="notice-icon"><Icon size={20} /></span>
      <span class="notice-text">
        <span class="notice-title" dir="auto">{notification.title}</span>
        <span class="notice-body" dir="auto">{notification.body}</span>
      </span>
      <time class="meta" dateTime={notification.createdAt}>{clock(new Date(notification.createdAt))}</time>
      {!notification.read && <span class="hidden">{t().notifications.unread}</span>}
    </>
  )
  const open = () => void (notification.read || read({ ids: [notification.id] }))
  return notification.ticketId ? (
    <Link class="notice-row" href={`/tickets/${notification.ticketId}`} data-unread={!notification.read || undefined} onClick={open}>{content}</Link>
  ) : (
    <button type="button" class="notice-row" data-unread={!notification.read || undefined} onClick={open}>{content}</button>
  )
}

/** Marks notifications as read; the frame `notifications` tells the other devices. */
async function read(which: { ids: string[] } | { all: true }): Promise<void> {
  try {
    await call("post", "/notifications/read", { body: which as never })
    await queryClient.invalidateQueries({ queryKey: ["notifications"] })
  } catch (error) {
    toastError(error)
  }
}

function byDay(all: readonly Notification[]): [string, Notification[]][] {
  const groups = new Map<string, Notification[]>()
  for (const each of all) {
    const label = day(new Date(each.createdAt))
    groups.set(label, [...(groups.get(label) ?? []), each])
  }
  return [...groups]
}
