import { Paperclip } from "lucide-preact"
import { excess } from "../../api/excess"
import { maxText, maxTitle } from "../../api/limits"
import { isSelectable, useCategoryQuery } from "../../api/queries"
import type { Priority } from "../../api/types"
import { StoredFiles } from "../../conversation/attachments"
import type { useFiles } from "../../conversation/composer"
import { draftSignal, editDraft, removeFile } from "../../drafts/drafts"
import { t } from "../../i18n"
import type { Draft } from "../../log/db"
import { acceptedFiles } from "../../outbox/upload"
import { Button, Segments, TextArea, TextField } from "../../ui/controls"
import { describe } from "../../ui/states"

const priorities: readonly Priority[] = ["low", "medium", "high", "urgent"]
type Opening = NonNullable<Draft["opening"]>
export const noOpening: Opening = { title: "", categoryId: "" }

/** Whether a draft has what a new ticket needs, and no more than it may have. */
export const isComplete = ({ text, opening = noOpening }: Draft): boolean => [text, opening.title, opening.categoryId].every((value) => value.trim() !== "") && excess(text, maxText) + excess(opening.title, maxTitle) === 0

interface Props {
  /** The draft that they edit. */
  draft: string
  files: ReturnType<typeof useFiles>
  /** Whether empty fields are marked. */
  tried: boolean
  /** Whether they are being sent and cannot be changed. */
  busy?: boolean
}

/** The fields of a new ticket: category, subject, text, files, priority. Customers and staff share them. */
export function TicketFields({ draft: key, files, tried, busy = false }: Props) {
  const { categories: all, error, retry } = useCategoryQuery()
  const categories = all.filter(isSelectable)
  const draft = draftSignal(key).value
  const opening = draft.opening ?? noOpening
  const edit = (change: Partial<Opening>) => editDraft(key, { opening: { ...opening, ...change } })
  const missing = (value: string) => (tried && !value.trim() ? t().errors.required : undefined)
  return (
    <>
      <fieldset class="field" disabled={busy}>
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
        {all.length === 0 && error && (
          <div class="notice" data-tone="danger" role="alert">
            <span>{describe(error).text}</span>
            <Button kind="quiet" onClick={retry}>{t().actions.retry}</Button>
          </div>
        )}
        {missing(opening.categoryId) && <p class="problem" role="alert">{t().errors.required}</p>}
      </fieldset>
      <TextField label={t().newTicket.subject} hint={t().newTicket.subjectHint} problem={missing(opening.title)} value={opening.title} onText={(title) => edit({ title })} limit={maxTitle} readOnly={busy} />
      <TextArea label={t().newTicket.text} hint={t().newTicket.textHint} problem={missing(draft.text)} value={draft.text} onText={(text) => editDraft(key, { text })} limit={maxText} readOnly={busy} />
      <StoredFiles ids={draft.files} {...(busy ? {} : { onRemove: (id) => void removeFile(key, id) })} />
      <div class="new-ticket-line">
        <Button kind="quiet" icon={<Paperclip size={18} />} disabled={busy} onClick={() => files.input.current?.click()}>{t().newTicket.files}</Button>
        <input ref={files.input} type="file" multiple hidden accept={acceptedFiles} onChange={(event) => files.pick(event.currentTarget)} />
      </div>
      <details class="more">
        <summary>{t().newTicket.more}</summary>
        <div class="field">
          <span class="label">{t().newTicket.priority}</span>
          <Segments label={t().newTicket.priority} value={opening.priority ?? "medium"} options={priorities.map((value) => ({ value, label: t().priority[value] }))} onValue={(priority) => edit({ priority })} disabled={busy} />
        </div>
      </details>
    </>
  )
}
