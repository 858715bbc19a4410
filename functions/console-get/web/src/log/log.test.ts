import { describe, expect, test } from "vitest"
import type { Entry } from "../api/types"
import { apply, emptyLog, join, type Log, setAttachmentState, shown, type Source } from "./log"

const entry = (seq: number, prev = seq - 1): Entry =>
  ({ ticketId: "t", seq, prev, kind: "message", author: { id: "u", name: "U", role: "user" }, body: `text ${seq}`, attachments: [], change: null, clientId: null, createdAt: "2026-01-01T00:00:00Z", state: { status: "open", priority: "medium", categoryId: null, assigneeId: null } }) as Entry
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i))
const seqs = (log: Log) => log.entries.map((each) => each.seq)
const newest = (entries: Entry[], lastSeq: number, hasMore = false) => apply(emptyLog("t"), entries, { kind: "newest", lastSeq, hasMore }).log

describe("apply", () => {
  test("the newest page of an unknown log", () => {
    const log = newest(range(81, 100), 100, true)
    expect(log).toMatchObject({ syncedTo: 100, oldest: 81, complete: false })
  })

  test("the next entry moves on, an entry beyond it leaves a gap that a page fills", () => {
    const log = newest(range(1, 3), 3)
    const next = apply(log, [entry(4)], { kind: "single" })
    expect([next.log.syncedTo, next.gap]).toEqual([4, false])
    const beyond = apply(next.log, [entry(7)], { kind: "single" })
    expect([seqs(beyond.log), beyond.log.syncedTo, beyond.gap]).toEqual([[1, 2, 3, 4, 7], 4, true])
    const filled = apply(beyond.log, range(5, 7), { kind: "after", after: 4, lastSeq: 7, hasMore: false })
    expect([seqs(filled.log), filled.log.syncedTo, filled.gap]).toEqual([[1, 2, 3, 4, 5, 6, 7], 7, false])
  })

  test("a skipped seq is no gap if the entry names the visible one before it", () => {
    const log = newest(range(1, 3), 3)
    expect(apply(log, [entry(5, 3)], { kind: "single" })).toMatchObject({ gap: false, log: { syncedTo: 5 } })
    expect(apply(log, [entry(6, 5)], { kind: "single" })).toMatchObject({ gap: true, log: { syncedTo: 3 } })
  })

  test("a page after hidden entries moves up to its lastSeq", () => {
    const log = newest(range(1, 3), 3)
    expect(apply(log, [], { kind: "after", after: 3, lastSeq: 9, hasMore: false }).log.syncedTo).toBe(9)
  })

  test("a page that has more asks for the next one", () => {
    const result = apply(newest([entry(1)], 1), range(2, 101), { kind: "after", after: 1, lastSeq: 300, hasMore: true })
    expect([result.log.syncedTo, result.gap]).toEqual([101, true])
  })

  test("a page of a log that has gone on since the request leaves no hole", () => {
    const log = newest(range(1, 3), 3)
    const result = apply(log, range(11, 12), { kind: "after", after: 10, lastSeq: 12, hasMore: false })
    expect([result.log.syncedTo, result.gap]).toEqual([3, true])
  })

  test("a newest page that does not reach the held entries leaves a gap", () => {
    const result = apply(newest(range(1, 3), 3), range(81, 100), { kind: "newest", lastSeq: 100, hasMore: true })
    expect([result.log.syncedTo, result.gap]).toEqual([3, true])
  })

  test("the newest page of an unknown log goes on with an entry that came before it", () => {
    const early = apply(emptyLog("t"), [entry(76)], { kind: "single" }).log
    const { log } = apply(early, range(56, 75), { kind: "newest", lastSeq: 75, hasMore: true })
    expect(log).toMatchObject({ syncedTo: 76, oldest: 56, complete: false })
  })

  test("older pages", () => {
    let { log } = apply(newest(range(81, 100), 100, true), range(31, 80), { kind: "before", hasMore: true })
    expect(log).toMatchObject({ oldest: 31, complete: false, syncedTo: 100 })
    log = apply(log, range(1, 30), { kind: "before", hasMore: false }).log
    expect(log).toMatchObject({ oldest: 1, complete: true })
    expect(log.entries).toHaveLength(100)
  })

  test("any order and any repeats of the same frames give the same log", () => {
    const sources: [Entry[], Source][] = [
      [range(1, 20), { kind: "newest", lastSeq: 20, hasMore: false }],
      ...range(21, 40).map((each): [Entry[], Source] => [[each], { kind: "single" }]),
      [range(21, 40), { kind: "after", after: 20, lastSeq: 40, hasMore: false }],
    ]
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed
      const random = () => (state = (state * 48271) % 2147483647) / 2147483647
      const order = [...sources, ...sources].map((source) => ({ source, at: random() })).sort((a, b) => a.at - b.at)
      let log = newest(range(1, 20), 20)
      for (const { source } of order) log = apply(log, ...source).log
      log = apply(log, [], { kind: "after", after: log.syncedTo, lastSeq: 40, hasMore: false }).log
      expect(seqs(log)).toEqual(seqs({ ...log, entries: range(1, 40) }))
      expect(log.syncedTo).toBe(40)
    }
  })
})

test("the state of an attachment changes in its entry", () => {
  const file = { id: "f", name: "a.png", type: "image/png", size: 1, state: "pending", width: null, height: null } as Entry["attachments"][number]
  const log = newest([{ ...entry(1), attachments: [file] }, entry(2)], 2)
  expect(setAttachmentState(log, 1, "f", "ready").entries[0]!.attachments[0]!.state).toBe("ready")
})

test("a file that was checked does not become pending again by an older response", () => {
  const file = (state: string) => ({ id: "f", name: "a.png", type: "image/png", size: 1, state, width: state === "ready" ? 4 : null, height: null }) as Entry["attachments"][number]
  const files = (state: string) => [{ ...entry(2), attachments: [file(state)] }]
  const states = (log: Log) => log.entries.map((each) => each.attachments[0]?.state)
  const ready = apply(newest([entry(1)], 1), files("ready"), { kind: "single" }).log
  expect(states(apply(ready, files("pending"), { kind: "single" }).log)).toEqual([undefined, "ready"])
  expect(states(apply(ready, files("expired"), { kind: "single" }).log)).toEqual([undefined, "expired"])
})

test("an old entry is on the screen with those between", () => {
  let log = apply(newest(range(81, 100), 100, true), [entry(20)], { kind: "single" }).log
  expect(shown(log).map(({ seq }) => seq)).toEqual(seqs(newest(range(81, 100), 100)))
  log = apply(log, range(11, 80), { kind: "before", hasMore: true }).log
  expect(shown(log)).toHaveLength(90)
  expect(shown(emptyLog("t"))).toEqual([])
})

test("two copies of a log are joined where they touch; of others the newer one counts", () => {
  const shortened = newest(range(81, 100), 100, true)
  const next = apply(newest(range(1, 100), 100), [entry(101)], { kind: "single" }).log
  expect(join(shortened, next)).toMatchObject({ oldest: 1, complete: true, syncedTo: 101 })
  expect(join(newest(range(81, 120), 120, true), newest(range(1, 100), 100))).toMatchObject({ oldest: 1, complete: true, syncedTo: 120 })
  const apart = join(newest(range(81, 100), 100, true), newest(range(1, 10), 10))
  expect(apart).toMatchObject({ oldest: 81, complete: false, syncedTo: 100 })
  expect(join(emptyLog("t"), newest(range(1, 3), 3))).toMatchObject({ oldest: 1, complete: true, syncedTo: 3 })
})
