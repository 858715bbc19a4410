import { database } from "../log/db"
import { ticketSignal } from "../log/tickets"
import { draftSignal, editDraft, newTicketKey, saveDrafts } from "./drafts"

/** Puts a text and files into the form of a new ticket, which continues one that takes no more messages. */
export async function startFollowUp(ticketId: string, text: string, files: readonly string[]): Promise<void> {
  const held = draftSignal(newTicketKey).peek()
  const before = held.updatedAt > 0 ? held : ((await (await database()).get("drafts", newTicketKey)) ?? held)
  const ticket = ticketSignal(ticketId).peek()
  editDraft(newTicketKey, {
    text: [text, before.text].filter(Boolean).join("\n\n"),
    files: [...files, ...before.files],
    opening: { title: ticket?.title ?? "", categoryId: ticket?.category?.id ?? "", followUpOf: ticketId },
  })
  await saveDrafts()
}
