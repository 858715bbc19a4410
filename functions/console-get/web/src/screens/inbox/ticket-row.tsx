import { memo } from "preact/compat"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { badge, digits } from "../../i18n/format"
import { openLog } from "../../log/store"
import { ticketSignal } from "../../log/tickets"
import { Avatar } from "../../ui/avatar"
import { PriorityMark, StatusChip } from "../../ui/status"
import { RelativeTime } from "../../ui/time"

interface Props {
  id: string
  href: string
  current: boolean
}

/** A ticket in a queue: who, what, since when. Only this row renders when its ticket changes. The list opens it. */
export const TicketRow = memo(function TicketRow({ id, href, current }: Props) {
  const ticket = ticketSignal(id).value
  if (!ticket) return null
  const who = ticket.customer.name || t().ticket.unknownAuthor
  return (
    <a href={`/app${href}`} class="queue-row" aria-current={current ? "true" : undefined} data-unread={ticket.unread > 0 || undefined} data-row={id} onPointerEnter={() => void openLog(id)}>
      <span class="queue-row-line">
        <PriorityMark priority={ticket.priority} />
        <bdi class="queue-row-who">{who}</bdi>
        <RelativeTime class="meta" at={ticket.lastActivityAt} />
      </span>
      <span class="queue-row-line">
        <span class="queue-row-title" dir="auto">{ticket.title}</span>
        {ticket.unread > 0 && (
          <span class="badge">
            <span aria-hidden="true">{badge(ticket.unread)}</span>
            <span class="hidden">{t().nav.unread(ticket.unread)}</span>
          </span>
        )}
      </span>
      <span class="queue-row-line">
        <span class="queue-row-preview meta" dir="auto">{ticket.preview}</span>
        <StatusChip status={ticket.status} />
        {ticket.assignee ? (
          <>
            <Avatar name={ticket.assignee.name} pictureUrl={ticket.assignee.pictureUrl} size="small" />
            <span class="hidden">{t().ticket.assignee} {ticket.assignee.name}</span>
          </>
        ) : (
          <span class="avatar" data-size="small" title={inboxText().unassigned} role="img" aria-label={inboxText().unassigned}>–</span>
        )}
      </span>
      <span class="hidden">{t().ticket.number} <span class="ltr">{digits(ticket.number)}</span></span>
    </a>
  )
})
