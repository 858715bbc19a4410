import { type Signal, useComputed, useSignal } from "@preact/signals"
import { type UseInfiniteQueryResult, useInfiniteQuery, useQuery } from "@tanstack/preact-query"
import { CircleAlert, Clock, Inbox, Plus, Search } from "lucide-preact"
import { useEffect } from "preact/hooks"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import { maxSearch } from "../../api/limits"
import type { Ticket } from "../../api/types"
import { t } from "../../i18n"
import { badge } from "../../i18n/format"
import { openLog } from "../../log/store"
import { ticketPages } from "../../log/ticket-pages"
import { heldTickets, removeTicket, takenBefore, ticketsChanged, ticketSignal } from "../../log/tickets"
import { outbox } from "../../outbox/outbox"
import { viewedTicket } from "../../socket/realtime"
import { Button, Segments } from "../../ui/controls"
import { ShowMore } from "../../ui/show-more"
import { Empty, Failure, isSearchProblem, NoneFound, SkeletonRows } from "../../ui/states"
import { StatusChip } from "../../ui/status"
import { RelativeTime } from "../../ui/time"
import { useDelayed } from "../../ui/use-delayed"
import { type Filter, pageQuery, statuses } from "./filters"

/** The pages of a list, or of a search in it. */
export const listPages = (filter: Filter, q: string) => ticketPages(`${filter} ${q}`, pageQuery(filter, q))

export function TicketList({ openId }: { openId: string | undefined }) {
  const filter = useSignal<Filter>("active")
  const search = useSignal("")
  const q = useDelayed(search.value.trim())
  const pages = listPages(filter.value, q)
  const query = useInfiniteQuery(pages)
  const loaded = query.data?.pages.flatMap((page) => page.ids) ?? []
  const askedAt = Math.min(...(query.data?.pages.map((page) => page.askedAt) ?? []))
  useForgotten(filter.value, q, loaded, askedAt, query.isSuccess && !query.hasNextPage && !query.isPlaceholderData)
  const shown = useComputed(() => {
    void ticketsChanged.value
    return heldTickets().filter((ticket) => statuses[filter.value].length === 0 || statuses[filter.value].includes(ticket.status)).map((ticket) => ticket.id)
  })
  // A search shows what the server has found; the list shows what the device holds, which frames keep fresh.
  const ids = q ? loaded : shown.value
  const waiting = outbox.value.filter((item) => item.kind === "ticket")
  return (
    <section class="list" aria-label={t().tickets.title}>
      <header class="list-head">
        <div class="list-title">
          <h1>{t().tickets.title}</h1>
          <Link class="button" data-kind="primary" href="/tickets/new" aria-current={openId === "new" ? "page" : undefined}><Plus size={18} />{t().tickets.new}</Link>
        </div>
        <label class="search">
          <Search size={18} aria-hidden="true" />
          <input type="search" dir="auto" class="input" aria-label={t().tickets.searchLabel} placeholder={t().tickets.search} maxLength={maxSearch} value={search.value} onInput={(event) => (search.value = event.currentTarget.value)} />
        </label>
        {!q && (
          <Segments
            label={t().tickets.filter}
            value={filter.value}
            options={[{ value: "active", label: t().tickets.active }, { value: "solved", label: t().tickets.solved }, { value: "all", label: t().tickets.all }]}
            onValue={(value) => (filter.value = value)}
          />
        )}
      </header>
      <ul class="rows">
        {!q && waiting.map((item) => (
          <li key={item.clientId}>
            <Link class="row" href={`/tickets/${item.clientId}`} aria-current={openId === item.clientId ? "page" : undefined}>
              <span class="row-title cut" dir="auto">{item.opening!.title}</span>
              {item.state === "refused" ? <span class="row-meta" data-refused><CircleAlert size={14} />{t().ticket.marks.refused}</span> : <span class="row-meta"><Clock size={14} />{t().tickets.offlineNew}</span>}
            </Link>
          </li>
        ))}
        {ids.map((id) => <Row key={id} id={id} open={id === openId} />)}
      </ul>
      {ids.length === 0 && <Nothing query={query} filter={filter} q={q} waiting={waiting.length > 0} />}
      {query.hasNextPage && <ShowMore pages={query} queryKey={pages.queryKey} />}
    </section>
  )
}

interface NothingProps {
  query: UseInfiniteQueryResult
  filter: Signal<Filter>
  q: string
  /** Whether tickets that wait to be sent are shown. */
  waiting: boolean
}

/** What the list shows without a row: an error, the first load, or that there is none. */
function Nothing({ query, filter, q, waiting }: NothingProps) {
  if (q && isSearchProblem(query.error)) return <NoneFound />
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  if (query.isPending) return <SkeletonRows />
  if (waiting || query.hasNextPage) return null
  return q ? <NoneFound /> : <NoTickets filter={filter} />
}

/** Whether the customer has any ticket. A new one is in the list too, so this is asked for again only after a loss of the connection, as `ticket` is. */
const anyTicket = { queryKey: ["ticket", "any"], staleTime: Infinity, gcTime: Infinity, queryFn: async () => (await call("get", "/tickets", { query: { limit: 1 } })).data.length > 0 }

/** That a list is empty, or that the customer has no tickets at all. */
function NoTickets({ filter }: Pick<NothingProps, "filter">) {
  const { data, isPending } = useQuery(anyTicket)
  const held = heldTickets().length > 0
  if (isPending && !held) return <SkeletonRows />
  if (!held && data === false) return <Empty icon={<Inbox size={32} />} title={t().tickets.emptyTitle} text={t().tickets.emptyText} />
  return (
    <Empty icon={<Inbox size={32} />} title={t().tickets.noneHere}>
      <Button onClick={() => (filter.value = "all")}>{t().tickets.showAll}</Button>
    </Empty>
  )
}

function Row({ id, open }: { id: string; open: boolean }) {
  const ticket = ticketSignal(id).value
  if (!ticket) return null
  return (
    <li>
      <Link class="row" href={`/tickets/${id}`} aria-current={open ? "page" : undefined} data-unread={ticket.unread > 0 || undefined} onPointerEnter={() => void openLog(id)}>
        <span class="row-title cut" dir="auto">{ticket.title}</span>
        <span class="row-time"><RelativeTime at={ticket.lastActivityAt} /></span>
        <span class="row-preview cut" dir="auto">{ticket.preview}</span>
        <span class="row-end">
          {ticket.unread > 0 && <span class="badge"><span aria-hidden="true">{badge(ticket.unread)}</span><span class="hidden">{t().tickets.unread(ticket.unread)}</span></span>}
          <StatusChip status={ticket.status} />
        </span>
      </Link>
    </li>
  )
}

/** Removes tickets from the device that the whole list of the server no longer has. */
function useForgotten(filter: Filter, q: string, loaded: readonly string[], askedAt: number, whole: boolean) {
  useEffect(() => {
    if (q || !whole) return
    const matches = (ticket: Ticket) => statuses[filter].length === 0 || statuses[filter].includes(ticket.status)
    // The list may be older than what this device has of a ticket, such as one that has just been opened, and newer than the one on the screen.
    const settled = (ticket: Ticket) => takenBefore(ticket.id, askedAt) && Date.now() - Date.parse(ticket.lastActivityAt) > 60_000 && ticket.id !== viewedTicket.peek()
    for (const ticket of heldTickets()) if (matches(ticket) && settled(ticket) && !loaded.includes(ticket.id)) removeTicket(ticket.id)
  }, [filter, q, loaded.join(), askedAt, whole])
}
