import { signal } from "@preact/signals"
import { useEffect, useState } from "preact/hooks"
import { ArrowLeft, CircleCheck, Ellipsis, Info, Lock, Printer, RotateCcw, Trash2 } from "lucide-preact"
import { Link, useLocation } from "wouter-preact"
import { isActive, type Ticket } from "../../api/types"
import { session } from "../../app/session"
import { Composer } from "../../conversation/composer"
import { LogView } from "../../conversation/log-view"
import { takesMessages } from "../../conversation/items"
import { Typing } from "../../conversation/typing"
import { printTicket } from "../../conversation/use-printing"
import { useConversation } from "../../conversation/use-conversation"
import { settings } from "../../config"
import { draftKey, draftSignal, isSendable } from "../../drafts/drafts"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { ticketSignal } from "../../log/tickets"
import { add } from "../../outbox/outbox"
import { connection } from "../../socket/realtime"
import { Button, IconButton, Segments } from "../../ui/controls"
import { Confirm } from "../../ui/dialog"
import { Menu } from "../../ui/menu"
import { Empty, Failure, SkeletonRows } from "../../ui/states"
import { PriorityMark, StatusChip } from "../../ui/status"
import { toastError } from "../../ui/toast"
import { remove, resolveAfter, setStatus } from "./actions"
import { Details } from "./details"
import type { Choice } from "./pickers"

interface Props {
  id: string
  /** The address of the list. */
  back: string
  onChoose: (choice: Choice) => void
}

/** A ticket as an agent sees it: conversation, composer for replies and notes, details. */
export function TicketPane({ id, back, onChoose }: Props) {
  const ticket = ticketSignal(id).value
  const state = useConversation(id)
  const [details, showDetails] = useState(false)
  useEffect(() => () => void (asked.value = null), [])
  if (!ticket) {
    return (
      <section class="agent-pane">
        <header class="pane-head"><Back to={back} /></header>
        {state.error ? <Failure error={state.error} onRetry={state.retry} /> : state.loading ? <SkeletonRows /> : <Empty title={t().ticket.gone} />}
      </section>
    )
  }
  return (
    <section class="agent-pane" aria-labelledby="ticket-title">
      <header class="pane-head">
        <Back to={back} />
        <div class="pane-title">
          <h1 id="ticket-title" class="start" dir="auto">{ticket.title}</h1>
          <p class="meta">
            <bdi class="ltr">{digits(ticket.number)}</bdi>
            <StatusChip status={ticket.status} />
            <PriorityMark priority={ticket.priority} />
            <bdi>{ticket.customer.name || t().ticket.unknownAuthor}</bdi>
          </p>
        </div>
        {isActive(ticket) && (
          <Button class="no-print" icon={<CircleCheck size={18} />} onClick={() => void setStatus(id, "resolved")} aria-keyshortcuts="e" title={`${inboxText().commands.resolve} (E)`}>
            {inboxText().resolve}
          </Button>
        )}
        <IconButton class="pane-details-button no-print" label={inboxText().details} aria-pressed={details} onClick={() => showDetails(!details)}><Info size={20} /></IconButton>
        <PaneMenu id={id} closed={ticket.status === "closed"} back={back} />
      </header>
      <div class="pane-body" data-details={details || undefined}>
        <div class="conversation">
          <LogView ticketId={id} state={state} />
          <Typing ticketId={id} />
          {takesMessages(ticket, settings.reopenDays) ? <AgentComposer id={id} customer={ticket.customer.name} /> : <p class="notice no-print">{t().ticket.closedLong}</p>}
        </div>
        <Details ticket={ticket} onChoose={onChoose} />
      </div>
    </section>
  )
}

const Back = ({ to }: { to: string }) => (
  <Link href={to} class="icon-button pane-back no-print" aria-label={t().nav.back} title={t().nav.back}>
    <ArrowLeft size={20} class="mirror" />
  </Link>
)

type Mode = "reply" | "note"

/** The ticket to write in and how, as chosen last; its composer may not be there yet. */
const asked = signal<{ id: string; mode: Mode } | null>(null)

export function write(id: string, mode: Mode): void {
  asked.value = { id, mode }
  focusComposer() // at once: the next key belongs to the text already
}

const focusComposer = () => document.querySelector<HTMLElement>(".agent-pane .composer-text")?.focus()

/** Leads out of the text, so that the next key is a shortcut. */
function leaveComposer(): void {
  const log = document.querySelector<HTMLElement>(".agent-pane .log-list")
  if (log) log.focus()
  else (document.activeElement as HTMLElement).blur()
}

/** Reply and note have drafts of their own. A note is tinted, and its button says so. */
function AgentComposer({ id, customer }: { id: string; customer: string }) {
  const [first] = useState<Mode>(draftSignal(draftKey(id, "reply")).peek().text === "" && draftSignal(draftKey(id, "note")).peek().text !== "" ? "note" : "reply")
  // Read while rendering: an effect runs after the next frame, and keys until then would go to the other draft.
  const mode = asked.value?.id === id ? asked.value.mode : first
  const note = mode === "note"
  const key = draftKey(id, mode)
  useEffect(() => {
    if (asked.peek()?.id === id) focusComposer() // asked for before it was there
  }, [id])
  const send = (resolve: boolean) => {
    const draft = draftSignal(key).peek()
    void add({ kind: "message", ticketId: id, body: draft.text, files: draft.files, internal: note }, key)
      .then((item) => (resolve ? resolveAfter(item) : undefined))
      .catch(toastError)
  }
  return (
    <div
      onKeyDownCapture={(event) => {
        if (event.key === "Escape" && !event.isComposing) return leaveComposer()
        if (event.key !== "Enter" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        event.stopPropagation()
        if (isSendable(draftSignal(key).peek())) send(true)
      }}
    >
      <Composer
        draft={key}
        label={note ? inboxText().writeNote : inboxText().writeReply(customer)}
        sendLabel={note ? inboxText().addNote : t().actions.send}
        note={note}
        head={<Segments label={inboxText().modeLabel} value={mode} options={[{ value: "reply", label: inboxText().commands.reply }, { value: "note", label: t().ticket.note }]} onValue={(value) => (asked.value = { id, mode: value })} />}
        onSend={() => send(false)}
        onTyping={() => connection.send({ action: "typing", ticketId: id, ...(note ? { internal: true } : {}) })}
      />
    </div>
  )
}

function PaneMenu({ id, closed, back }: { id: string; closed: boolean; back: string }) {
  const [, navigate] = useLocation()
  const [asking, ask] = useState<Ticket | null>(null) // as it was on the screen
  const isAdmin = session.value?.user.role === "admin"
  const confirmed = () => {
    ask(null)
    return remove(id, asking!, () => navigate(back))
  }
  return (
    <>
      <Menu
        label={t().actions.more}
        button={(props) => <IconButton label={t().actions.more} class="no-print" {...props}><Ellipsis size={20} /></IconButton>}
        items={[
          closed
            ? { label: t().ticket.reopen, icon: <RotateCcw size={18} />, onSelect: () => void setStatus(id, "open") }
            : { label: t().ticket.close, icon: <Lock size={18} />, shortcut: "⇧E", onSelect: () => void setStatus(id, "closed") },
          { label: t().ticket.print, icon: <Printer size={18} />, onSelect: () => void printTicket(id) },
          ...(isAdmin ? (["line", { label: inboxText().deleteTicket, icon: <Trash2 size={18} />, danger: true, onSelect: () => ask(ticketSignal(id).peek()) }] as const) : []),
        ]}
      />
      {asking && <Confirm title={inboxText().deleteTitle} text={inboxText().deleteText} confirm={inboxText().deleteTicket} kind="danger" onConfirm={() => void confirmed()} onClose={() => ask(null)} />}
    </>
  )
}
