import type { Draft } from "../log/db"
import { ticketSignal } from "../log/tickets"
import { addToDraft, draftSignal, editDraft, newTicketKey } from "./drafts"

/** Puts a text and files into the form of a new ticket, which continues one that takes no more messages. */
export function startFollowUp(ticketId: string, text: string, files: string[]): Promise<void> {
  const ticket = ticketSignal(ticketId).peek()
  return addToDraft(newTicketKey, { text, files, opening: { title: ticket?.title ?? "", categoryId: ticket?.category?.id ?? "", followUpOf: ticketId } })
}

export const withoutFollowUp = ({ followUpOf: _, ...opening }: NonNullable<Draft["opening"]>): NonNullable<Draft["opening"]> => opening

/** Makes the draft of a new ticket one that continues no other. */
export function endFollowUp(): void {
  const { opening } = draftSignal(newTicketKey).peek()
  if (opening) editDraft(newTicketKey, { opening: withoutFollowUp(opening) })
}
