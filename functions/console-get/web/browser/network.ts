import { connect, createServer, type Server, type Socket } from "node:net"

/** A request over a connection, or the opening of a WebSocket: method and path. */
type Request = string

/** A frame that the server sends over a WebSocket. */
export interface Frame {
  type: string
  topic?: string
  seq?: number
  entry?: { body: string; seq: number }
}

/**
 * The network between one browser and the stack: a SOCKS proxy that the browser uses for every
 * TCP connection. Chromium's own offline mode leaves WebSockets open, so it proves little.
 */
export class Network {
  /** Chooses frames that never arrive. */
  drops: (frame: Frame) => boolean = () => false
  /** Chooses requests whose answer is lost after the server has handled them. */
  loses: (request: Request) => boolean = () => false
  /** Replaces bytes of requests and answers; both texts have the same length. */
  rewrites: [from: string, to: string][] = []
  /** The requests that arrived, and when. */
  readonly requests: { request: Request; at: number }[] = []
  /** The frames that the server has sent and that were not dropped, and when. */
  readonly frames: { frame: Frame; at: number }[] = []

  private readonly connections = new Set<Connection>()
  private state: "up" | "down" | "held" = "up"

  private constructor(private readonly server: Server) {
    server.on("connection", (browser) => {
      if (this.state === "down") return browser.destroy()
      const connection = new Connection(this, browser)
      connection.held = this.state === "held"
      this.connections.add(connection)
      browser.on("close", () => this.connections.delete(connection))
    })
  }

  static start(): Promise<Network> {
    return new Promise((resolve) => {
      const server = createServer({ noDelay: true })
      const network = new Network(server)
      server.listen(0, "127.0.0.1", () => resolve(network))
    })
  }

  get url(): string {
    return `socks5://127.0.0.1:${(this.server.address() as { port: number }).port}`
  }

  /** Cuts every connection and refuses new ones. */
  cut(): void {
    this.state = "down"
    this.connections.forEach((connection) => connection.end())
  }

  /** Leaves every connection half-open: nothing passes over it any more, and neither side is told. */
  hold(): void {
    this.state = "held"
    this.connections.forEach((connection) => (connection.held = true))
  }

  /** Lets new connections pass. Those that were held stay dead. */
  restore(): void {
    this.state = "up"
  }

  close(): void {
    this.cut()
    this.server.close()
  }

  /** The requests since a time that match a pattern. */
  since(at: number, pattern: RegExp): Request[] {
    return this.requests.filter((each) => each.at >= at && pattern.test(each.request)).map((each) => each.request)
  }
}

/** One TCP connection of the browser, forwarded to where it asks for. */
class Connection {
  held = false
  private upstream: Socket | null = null
  private request: Request = ""
  private isSocket = false
  private isLost = false
  private frames = Buffer.alloc(0)

  constructor(
    private readonly network: Network,
    private readonly browser: Socket,
  ) {
    browser.on("error", () => this.end())
    browser.on("close", () => this.end())
    void this.handshake()
  }

  end(): void {
    this.browser.destroy()
    this.upstream?.destroy()
  }

  /** SOCKS 5 without authentication (RFC 1928). */
  private async handshake(): Promise<void> {
    await this.next()
    this.browser.write(Buffer.from([5, 0]))
    const ask = await this.next()
    const isName = ask[3] === 3
    const host = isName ? ask.subarray(5, 5 + ask[4]!).toString() : ask[3] === 1 ? ask.subarray(4, 8).join(".") : "localhost"
    const upstream = (this.upstream = connect({ host, port: ask.readUInt16BE(ask.length - 2), noDelay: true }))
    upstream.on("error", () => this.end())
    upstream.on("close", () => !this.held && this.end())
    upstream.on("connect", () => {
      this.browser.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      this.browser.on("data", (bytes: Buffer) => this.forward(upstream, this.fromBrowser(bytes)))
      upstream.on("data", (bytes: Buffer) => this.forward(this.browser, this.fromServer(bytes)))
    })
  }

  private next(): Promise<Buffer> {
    return new Promise((resolve) => this.browser.once("data", resolve))
  }

  private forward(to: Socket, bytes: Buffer): void {
    if (!this.held && bytes.length > 0 && !to.destroyed) to.write(bytes)
  }

  private fromBrowser(bytes: Buffer): Buffer {
    if (this.isSocket) return bytes
    const line = /^((?:GET|POST|PATCH|PUT|DELETE) \S+) HTTP\/1\.1\r\n/.exec(bytes.toString("latin1"))
    if (line) {
      this.request = line[1]!
      this.isLost = this.network.loses(this.request)
      this.isSocket = /^upgrade: websocket/im.test(bytes.toString("latin1"))
      this.network.requests.push({ request: this.request, at: Date.now() })
    }
    return this.rewrite(bytes)
  }

  private fromServer(bytes: Buffer): Buffer {
    if (this.isLost && !this.held) {
      this.end()
      return Buffer.alloc(0)
    }
    return this.isSocket ? this.keepFrames(bytes) : this.rewrite(bytes)
  }

  private rewrite(bytes: Buffer): Buffer {
    if (this.network.rewrites.length === 0) return bytes
    return Buffer.from(this.network.rewrites.reduce((text, [from, to]) => text.replaceAll(from, to), bytes.toString("latin1")), "latin1")
  }

  /** Takes the chosen frames out of what the server sends over a WebSocket (RFC 6455). */
  private keepFrames(bytes: Buffer): Buffer {
    if (bytes.toString("latin1", 0, 5) === "HTTP/") return bytes // the answer to the upgrade
    this.frames = Buffer.concat([this.frames, bytes])
    const kept: Buffer[] = []
    for (let frame = this.takeFrame(); frame; frame = this.takeFrame()) {
      const text = (frame.all[0]! & 0x0f) === 1 ? (JSON.parse(frame.payload.toString()) as Frame) : null
      if (text && this.network.drops(text)) continue
      if (text) this.network.frames.push({ frame: text, at: Date.now() })
      kept.push(frame.all)
    }
    return Buffer.concat(kept)
  }

  private takeFrame(): { all: Buffer; payload: Buffer } | null {
    const bytes = this.frames
    if (bytes.length < 2) return null
    const short = bytes[1]! & 0x7f
    const start = short === 126 ? 4 : short === 127 ? 10 : 2
    if (bytes.length < start) return null
    const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
    if (bytes.length < start + size) return null
    this.frames = bytes.subarray(start + size)
    return { all: bytes.subarray(0, start + size), payload: bytes.subarray(start, start + size) }
  }
}
