import { ticketSignal } from "../log/tickets"
import { addToDraft, newTicketKey } from "./drafts"

/** Puts a text and files into the form of a new ticket, which continues one that takes no more messages. */
export function startFollowUp(ticketId: string, text: string, files: string[]): Promise<void> {
  const ticket = ticketSignal(ticketId).peek()
  return addToDraft(newTicketKey, { text, files, opening: { title: ticket?.title ?? "", categoryId: ticket?.category?.id ?? "", followUpOf: ticketId } })
}
