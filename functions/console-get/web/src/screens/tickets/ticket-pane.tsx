import { ArrowLeft, CircleCheck, EllipsisVertical, Lock, Pencil, Printer, RotateCcw } from "lucide-preact"
import { useState } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { call } from "../../api/client"
import { maxTitle } from "../../api/limits"
import { isActive, type Ticket } from "../../api/types"
import { ulid } from "../../api/ulid"
import { settings } from "../../config"
import { Composer } from "../../conversation/composer"
import { takesMessages } from "../../conversation/items"
import { LogView } from "../../conversation/log-view"
import { WaitingMessage } from "../../conversation/message"
import { Typing } from "../../conversation/typing"
import { printTicket } from "../../conversation/use-printing"
import { useConversation } from "../../conversation/use-conversation"
import { draftKey, draftSignal, editDraft, isEmptyDraft } from "../../drafts/drafts"
import { startFollowUp } from "../../drafts/follow-up"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import type { OutboxItem } from "../../log/db"
import { fill } from "../../log/store"
import { putTickets, ticketSignal } from "../../log/tickets"
import { add } from "../../outbox/outbox"
import { connection } from "../../socket/realtime"
import { offline } from "../../socket/sync"
import { Button, IconButton, TextField } from "../../ui/controls"
import { Confirm, Dialog } from "../../ui/dialog"
import { Menu, type MenuItem } from "../../ui/menu"
import { Empty, Failure, FormProblem, isMissing } from "../../ui/states"
import { StatusChip } from "../../ui/status"
import { toastError } from "../../ui/toast"
import { useEdited } from "../../ui/use-edited"
import { useForm } from "../account/use-form"

/** One ticket of the customer. `item` is a ticket that waits to be sent. */
export function TicketPane({ id, item }: { id: string; item: OutboxItem | undefined }) {
  if (item) {
    return (
      <div class="ticket">
        <Head title={item.opening!.title} />
        <div class="ticket-waiting"><WaitingMessage item={item} /></div>
      </div>
    )
  }
  return <Conversation id={id} />
}

function Conversation({ id }: { id: string }) {
  const state = useConversation(id)
  const ticket = ticketSignal(id).value
  if (state.error && (isMissing(state.error) || !ticket)) return <div class="ticket"><Head title="" /><Failure error={state.error} onRetry={state.retry} /></div>
  if (!ticket && !state.loading) return <div class="ticket"><Head title="" /><Empty title={t().ticket.gone} /></div>
  return (
    <div class="ticket">
      <Head title={ticket?.title ?? ""} ticket={ticket} />
      <LogView ticketId={id} state={state} />
      <Typing ticketId={id} />
      {ticket && <Foot ticket={ticket} />}
    </div>
  )
}

function Head({ title, ticket }: { title: string; ticket?: Ticket | null }) {
  return (
    <header class="ticket-head">
      <Link href="/tickets" class="icon-button only-narrow no-print" aria-label={t().nav.back}><ArrowLeft size={22} class="mirror" /></Link>
      <div class="ticket-title">
        <h2 class="start" dir="auto">{title}</h2>
        {ticket && (
          <p class="ticket-facts">
            <StatusChip status={ticket.status} />
            <span><span class="hidden">{t().ticket.number} </span><bdi class="ltr">{digits(ticket.number)}</bdi></span>
            {ticket.category && <bdi>{ticket.category.name}</bdi>}
            {ticket.assignee && <span>{t().ticket.assignee} <bdi>{ticket.assignee.name}</bdi></span>}
            {ticket.followUpOf && <Link class="link" href={`/tickets/${ticket.followUpOf.id}`}>{t().ticket.continues(digits(ticket.followUpOf.number))}</Link>}
            {ticket.followUps.map((next) => <Link key={next.id} class="link" href={`/tickets/${next.id}`}>{t().ticket.continuedBy(digits(next.number))}</Link>)}
          </p>
        )}
      </div>
      {ticket && <Actions ticket={ticket} />}
    </header>
  )
}

/** Takes a changed ticket and its new entries. */
async function take(ticket: Ticket): Promise<void> {
  putTickets([ticket])
  await fill(ticket.id)
}

const verb = (ticket: Ticket, path: "/tickets/{id}/close" | "/tickets/{id}/reopen") => call("post", path, { path: { id: ticket.id }, body: { clientId: ulid() } }).then(take).catch(toastError)

function Actions({ ticket }: { ticket: Ticket }) {
  const [asking, ask] = useState<"close" | "title" | null>(null)
  const closed = ticket.status === "closed"
  const items: MenuItem[] = [
    ...(isActive(ticket) && !offline.value ? [{ label: t().ticket.editTitle, icon: <Pencil size={18} />, onSelect: () => ask("title") }] : []),
    { label: t().ticket.print, icon: <Printer size={18} />, onSelect: () => void printTicket(ticket.id) },
    ...(offline.value ? [] : closed ? (takesMessages(ticket, settings.reopenDays) ? [{ label: t().ticket.reopen, icon: <RotateCcw size={18} />, onSelect: () => void verb(ticket, "/tickets/{id}/reopen") }] : []) : [{ label: t().ticket.close, icon: <Lock size={18} />, onSelect: () => ask("close") }]),
  ]
  return (
    <div class="no-print">
      <Menu label={t().actions.more} items={items} button={(props) => <IconButton label={t().actions.more} {...props}><EllipsisVertical size={20} /></IconButton>} />
      {asking === "close" && (
        <Confirm
          title={t().ticket.closeTitle}
          text={t().ticket.closeText(settings.reopenDays)}
          confirm={t().ticket.close}
          onClose={() => ask(null)}
          onConfirm={() => {
            ask(null)
            void verb(ticket, "/tickets/{id}/close")
          }}
        />
      )}
      {asking === "title" && <TitleDialog ticket={ticket} onClose={() => ask(null)} />}
    </div>
  )
}

function TitleDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const { value: title, ...edited } = useEdited(ticket.title)
  const form = useForm()
  const save = () =>
    form.run(async () => {
      if (edited.changed) await take(await call("patch", "/tickets/{id}", { path: { id: ticket.id }, body: { title } }))
      onClose()
    })
  return (
    <Dialog title={t().ticket.editTitle} onClose={onClose} onSubmit={() => void save()} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button><Button type="submit" kind="primary" busy={form.busy}>{t().actions.save}</Button></>}>
      <TextField label={t().newTicket.subject} value={title} onText={edited.set} limit={maxTitle} problem={form.problem("title")} required autoFocus />
      <FormProblem error={form.error} except={["title"]} />
    </Dialog>
  )
}

/** The composer, or what to do instead. */
function Foot({ ticket }: { ticket: Ticket }) {
  const [, navigate] = useLocation()
  const key = draftKey(ticket.id)
  if (!takesMessages(ticket, settings.reopenDays)) {
    const followUp = async () => {
      const { text, files } = draftSignal(key).peek()
      await startFollowUp(ticket.id, text, files)
      editDraft(key, { text: "", files: [] })
      navigate("/tickets/new")
    }
    return (
      <div class="ticket-note notice no-print">
        <Lock size={20} />
        <span>{t().ticket.closedLong}</span>
        <Button kind="quiet" onClick={() => void followUp()}>{isEmptyDraft(draftSignal(key).value) ? t().ticket.followUpEmpty : t().ticket.followUp}</Button>
      </div>
    )
  }
  const send = () => {
    const { text, files } = draftSignal(key).peek()
    void add({ kind: "message", ticketId: ticket.id, body: text, internal: false, files }, key).catch(toastError)
  }
  return (
    <>
      {ticket.status === "resolved" && <p class="ticket-note notice no-print" data-tone="ok"><CircleCheck size={20} /><span>{t().ticket.resolvedHint}</span></p>}
      {ticket.status === "closed" && <p class="ticket-note notice no-print"><Lock size={20} /><span>{t().ticket.closedHint}</span></p>}
      <Composer draft={key} label={t().ticket.write} onSend={send} onTyping={() => connection.send({ action: "typing", ticketId: ticket.id })} />
    </>
  )
}
