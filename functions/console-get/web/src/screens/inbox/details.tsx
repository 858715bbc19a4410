import { useQuery } from "@tanstack/preact-query"
import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { ChevronDown, Plus } from "lucide-preact"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import type { Ticket } from "../../api/types"
import { inboxText } from "../../i18n/inbox"
import { language, t } from "../../i18n"
import { digits, exact, number } from "../../i18n/format"
import { room } from "../../socket/realtime"
import { Avatar } from "../../ui/avatar"
import { Button } from "../../ui/controls"
import { PriorityMark, StatusChip } from "../../ui/status"
import { RelativeTime } from "../../ui/time"
import { take } from "./actions"
import { OpenTicketDialog } from "./open-ticket"
import type { Choice } from "./pickers"
import { pathOf, plain } from "./queues"

interface Props {
  ticket: Ticket
  onChoose: (choice: Choice) => void
}

/** What is known about a ticket, and who the customer is. Each value is a button that changes it. */
export function Details({ ticket, onChoose }: Props) {
  return (
    <aside class="details" aria-label={t().ticket.details}>
      <dl class="facts">
        <Fact label={t().ticket.assignee}>
          <Value onClick={() => onChoose("assign")} shortcut="a">
            {ticket.assignee ? (
              <>
                <Avatar name={ticket.assignee.name} pictureUrl={ticket.assignee.pictureUrl} size="small" />
                <bdi>{ticket.assignee.name || t().ticket.unknownAuthor}</bdi>
              </>
            ) : (
              inboxText().unassigned
            )}
          </Value>
          {!ticket.assignee && <Button kind="quiet" onClick={() => void take(ticket.id)}>{inboxText().take}</Button>}
        </Fact>
        <Fact label={inboxText().byStatus}><Value onClick={() => onChoose("status")} shortcut="s"><StatusChip status={ticket.status} /></Value></Fact>
        <Fact label={t().priority.label}>
          <Value onClick={() => onChoose("priority")} shortcut="p">
            <PriorityMark priority={ticket.priority} />
            {t().priority[ticket.priority]}
          </Value>
        </Fact>
        <Fact label={t().ticket.category}><Value onClick={() => onChoose("category")} shortcut="c"><bdi>{ticket.category?.name || "–"}</bdi></Value></Fact>
        <Fact label={inboxText().tags}>
          <Value onClick={() => onChoose("tags")} shortcut="t">
            {ticket.tags.length ? <span class="tags">{ticket.tags.map((tag) => <span key={tag} class="chip" dir="auto">{tag}</span>)}</span> : inboxText().noTags}
          </Value>
        </Fact>
        <Fact label={t().ticket.opened}>{exact(new Date(ticket.createdAt))}</Fact>
        <Fact label={t().ticket.number}><bdi class="ltr">{digits(ticket.number)}</bdi></Fact>
        {ticket.followUpOf && <Fact label={inboxText().continues}><Link class="link ltr" href={pathOf(plain("all"), ticket.followUpOf.id)}>{digits(ticket.followUpOf.number)}</Link></Fact>}
      </dl>
      <CustomerCard ticket={ticket} />
      <Present ticketId={ticket.id} />
    </aside>
  )
}

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div>
      <dt class="meta">{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Value({ onClick, shortcut, children }: { onClick: () => void; shortcut: string; children: ComponentChildren }) {
  return (
    <button type="button" class="fact-value" aria-haspopup="dialog" aria-keyshortcuts={shortcut} title={`${t().actions.edit} (${shortcut})`} onClick={onClick}>
      {children}
      <ChevronDown size={14} class="end" aria-hidden="true" />
    </button>
  )
}

/** The customer and their other tickets. */
function CustomerCard({ ticket }: { ticket: Ticket }) {
  const { id } = ticket.customer
  const { data: customer } = useQuery({ queryKey: ["customers", id], queryFn: () => call("get", "/customers/{id}", { path: { id } }), enabled: id !== "" })
  const { data: others } = useQuery({
    queryKey: ["tickets", "customer", id],
    queryFn: async () => (await call("get", "/tickets", { query: { customer: [id], sort: "-lastActivityAt", limit: 6 } })).data,
    enabled: id !== "",
  })
  const [opening, setOpening] = useState(false)
  return (
    <section class="customer-card" aria-label={t().role.user}>
      <h3><bdi>{ticket.customer.name || t().ticket.unknownAuthor}</bdi></h3>
      {customer && (
        <>
          <p><bdi class="ltr">{digits(customer.phone)}</bdi></p>
          {customer.email && <p><bdi class="ltr">{customer.email}</bdi></p>}
          {(customer.province || customer.city) && <p class="meta">{[customer.province?.name, customer.city?.name].filter(Boolean).join(language.value === "fa" ? "، " : ", ")}</p>}
          <p class="meta">{inboxText().customerTickets(customer.tickets.open, customer.tickets.all)}</p>
        </>
      )}
      <ul>
        {others?.filter((other) => other.id !== ticket.id).slice(0, 5).map((other) => (
          <li key={other.id}>
            <Link class="other-ticket" href={pathOf(plain("all"), other.id)}>
              <StatusChip status={other.status} />
              <span dir="auto">{other.title}</span>
              <span class="meta"><RelativeTime at={other.lastActivityAt} /></span>
            </Link>
          </li>
        ))}
      </ul>
      {customer && <Button kind="quiet" icon={<Plus size={16} />} onClick={() => setOpening(true)}>{inboxText().openTicket}</Button>}
      {opening && <OpenTicketDialog customer={ticket.customer} onClose={() => setOpening(false)} />}
    </section>
  )
}

/** Colleagues who have the ticket open too, so that two do not answer. */
function Present({ ticketId }: { ticketId: string }) {
  const staff = room(ticketId).present.value.filter((user) => user.role !== "user")
  const count = staff.length + room(ticketId).unnamed.value
  if (!count) return null
  return (
    <p class="notice" role="status">
      {count === 1 ? inboxText().alsoHere(staff[0]!.name) : inboxText().severalHere(number(count))}
    </p>
  )
}
