import { expect } from "vitest"
import { apiUrl, newCustomer, password } from "./console"

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** Returns an id for a request: a ULID. */
export function newId(): string {
  let time = ""
  for (let rest = Date.now(), i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time
  return time + Array.from({ length: 16 }, () => alphabet[Math.floor(Math.random() * 32)]).join("")
}

export interface Entry {
  seq: number
  kind: string
  body: string
  attachments: { name: string }[]
}

export interface Ticket {
  id: string
  number: string
  title: string
}

/** Somebody who calls the API directly, past the network of any browser. */
export class Caller {
  private constructor(private readonly token: string) {}

  static async signIn(phone: string): Promise<Caller> {
    const response = await fetch(`${apiUrl()}/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ phone, password }) })
    expect(response.status, await response.clone().text()).toBe(200)
    return new Caller(((await response.json()) as { accessToken: string }).accessToken)
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(apiUrl() + path, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${this.token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true)
    return (text ? JSON.parse(text) : undefined) as T
  }

  async openTicket(title: string, description = `${title}: please help`): Promise<Ticket> {
    const { data } = await this.call<{ data: { id: string }[] }>("GET", "/categories")
    return this.call<Ticket>("POST", "/tickets", { clientId: newId(), title, description, categoryId: data[0]!.id })
  }

  post(ticketId: string, body: string): Promise<Entry> {
    return this.call("POST", `/tickets/${ticketId}/messages`, { clientId: newId(), body })
  }

  /** The texts of the messages of a ticket, without the one that opened it. */
  async bodies(ticketId: string): Promise<string[]> {
    const { data } = await this.call<{ data: Entry[] }>("GET", `/tickets/${ticketId}/messages?after=1&limit=100`)
    return data.map((entry) => entry.body)
  }
}

/** A new customer with a ticket. */
export async function customerWithTicket(title: string): Promise<{ phone: string; customer: Caller; ticket: Ticket }> {
  const phone = await newCustomer("Sara Ahmadi")
  const customer = await Caller.signIn(phone)
  return { phone, customer, ticket: await customer.openTicket(title) }
}
