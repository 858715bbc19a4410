import { type Call, caller, newCustomer, openTicketAs } from "./console"

export interface Entry {
  seq: number
  kind: string
  body: string
  attachments: { name: string }[]
}

/** The texts of the messages of a ticket, without the one that opened it. */
export async function bodies(call: Call, ticketId: string): Promise<string[]> {
  const { data } = await call<{ data: Entry[] }>("GET", `/tickets/${ticketId}/messages?after=1&limit=100`)
  return data.map((entry) => entry.body)
}

/** A new customer with a ticket. */
export async function customerWithTicket(title: string) {
  const phone = await newCustomer("Sara Ahmadi")
  const customer = await caller(phone)
  return { phone, customer, ticket: await openTicketAs(customer, title) }
}

/** The log of a ticket with many messages, made of its first entry. */
export const longLog = (first: object, messages: number): object[] =>
  Array.from({ length: messages }, (_, i) => ({ ...first, seq: i + 1, prev: i, kind: i ? "message" : "opened", clientId: `${i}`, body: `Message ${i}: ${"some words ".repeat(1 + (i % 20))}` }))
