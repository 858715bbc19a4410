import { call } from "../../api/client"
import type { Entry, Ticket } from "../../api/types"
import { ulid } from "../../api/ulid"
import { addToDraft, clearDraft, draftKey, draftSignal, editDraft, saveDrafts, storedFiles } from "../../drafts/drafts"
import { inboxText } from "../../i18n/inbox"
import { database, type Draft } from "../../log/db"
import { putTickets } from "../../log/tickets"
import { uploadFile } from "../../outbox/upload"
import { toast } from "../../ui/toast"
import { noOpening } from "../tickets/ticket-fields"

/** What a ticket was opened with. The title is null if it is not known. */
interface Opened {
  title: string | null
  body: string
  attachments: readonly { id: string }[]
  state: Pick<Ticket, "priority"> & { categoryId: string | null }
}

/** Opens the ticket of a draft for a customer, and removes the draft. A repeat finds the ticket of the first try, and loses nothing that was added since. */
export async function openFor(customerId: string, key: string): Promise<Ticket> {
  const draft = draftSignal(key).peek()
  const { title, categoryId, priority } = draft.opening ?? noOpening
  const clientId = draft.clientId ?? ulid()
  if (!draft.clientId) editDraft(key, { clientId })
  await saveDrafts()
  const attachmentIds: string[] = []
  for (const id of draft.files) attachmentIds.push(await uploadFile(id))
  const description = draft.text.trim()
  const ticket = await call("post", "/tickets", {
    body: { clientId, customerId, title: title.trim(), categoryId, description, attachmentIds, ...(priority ? { priority } : {}) },
  })
  const opened: Opened = draft.clientId
    ? openedWith(await call("get", "/tickets/{id}", { path: { id: ticket.id } })) // the answer to an earlier try was lost: it may have had other content
    : { title: ticket.title, body: description, attachments: attachmentIds.map((id) => ({ id })), state: { priority: ticket.priority, categoryId } }
  const changed = await applyChanges(ticket, opened, draftSignal(key).peek())
  putTickets([changed])
  await moveRest(key, ticket.id, opened)
  return changed
}

function openedWith({ ticket, opening, entries, hasMore }: { ticket: Ticket; opening: Omit<Opened, "title">; entries: readonly Entry[]; hasMore: boolean }): Opened {
  if (hasMore) return { ...opening, title: null } // an older entry may have changed it
  const changed = entries.find(({ kind }) => kind === "title")
  return { ...opening, title: changed?.change?.from ?? ticket.title }
}

/** Gives a ticket the fields that were changed in the draft since it was opened: no other one goes back that a colleague has changed. */
async function applyChanges(ticket: Ticket, { title: opened, state }: Opened, { opening = noOpening }: Draft): Promise<Ticket> {
  const title = opening.title.trim()
  const { categoryId, priority } = opening
  const body = {
    ...(title && opened !== null && visible(title) !== visible(opened) ? { title } : {}),
    ...(categoryId && categoryId !== state.categoryId ? { categoryId } : {}),
    ...(priority && priority !== state.priority ? { priority } : {}),
  }
  return Object.keys(body).length ? call("patch", "/tickets/{id}", { path: { id: ticket.id }, body }) : ticket
}

/** Moves the text and the files that a draft has beyond its ticket to the reply of this ticket. */
async function moveRest(key: string, ticketId: string, opened: Opened): Promise<void> {
  const draft = draftSignal(key).peek()
  const sent = new Set(opened.attachments.map(({ id }) => id))
  const stored = await storedFiles(draft.files)
  const files = stored.filter(({ attachmentId = "" }) => !sent.has(attachmentId)).map(({ id }) => id)
  const text = beyond(draft.text.trim(), opened.body)
  if (text || files.length) {
    await addToDraft(draftKey(ticketId), { text, files })
    toast(inboxText().restKept)
  }
  clearDraft(key)
  const tx = (await database()).transaction(["drafts", "files"], "readwrite")
  void tx.objectStore("drafts").delete(key)
  for (const { id } of stored) if (!files.includes(id)) void tx.objectStore("files").delete(id)
  await tx.done
}

// The server stores a text without control and format characters.
const visible = (text: string) => text.replace(/[\s\p{C}]/gu, "")

/** What a text has after the one that was sent; all of it, if it is another one. */
const beyond = (text: string, sent: string) => (visible(text) === visible(sent) ? "" : text.startsWith(sent) ? text.slice(sent.length).trim() : text)
