import { useState } from "preact/hooks"
import { useLocation } from "wouter-preact"
import type { Ticket } from "../../api/types"
import { useFiles } from "../../conversation/composer"
import { draftKey, draftSignal } from "../../drafts/drafts"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem, focusProblem } from "../../ui/states"
import { useForm } from "../account/use-form"
import { isComplete, TicketFields } from "../tickets/ticket-fields"
import { openFor } from "./open-for"
import { pathOf, plain } from "./queues"
import "../tickets/tickets.css"

/** Opens a ticket for a customer, who called for example. The draft stays on the device until the ticket exists. */
export function OpenTicketDialog({ customer, onClose }: { customer: Ticket["customer"]; onClose: () => void }) {
  const [, navigate] = useLocation()
  const key = draftKey(`new-${customer.id}`)
  const [tried, setTried] = useState(false)
  const files = useFiles(key)
  const form = useForm()
  const submit = () =>
    form.run(async () => {
      const draft = draftSignal(key).peek()
      setTried(true)
      if (!isComplete(draft)) return void setTimeout(focusProblem)
      const ticket = await openFor(customer.id, key)
      onClose()
      navigate(pathOf(plain("all"), ticket.id))
    })
  return (
    <Dialog
      title={inboxText().openFor(customer.name || t().ticket.unknownAuthor)}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button type="submit" kind="primary" busy={form.busy}>{t().newTicket.send}</Button>
        </>
      }
    >
      <div class="new-ticket-fields in-dialog" {...(form.busy ? {} : files.drop.handlers)}>
        <TicketFields draft={key} files={files} tried={tried} busy={form.busy} />
        <FormProblem error={form.error} except={[]} />
      </div>
    </Dialog>
  )
}
