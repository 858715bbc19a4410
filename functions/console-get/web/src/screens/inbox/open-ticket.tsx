import { useState } from "preact/hooks"
import { useLocation } from "wouter-preact"
import { call } from "../../api/client"
import type { Ticket } from "../../api/types"
import { ulid } from "../../api/ulid"
import { useFiles } from "../../conversation/composer"
import { clearDraft, draftKey, draftSignal, editDraft, removeFile, saveDrafts } from "../../drafts/drafts"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { database } from "../../log/db"
import { putTickets } from "../../log/tickets"
import { uploadFile } from "../../outbox/upload"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem, focusProblem } from "../../ui/states"
import { useForm } from "../account/use-form"
import { isComplete, noOpening, TicketFields } from "../tickets/ticket-fields"
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
      const { title, categoryId, priority } = draft.opening ?? noOpening
      const clientId = draft.clientId ?? ulid()
      if (!draft.clientId) editDraft(key, { clientId })
      await saveDrafts()
      const attachmentIds: string[] = []
      for (const id of draft.files) attachmentIds.push(await uploadFile(id))
      const ticket = await call("post", "/tickets", {
        body: { clientId, customerId: customer.id, title: title.trim(), categoryId, description: draft.text.trim(), attachmentIds, ...(priority ? { priority } : {}) },
      })
      putTickets([ticket])
      for (const id of draft.files) await removeFile(key, id)
      clearDraft(key)
      await (await database()).delete("drafts", key)
      onClose()
      navigate(pathOf(plain("all"), ticket.id))
    })
  return (
    <Dialog
      title={inboxText().openFor(customer.name || t().ticket.unknownAuthor)}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t().actions.cancel}</Button>
          <Button kind="primary" busy={form.busy} onClick={() => void submit()}>{t().newTicket.send}</Button>
        </>
      }
    >
      <form
        class="new-ticket-fields in-dialog"
        {...files.drop.handlers}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <TicketFields draft={key} files={files} tried={tried} />
        <FormProblem error={form.error} except={[]} />
        <button type="submit" hidden>{t().actions.done}</button>
      </form>
    </Dialog>
  )
}
