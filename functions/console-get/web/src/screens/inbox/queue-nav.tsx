import { useQuery } from "@tanstack/preact-query"
import type { ComponentChildren } from "preact"
import { useEffect } from "preact/hooks"
import { ChevronDown, Inbox, ListTodo, Tickets, UserRoundX } from "lucide-preact"
import { Link, useLocation } from "wouter-preact"
import { call } from "../../api/client"
import { useCategories } from "../../api/queries"
import type { TicketCounts } from "../../api/types"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { number } from "../../i18n/format"
import { counts } from "../../socket/realtime"
import { watching } from "../../socket/sync"
import { Menu } from "../../ui/menu"
import { PriorityMark, StatusChip } from "../../ui/status"
import { pathOf, plain, priorities, type Queue, queueName, type QueueKind, statuses } from "./queues"

/** The numbers of the queues: asked for once, when frames arrive, which bring them from then on. */
function useCounts(): TicketCounts | null {
  const { data, dataUpdatedAt } = useQuery({ enabled: watching.value, queryKey: ["tickets", "counts"], queryFn: () => call("get", "/tickets/counts") })
  useEffect(() => {
    if (data) counts.value = data
  }, [data, dataUpdatedAt])
  return counts.value
}

export const useQueueName = (queue: Queue): string => queueName(queue, { ...inboxText().queues, status: t().status, priority: t().priority }, useCategories())

const icons = { mine: Inbox, unassigned: UserRoundX, open: ListTodo, all: Tickets }

const countOf = (queue: Queue, of: TicketCounts | null): number | undefined => {
  if (!of) return undefined
  switch (queue.kind) {
    case "mine":
      return of.mine
    case "unassigned":
      return of.unassigned
    case "open":
      return of.byStatus.new + of.byStatus.open + of.byStatus.pending + of.byStatus.on_hold
    case "status":
      return of.byStatus[queue.value as keyof TicketCounts["byStatus"]]
    case "priority":
      return of.byPriority[queue.value as keyof TicketCounts["byPriority"]]
    case "category":
      return of.byCategory.find((category) => category.id === queue.value)?.count ?? 0
    case "all":
      return undefined
  }
}

/** All queues with their numbers. */
export function QueueNav({ current }: { current: Queue }) {
  const all = useCounts()
  const categories = useCategories()
  const item = (queue: Queue, icon: ComponentChildren, label: ComponentChildren) => {
    const count = countOf(queue, all)
    const here = queue.kind === current.kind && queue.value === current.value && !current.words
    return (
      <li key={pathOf(queue)}>
        <Link href={pathOf(queue)} class="queue-link" aria-current={here ? "page" : undefined}>
          {icon}
          <span class="queue-link-name">{label}</span>
          {count !== undefined && count > 0 && <span class="meta">{number(count)}</span>}
        </Link>
      </li>
    )
  }
  return (
    <nav class="queues no-print" aria-label={inboxText().queuesLabel}>
      <ul>
        {(["mine", "unassigned", "open", "all"] as const).map((kind) => {
          const Icon = icons[kind]
          return item(plain(kind), <Icon size={18} aria-hidden="true" />, inboxText().queues[kind])
        })}
      </ul>
      <h2 class="meta">{inboxText().byStatus}</h2>
      <ul>{statuses.map((value) => item({ kind: "status", value, words: "" }, null, <StatusChip status={value} />))}</ul>
      <h2 class="meta">{t().priority.label}</h2>
      <ul>{priorities.map((value) => item({ kind: "priority", value, words: "" }, <PriorityMark priority={value} />, t().priority[value]))}</ul>
      {categories.length > 0 && <h2 class="meta">{t().ticket.category}</h2>}
      <ul>{categories.map(({ id, name }) => item({ kind: "category", value: id, words: "" }, null, <bdi>{name}</bdi>))}</ul>
    </nav>
  )
}

/** The same as a menu, where there is no room beside the list. */
export function QueueMenu({ current }: { current: Queue }) {
  const [, navigate] = useLocation()
  const name = useQueueName(current)
  const categories = useCategories()
  const all = useCounts()
  const entry = (kind: QueueKind, value: string, label: string) => {
    const queue = { kind, value, words: "" }
    const count = countOf(queue, all)
    return { label, checked: kind === current.kind && value === current.value, onSelect: () => navigate(pathOf(queue)), ...(count ? { detail: number(count) } : {}) }
  }
  return (
    <Menu
      label={inboxText().queuesLabel}
      button={(props) => (
        <button type="button" class="queue-menu-button" {...props}>
          <span>{name}</span>
          <ChevronDown size={18} aria-hidden="true" />
        </button>
      )}
      items={[
        ...(["mine", "unassigned", "open", "all"] as const).map((kind) => entry(kind, "", inboxText().queues[kind])),
        "line",
        ...statuses.map((value) => entry("status", value, t().status[value])),
        "line",
        ...priorities.map((value) => entry("priority", value, t().priority[value])),
        "line",
        ...categories.map(({ id, name }) => entry("category", id, name)),
      ]}
    />
  )
}
