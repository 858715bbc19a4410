import { Fragment } from "preact"
import type { Ticket } from "../../api/types"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { PriorityMark, StatusChip } from "../../ui/status"
import { conflict, type Conflict } from "./actions"

/** Shows both versions of what a colleague has changed meanwhile, and asks which one stays. */
export function ConflictDialog() {
  const current = conflict.value
  if (!current) return null
  const close = () => (conflict.value = null)
  const insist = () => {
    close()
    current.insist()
  }
  const author = current.author || t().ticket.unknownAuthor
  const deletes = current.field === "deletion"
  const label = { priority: t().priority.label, category: t().ticket.category, tags: inboxText().tags, deletion: "" }[current.field]
  return (
    <Dialog
      title={deletes ? inboxText().conflictDeleteTitle(author) : inboxText().conflictTitle(author, label)}
      onClose={close}
      actions={<><Button onClick={close}>{inboxText().conflictKeep}</Button><Button kind={deletes ? "danger" : "primary"} onClick={insist}>{deletes ? inboxText().deleteTicket : inboxText().conflictInsist}</Button></>}
    >
      <dl class="conflict">
        <dt class="meta">{inboxText().conflictNow}</dt>
        <dd><Value field={current.field} of={current.theirs} /></dd>
        <dt class="meta">{inboxText().conflictMine}</dt>
        <dd>{deletes ? inboxText().deleteTicket : <Value field={current.field} of={current.mine} />}</dd>
      </dl>
    </Dialog>
  )
}

function Value({ field, of }: { field: Conflict["field"]; of: Partial<Ticket> }) {
  if (field === "deletion") return <><StatusChip status={of.status!} /> <bdi>{of.preview}</bdi></>
  if (field === "priority") return <><PriorityMark priority={of.priority!} />{t().priority[of.priority!]}</>
  if (field === "category") return <bdi>{of.category?.name || "–"}</bdi>
  if (!of.tags?.length) return <Fragment>{inboxText().noTags}</Fragment>
  return <span class="tags">{of.tags.map((tag) => <span key={tag} class="chip" dir="auto">{tag}</span>)}</span>
}
