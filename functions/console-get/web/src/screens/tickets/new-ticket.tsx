import { ArrowLeft, Paperclip } from "lucide-preact"
import { useState } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { useCategories } from "../../api/queries"
import type { Priority } from "../../api/types"
import { StoredFiles } from "../../conversation/attachments"
import { useFiles } from "../../conversation/composer"
import { draftSignal, editDraft, newTicketKey, removeFile } from "../../drafts/drafts"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { ticketSignal } from "../../log/tickets"
import { add } from "../../outbox/outbox"
import { acceptedFiles } from "../../outbox/upload"
import { Button, Field, Segments, TextField } from "../../ui/controls"
import { toastError } from "../../ui/toast"

const priorities: readonly Priority[] = ["low", "medium", "high", "urgent"]

/** A new ticket. It is a draft on the device until it is sent, and is sent when there is a network. */
export function NewTicket() {
  const [, navigate] = useLocation()
  const categories = useCategories().filter((category) => category.active !== false)
  const draft = draftSignal(newTicketKey).value
  const opening = draft.opening ?? { title: "", categoryId: "" }
  const [tried, setTried] = useState(false)
  const { drop, pick, input } = useFiles(newTicketKey)
  const edit = (change: Partial<typeof opening>) => editDraft(newTicketKey, { opening: { ...opening, ...change } })
  const missing = (value: string) => (tried && !value.trim() ? t().errors.required : undefined)

  const send = async () => {
    setTried(true)
    if (!opening.title.trim() || !opening.categoryId || !draft.text.trim()) return
    const item = await add({ kind: "ticket", ticketId: "", body: draft.text, internal: false, files: draft.files, opening: { ...opening, title: opening.title.trim() } }, newTicketKey)
    navigate(`/tickets/${item.clientId}`, { replace: true })
  }
  return (
    <form
      class="new-ticket"
      data-dropping={drop.over || undefined}
      {...drop.handlers}
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
        {opening.followUpOf && <p class="meta">{t().newTicket.followUp(digits(ticketSignal(opening.followUpOf).value?.number ?? ""))}</p>}
        <fieldset class="field">
          <legend class="label">{t().newTicket.category}</legend>
          <div class="cards">
            {categories.map((category) => (
              <label key={category.id} class="card">
                <input type="radio" name="category" value={category.id} checked={opening.categoryId === category.id} onChange={() => edit({ categoryId: category.id })} />
                <span class="card-name"><bdi>{category.name}</bdi></span>
                {category.description && <span class="card-text" dir="auto">{category.description}</span>}
              </label>
            ))}
          </div>
          {missing(opening.categoryId) && <p class="problem" role="alert">{t().errors.required}</p>}
        </fieldset>
        <TextField label={t().newTicket.subject} hint={t().newTicket.subjectHint} problem={missing(opening.title)} value={opening.title} onText={(title) => edit({ title })} maxLength={200} />
        <Field label={t().newTicket.text} hint={t().newTicket.textHint} problem={missing(draft.text)}>
          {(ids) => <textarea {...ids} class="input" dir="auto" placeholder=" " value={draft.text} maxLength={20_000} onInput={(event) => editDraft(newTicketKey, { text: event.currentTarget.value })} />}
        </Field>
        <StoredFiles ids={draft.files} onRemove={(id) => void removeFile(newTicketKey, id)} />
        <div class="new-ticket-line">
          <Button kind="quiet" icon={<Paperclip size={18} />} onClick={() => input.current?.click()}>{t().newTicket.files}</Button>
          <input ref={input} type="file" multiple hidden accept={acceptedFiles} onChange={(event) => pick(event.currentTarget)} />
        </div>
        <details class="more">
          <summary>{t().newTicket.more}</summary>
          <div class="field">
            <span class="label">{t().newTicket.priority}</span>
            <Segments label={t().newTicket.priority} value={opening.priority ?? "medium"} options={priorities.map((value) => ({ value, label: t().priority[value] }))} onValue={(priority) => edit({ priority })} />
          </div>
        </details>
        <div class="new-ticket-line">
          <Button type="submit" kind="primary">{t().newTicket.send}</Button>
          <span class="meta">{t().newTicket.draftKept}</span>
        </div>
      </div>
      {drop.over && <p class="composer-drop">{t().newTicket.drop}</p>}
    </form>
  )
}
