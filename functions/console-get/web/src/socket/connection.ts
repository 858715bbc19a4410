import { signal } from "@preact/signals"
import { backoff } from "./backoff"
import type { Frame, Request } from "./frames"

/** What a connection needs of its surroundings; tests replace it. */
interface Environment {
  /** Returns the URL of a new connection, from POST /realtime/tickets. Throws "ended" if nobody is signed in. */
  openUrl: () => Promise<string>
  newSocket: (url: string) => WebSocket
  random: () => number
}

interface Topic {
  /** Seq of the last entry that is held, for the replay. */
  after: () => number | undefined
}

const minute = 60_000
// API Gateway closes a connection after 2 hours, and after 10 minutes without a frame.
const renewAfter = 110 * minute
const renewSpread = 5 * minute
const pingEvery = 5 * minute
const responseTimeout = 5_000

/**
 * The WebSocket of one tab. It reconnects for ever, subscribes again with the last seq of each
 * topic, and is renewed by a second connection before API Gateway ends it.
 */
export class Connection {
  /** Whether frames arrive. */
  readonly online = signal(false)
  onFrame: (frame: Frame) => void = () => {}
  /** Called after each connection: subscriptions are requested, other data may be stale. */
  onOpen: () => void = () => {}

  private socket: WebSocket | null = null
  private readonly topics = new Map<string, Topic>()
  private started = false
  private asleep = false
  private tries = 0
  private connecting = false
  /** Whether the one that is being opened is to be replaced at once. */
  private outdated = false
  private retry: ReturnType<typeof setTimeout> | undefined
  private ping: ReturnType<typeof setInterval> | undefined
  private probe: ReturnType<typeof setTimeout> | undefined
  private renewal: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly environment: Environment) {}

  start(): void {
    if (this.started) return
    this.started = true
    void this.connect()
  }

  stop(): void {
    this.started = false
    clearTimeout(this.retry)
    this.drop(this.socket)
    this.socket = null
    this.online.value = false
  }

  /** Closes the connection of a page that nobody looks at. Subscriptions are kept for wake. */
  sleep(): void {
    this.asleep = true
    clearTimeout(this.retry)
    this.drop(this.socket)
    this.socket = null
    this.online.value = false
  }

  wake(): void {
    if (!this.asleep) return
    this.asleep = false
    this.tries = 0
    void this.connect()
  }

  /** Replaces the connection by a second one: it keeps the name and the language of its start. */
  renew(): void {
    if (this.connecting) this.outdated = true
    else if (this.socket) void this.connect()
  }

  /** Subscribes now and after each reconnection. Returns the function that ends it. */
  subscribe(name: string, after: Topic["after"] = () => undefined): () => void {
    const topic: Topic = { after }
    this.topics.set(name, topic)
    this.request(name, topic)
    return () => {
      if (this.topics.get(name) !== topic) return
      this.topics.delete(name)
      this.send({ action: "unsubscribe", topic: name })
    }
  }

  /** Subscribes again to a topic that is still wanted, from the last entry that is held. */
  resubscribe(name: string): void {
    const topic = this.topics.get(name)
    if (topic) this.request(name, topic)
  }

  /** Sends a frame if the connection is open; frames are hints and are never queued. */
  send(frame: Request): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  /** Tests the connection after the device woke up, came online or showed the page again. */
  check(): void {
    if (!this.started || this.asleep) return
    if (this.socket?.readyState !== WebSocket.OPEN) {
      this.tries = 0
      clearTimeout(this.retry)
      void this.connect()
      return
    }
    this.send({ action: "ping" })
    const suspect = this.socket
    clearTimeout(this.probe)
    this.probe = setTimeout(() => this.lost(suspect), responseTimeout)
  }

  private request(name: string, topic: Topic): void {
    const after = topic.after()
    this.send({ action: "subscribe", topic: name, ...(after === undefined ? {} : { after, id: String(after) }) })
  }

  private async connect(): Promise<void> {
    if (this.connecting || this.asleep || !this.started) return
    this.connecting = true
    this.outdated = false
    try {
      const socket = this.environment.newSocket(await this.environment.openUrl())
      this.listen(socket)
    } catch {
      this.connecting = false
      this.retryLater()
    }
  }

  private listen(socket: WebSocket): void {
    let opening = true
    const settle = () => {
      opening = false
      this.connecting = false
    }
    const deadline = setTimeout(() => socket.close(), 2 * responseTimeout)
    socket.addEventListener("open", () => {
      clearTimeout(deadline)
      clearTimeout(this.retry)
      settle()
      if (!this.started || this.asleep) return socket.close()
      const previous = this.socket
      this.socket = socket
      this.tries = 0
      this.topics.forEach((topic, name) => this.request(name, topic))
      this.schedule()
      this.online.value = true
      this.drop(previous) // only now, so that no frame is missed
      this.onOpen()
      if (this.outdated) this.renew()
    })
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.socket) clearTimeout(this.probe)
      this.onFrame(JSON.parse(String(data)) as Frame)
    })
    socket.addEventListener("close", () => {
      clearTimeout(deadline)
      if (socket === this.socket) return this.lost(socket)
      if (!opening) return // a former connection: the close of a dead one is reported late
      settle()
      this.retryLater()
    })
  }

  private schedule(): void {
    clearTimeout(this.renewal)
    clearInterval(this.ping)
    this.renewal = setTimeout(() => void this.connect(), renewAfter + renewSpread * (2 * this.environment.random() - 1))
    this.ping = setInterval(() => this.check(), pingEvery)
  }

  /** The connection is dead or ended by the other side. */
  private lost(socket: WebSocket | null): void {
    if (socket !== this.socket) return
    this.drop(socket)
    this.socket = null
    this.online.value = false
    this.retryLater()
  }

  private drop(socket: WebSocket | null): void {
    if (socket === this.socket) {
      clearTimeout(this.probe)
      if (socket && !this.started) {
        clearTimeout(this.renewal)
        clearInterval(this.ping)
      }
    }
    socket?.close()
  }

  private retryLater(): void {
    if (!this.started) return
    clearTimeout(this.retry)
    // A short loss is repaired at once; a server that is away is asked at most once per second.
    const delay = Math.max(this.tries > 0 ? 1_000 : 0, backoff(this.tries, this.environment.random))
    this.tries++
    this.retry = setTimeout(() => void this.connect(), delay)
  }
}
