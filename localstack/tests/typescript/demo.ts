// Plays the demo with a client generated from infra/openapi.yaml: a customer signs up and opens
// a ticket, an agent answers over the WebSocket, the customer closes the ticket.
import { randomBytes } from "node:crypto"
import createClient from "openapi-fetch"
import WebSocket from "ws"
import type { components, paths } from "./generated/api.js"

type Schemas = components["schemas"]
type Frame =
  | { type: "subscribed"; lastSeq: number; entries: Schemas["Entry"][] }
  | { type: "ack"; seq: number; clientId: string }
  | { type: "entry"; entry: Schemas["Entry"] }
  | { type: "error"; problem: Schemas["Problem"] }
  | { type: "presence" | "head" | "read" | "typing" | "notification" }

const base = process.env.API_URL ?? "http://localhost:3000"
const client = (token?: string) => createClient<paths>({ baseUrl: base, headers: token ? { authorization: `Bearer ${token}` } : {} })
const check: (condition: unknown, what: string) => asserts condition = (condition, what) => {
  if (!condition) throw new Error(what)
}

// need returns the data of a response. The error of openapi-fetch is the typed problem document.
async function need<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  check(data !== undefined, `${response.status} ${response.url}: ${JSON.stringify(error)}`)
  return data
}

// ulid returns 48 bits of time and 80 random bits in Crockford's base 32.
function ulid(): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
  let time = Date.now(), text = ""
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) text = alphabet.charAt(time % 32) + text
  for (const byte of randomBytes(16)) text += alphabet.charAt(byte % 32)
  return text
}

// sentCode waits for the text message on the local stack.
async function sentCode(phone: string): Promise<string> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const response = await fetch(`${base}/_local/outbox?channel=sms&to=${encodeURIComponent(phone)}`)
    const { data } = (await response.json()) as { data: { body: string }[] }
    const code = data[0]?.body.match(/\d{6}/)?.[0]
    if (code) return code
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  throw new Error("no code was sent")
}

// Socket is a WebSocket whose frames are awaited by type.
class Socket {
  private readonly frames: Frame[] = []
  private wake = () => {}
  private constructor(private readonly socket: WebSocket) {
    socket.on("message", text => { this.frames.push(JSON.parse(String(text)) as Frame); this.wake() })
  }
  static async open(url: string): Promise<Socket> {
    const socket = new Socket(new WebSocket(url))
    await new Promise((resolve, reject) => socket.socket.once("open", resolve).once("error", reject))
    return socket
  }
  send(frame: { action: string; [field: string]: unknown }): void { this.socket.send(JSON.stringify(frame)) }
  async next<K extends Frame["type"]>(type: K): Promise<Extract<Frame, { type: K }>> {
    const deadline = setTimeout(() => { throw new Error(`no frame ${type}`) }, 60_000)
    for (;;) {
      const frame = this.frames.shift()
      if (frame?.type === "error") throw new Error(JSON.stringify(frame))
      if (frame?.type === type) { clearTimeout(deadline); return frame as Extract<Frame, { type: K }> }
      if (!frame) await new Promise<void>(resolve => { this.wake = resolve })
    }
  }
  close(): void { this.socket.close() }
}

async function main(): Promise<void> {
  const phone = "+98912" + String(randomBytes(4).readUInt32BE() % 10_000_000).padStart(7, "0")
  const anybody = client()
  const { challenge } = await need(anybody.POST("/otp", { body: { phone, purpose: "signup" } }))
  const code = await sentCode(phone)
  const signedUp = await need(anybody.POST("/signup", { body: { phone, code, password: "correct-horse-9", name: "Sara", ...(challenge ? { challenge } : {}) } }))
  check("accessToken" in signedUp, "sign-up returns tokens")
  const customer = client(signedUp.accessToken)

  const categories = await need(anybody.GET("/categories"))
  const category = categories.data[0]
  check(category, "there is a category")
  const ticket = await need(customer.POST("/tickets", { body: { clientId: ulid(), title: "I was charged twice", description: "Please see the receipt.", categoryId: category.id, priority: "high" } }))
  check(ticket.status === "new", `status ${ticket.status}`)

  const login = await need(anybody.POST("/login", { body: { phone: "09120000002", password: "ticket-demo-2026" } }))
  check("accessToken" in login, "a login without a cookie returns tokens")
  const agent = client(login.accessToken)
  const sockets = await Promise.all([customer, agent].map(async who => Socket.open((await need(who.POST("/realtime/tickets"))).url)))
  const [mine, agents] = sockets
  check(mine && agents, "two sockets are open")
  mine.send({ action: "subscribe", topic: `ticket:${ticket.id}`, after: ticket.lastSeq })
  await mine.next("subscribed")
  const clientId = ulid()
  agents.send({ action: "message", ticketId: ticket.id, clientId, body: "We return the second payment today." })
  const ack = await agents.next("ack")
  check(ack.clientId === clientId, "the ack names the message")
  const { entry } = await mine.next("entry")
  check(entry.seq === ack.seq && entry.author.role === "support", "the customer receives the message")
  sockets.forEach(socket => socket.close())

  const closed = await need(customer.POST("/tickets/{id}/close", { params: { path: { id: ticket.id } }, body: { clientId: ulid() } }))
  check(closed.status === "closed", `status ${closed.status}`)
  const refused = await customer.POST("/tickets", { body: { clientId: ulid(), title: "", description: "", categoryId: category.id } })
  check(refused.error?.code === "invalid_body", "an error is a typed problem document")
  console.log(`played: ticket ${ticket.number}, answered as entry ${ack.seq}, closed`)
}

await main()
