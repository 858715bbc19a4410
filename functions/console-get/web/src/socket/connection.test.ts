import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { backoff } from "./backoff"
import { Connection } from "./connection"

const minute = 60_000

/** A WebSocket that the test opens, closes and listens to. */
class FakeSocket extends EventTarget {
  static all: FakeSocket[] = []
  readyState = 0
  sent: { action: string; topic?: string; after?: number }[] = []
  constructor() {
    super()
    FakeSocket.all.push(this)
  }
  open() {
    this.readyState = 1
    this.dispatchEvent(new Event("open"))
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  receive(frame: object) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }))
  }
  close() {
    if (this.readyState === 3) return
    this.readyState = 3
    this.dispatchEvent(new Event("close"))
  }
}

let urls = 0
let refuse = false
const connect = async () => {
  const connection = new Connection({
    openUrl: async () => {
      urls++
      if (refuse) throw new Error("refused")
      return "wss://x"
    },
    newSocket: () => new FakeSocket() as never,
    random: () => 0.5,
  })
  connection.start()
  await vi.advanceTimersByTimeAsync(0)
  return connection
}
const latest = () => FakeSocket.all.at(-1)!

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", { OPEN: 1 })
  FakeSocket.all = []
  urls = 0
  refuse = false
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("the backoff has full jitter and a maximum", () => {
  expect([backoff(0, () => 1), backoff(3, () => 1), backoff(50, () => 1), backoff(3, () => 0)]).toEqual([500, 4000, 30_000, 0])
})

describe("connection", () => {
  test("subscribes again with the last seq after a loss", async () => {
    const connection = await connect()
    latest().open()
    let after = 3
    connection.subscribe("ticket:t", () => after)
    after = 9
    latest().close()
    expect(connection.online.value).toBe(false)
    await vi.advanceTimersByTimeAsync(500)
    latest().open()
    expect(latest().sent).toEqual([{ action: "subscribe", topic: "ticket:t", after: 9, id: "9" }])
    connection.stop()
  })

  test("never gives up, and asks less and less often", async () => {
    refuse = true
    const connection = await connect()
    await vi.advanceTimersByTimeAsync(60 * minute)
    expect(urls).toBeGreaterThan(200)
    expect(urls).toBeLessThan(300)
    connection.stop()
    connection.start()
    for (let i = 0; i < 30; i++) {
      const before = urls
      await vi.advanceTimersByTimeAsync(1_000)
      expect(urls - before).toBeLessThanOrEqual(i === 0 ? 2 : 1)
    }
    refuse = false
    await vi.advanceTimersByTimeAsync(minute)
    latest().open()
    expect(connection.online.value).toBe(true)
    connection.stop()
  })

  test("is renewed before two hours: the second opens and subscribes before the first closes", async () => {
    const connection = await connect()
    const first = latest()
    first.open()
    first.send = (text) => {
      if (text.includes("ping")) setTimeout(() => first.receive({ type: "pong" }), 1)
    }
    connection.subscribe("ticket:t", () => 1)
    await vi.advanceTimersByTimeAsync(110 * minute + 1_000)
    expect(FakeSocket.all).toHaveLength(2)
    expect([first.readyState, connection.online.value]).toEqual([1, true])
    latest().open()
    expect(first.readyState).toBe(3)
    expect(latest().sent).toEqual([{ action: "subscribe", topic: "ticket:t", after: 1, id: "1" }])
    expect(connection.online.value).toBe(true)
    connection.stop()
  })

  test("is replaced without a gap when it is outdated, also while it opens", async () => {
    const connection = await connect()
    connection.subscribe("ticket:t", () => 1)
    connection.renew()
    const first = latest()
    first.open()
    await vi.advanceTimersByTimeAsync(0)
    expect([FakeSocket.all.length, first.readyState]).toEqual([2, 1])
    latest().open()
    await vi.advanceTimersByTimeAsync(0)
    expect([FakeSocket.all.length, first.readyState, connection.online.value]).toEqual([2, 3, true])
    expect(latest().sent).toEqual([{ action: "subscribe", topic: "ticket:t", after: 1, id: "1" }])
    const second = latest()
    connection.renew()
    await vi.advanceTimersByTimeAsync(0)
    latest().open()
    expect([FakeSocket.all.length, second.readyState, connection.online.value]).toEqual([3, 3, true])
    connection.stop()
    connection.renew()
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.all).toHaveLength(3)
  })

  test("a half-open connection is found by a ping without an answer", async () => {
    const connection = await connect()
    latest().open()
    await vi.advanceTimersByTimeAsync(5 * minute + 5_000)
    expect(connection.online.value).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(FakeSocket.all).toHaveLength(2)
    connection.stop()
  })

  test("a page that is shown again reconnects at once", async () => {
    refuse = true
    const connection = await connect()
    await vi.advanceTimersByTimeAsync(10 * minute)
    refuse = false
    connection.check()
    await vi.advanceTimersByTimeAsync(0)
    latest().open()
    expect(connection.online.value).toBe(true)
    connection.stop()
    await vi.advanceTimersByTimeAsync(10 * minute)
    expect(FakeSocket.all).toHaveLength(1)
  })

  test("a session that ends while a socket opens: the next one connects", async () => {
    const connection = await connect()
    connection.stop()
    latest().close() // the server refuses it
    connection.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.all).toHaveLength(2)
    latest().open()
    expect(connection.online.value).toBe(true)
    connection.stop()
  })

  test("the late close of a dead connection starts no second attempt", async () => {
    const connection = await connect()
    const dead = latest()
    dead.open()
    dead.close = () => {} // the other side does not answer
    await vi.advanceTimersByTimeAsync(5 * minute + 5_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(FakeSocket.all).toHaveLength(2)
    dead.dispatchEvent(new Event("close"))
    await vi.advanceTimersByTimeAsync(5_000)
    latest().open()
    await vi.advanceTimersByTimeAsync(minute)
    expect([FakeSocket.all.length, connection.online.value]).toEqual([2, true])
    connection.stop()
  })

  test("a page that sleeps has no socket and opens none; awake, it asks for what it missed", async () => {
    const connection = await connect()
    latest().open()
    connection.subscribe("ticket:t", () => 7)
    connection.sleep()
    connection.check()
    await vi.advanceTimersByTimeAsync(3 * 60 * minute)
    expect([FakeSocket.all.length, latest().readyState, connection.online.value]).toEqual([1, 3, false])
    connection.wake()
    await vi.advanceTimersByTimeAsync(0)
    latest().open()
    expect(latest().sent).toEqual([{ action: "subscribe", topic: "ticket:t", after: 7, id: "7" }])
    connection.sleep()
    connection.wake()
    connection.sleep() // while it connects
    await vi.advanceTimersByTimeAsync(0)
    latest().open()
    expect([latest().readyState, connection.online.value]).toEqual([3, false])
    connection.stop()
  })
})
