import { ArrowLeft, X } from "lucide-preact"
import { useState } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { useFiles } from "../../conversation/composer"
import { draftSignal, newTicketKey } from "../../drafts/drafts"
import { endFollowUp } from "../../drafts/follow-up"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { ticketSignal } from "../../log/tickets"
import { add } from "../../outbox/outbox"
import { Button, IconButton } from "../../ui/controls"
import { focusProblem } from "../../ui/states"
import { toastError } from "../../ui/toast"
import { isComplete, noOpening, TicketFields } from "./ticket-fields"

/** A new ticket. It is a draft on the device until it is sent, and is sent when there is a network. */
export function NewTicket() {
  const [, navigate] = useLocation()
  const draft = draftSignal(newTicketKey).value
  const opening = draft.opening ?? noOpening
  const [tried, setTried] = useState(false)
  const files = useFiles(newTicketKey)

  const send = async () => {
    setTried(true)
    const written = draftSignal(newTicketKey).peek() // what is on the screen may lag behind a second click
    if (!isComplete(written) || !written.opening) return void setTimeout(focusProblem) // when it is shown
    const item = await add({ kind: "ticket", ticketId: "", body: written.text, internal: false, files: written.files, opening: { ...written.opening, title: written.opening.title.trim() } }, newTicketKey)
    navigate(`/tickets/${item.clientId}`, { replace: true })
  }
  return (
    <form
      class="new-ticket"
      data-dropping={files.drop.over || undefined}
      {...files.drop.handlers}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void send().catch(toastError)
      }}
    >
      <header class="ticket-head">
        <Link href="/tickets" class="icon-button only-narrow" aria-label={t().nav.back}><ArrowLeft size={22} class="mirror" /></Link>
        <h2>{t().newTicket.title}</h2>
      </header>
      <div class="new-ticket-fields">
        {opening.followUpOf && <FollowUp of={opening.followUpOf} />}
        <TicketFields draft={newTicketKey} files={files} tried={tried} />
        <div class="new-ticket-line">
          <Button type="submit" kind="primary">{t().newTicket.send}</Button>
          <span class="meta">{t().newTicket.draftKept}</span>
        </div>
      </div>
      {files.drop.over && <p class="composer-drop">{t().newTicket.drop}</p>}
    </form>
  )
}

/** The ticket that the new one continues. */
function FollowUp({ of }: { of: string }) {
  const remove = (button: HTMLElement) => {
    button.closest("form")?.querySelector("input")?.focus() // the button goes
    endFollowUp()
  }
  return (
    <p class="follow-up">
      <span>{t().newTicket.followUp(digits(ticketSignal(of).value?.number ?? ""))}</span>
      <IconButton label={t().newTicket.endFollowUp} onClick={(event) => remove(event.currentTarget)}><X size={16} /></IconButton>
    </p>
  )
}
