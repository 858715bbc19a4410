import "./tickets.css"
import { MessagesSquare } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import { Link, Redirect, useRoute } from "wouter-preact"
import { queryClient } from "../../api/query"
import { t } from "../../i18n"
import { heldTickets, ticketSignal } from "../../log/tickets"
import { openedTicket, outbox } from "../../outbox/outbox"
import { Empty } from "../../ui/states"
import { listPages, TicketList } from "./list"
import { NewTicket } from "./new-ticket"
import { TicketPane } from "./ticket-pane"

/** Fetches the rows before the screen is drawn. Those that the device has are drawn at once. */
export async function prepare(): Promise<void> {
  const fetched = queryClient.prefetchInfiniteQuery(listPages("active", ""))
  if (heldTickets().length === 0) await fetched
}

/** The customer's tickets: a list, and beside it (on a phone instead of it) a ticket or a new one. */
export default function Tickets() {
  const [, params] = useRoute("/tickets/:id?")
  const id = params?.id
  return (
    <div class="split" data-open={id ? true : undefined}>
      <TicketList openId={id} />
      <section class="pane">
        {id === undefined ? (
          <Empty icon={<MessagesSquare size={32} />} title={t().tickets.title} text={t().account.tagline}>
            <Link class="button" data-kind="primary" href="/tickets/new">{t().tickets.new}</Link>
          </Empty>
        ) : id === "new" ? (
          <NewTicket />
        ) : (
          <OpenTicket key={id} id={id} />
        )}
      </section>
    </div>
  )
}

const isHeld = (id: string) => ticketSignal(id).peek() !== null

/** A ticket that was written offline has the id of its request until it is confirmed. */
function OpenTicket({ id }: { id: string }) {
  const item = outbox.value.find((other) => other.clientId === id)
  const [confirmed, setConfirmed] = useState<string | null | undefined>(isHeld(id) ? null : undefined)
  useEffect(() => {
    if (!item && !isHeld(id)) void openedTicket(id).then((opened) => setConfirmed(opened ?? null))
  }, [id, item])
  if (confirmed) return <Redirect to={`/tickets/${confirmed}`} replace />
  if (!item && confirmed === undefined) return null
  return <TicketPane id={id} item={item} />
}
