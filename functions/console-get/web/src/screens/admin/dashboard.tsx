import { useQuery } from "@tanstack/preact-query"
import { useState } from "preact/hooks"
import { call } from "../../api/client"
import type { Status } from "../../api/types"
import { adminText } from "../../i18n/admin"
import { t } from "../../i18n"
import { duration, month, number } from "../../i18n/format"
import { Segments } from "../../ui/controls"
import { Failure, SkeletonRows } from "../../ui/states"
import { StatusChip } from "../../ui/status"
import { minute } from "../../ui/time"
import { DayChart } from "./chart"
import { Head } from "./head"

const ranges = ["7", "30", "90"] as const
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"
// A date of the reader's time zone, as YYYY-MM-DD.
const dateOf = (time: Date) => new Intl.DateTimeFormat("en-CA", { timeZone: zone() }).format(time)

/** The first and the last one of some days, of which the last is today. Not all days have 24 hours. */
export function period(days: number, now = new Date()): { from: string; to: string } {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1), 12)
  return { from: dateOf(first), to: dateOf(now) }
}

const seconds = (value: number | null) => (value === null ? "–" : duration(value * 1000))
const slowest = (value: number | null) => (value === null ? undefined : adminText().slowest(seconds(value)))

/** What happened and what waits, in the reader's time zone. */
export function Dashboard() {
  const [range, setRange] = useState<(typeof ranges)[number]>("30")
  void minute.value // the day may end
  const query = { ...period(Number(range)), timezone: zone() }
  const { data, error, refetch } = useQuery({ queryKey: ["stats", query], queryFn: () => call("get", "/admin/stats", { query }), refetchInterval: 60_000, placeholderData: (before) => before })
  const text = adminText()
  return (
    <>
      <Head title={text.areas.dashboard}>
        <Segments label={text.range} value={range} options={ranges.map((days) => ({ value: days, label: text.days(Number(days)) }))} onValue={setRange} />
      </Head>
      {!data && (error ? <Failure error={error} onRetry={() => void refetch()} /> : <SkeletonRows />)}
      {data && (
        <>
          <ul class="tiles">
            <Tile label={text.created} value={number(data.days.reduce((sum, day) => sum + day.created, 0))} />
            <Tile label={text.resolved} value={number(data.days.reduce((sum, day) => sum + day.resolved, 0))} />
            <Tile label={text.firstResponse} value={seconds(data.firstResponse.medianSeconds)} detail={slowest(data.firstResponse.p90Seconds)} />
            <Tile label={text.resolution} value={seconds(data.resolution.medianSeconds)} detail={slowest(data.resolution.p90Seconds)} />
            <Tile label={text.openSockets} value={number(data.openSockets)} />
          </ul>
          <DayChart label={text.perDay} days={data.days.map((day) => month(new Date(`${day.day}T12:00`)))} series={[{ name: text.created, tone: "info", values: data.days.map((day) => day.created) }, { name: text.resolved, tone: "accent", values: data.days.map((day) => day.resolved) }]} />
          <details class="more">
            <summary>{text.asTable}</summary>
            <Table head={[text.day, text.created, text.resolved, text.closed, text.reopened]} rows={data.days.toReversed().map((day) => [month(new Date(`${day.day}T12:00`)), ...[day.created, day.resolved, day.closed, day.reopened].map((n) => number(n))])} />
          </details>
          <div class="admin-columns">
            <section>
              <h2>{text.backlog}</h2>
              <Table head={[text.status, text.tickets]} rows={Object.entries(data.backlog.status).map(([status, count]) => [<StatusChip key={status} status={status as Status} />, number(count)])} />
              <Table head={[text.age, text.tickets]} rows={(["lt1d", "d1to3", "d3to7", "gt7d"] as const).map((age) => [text.ages[age], number(data.backlog.age[age])])} />
            </section>
            <section>
              <h2>{text.byAgent}</h2>
              <Table head={[adminText().name, text.resolved, text.replies, text.firstResponse]} rows={data.byAgent.map((agent) => [<bdi key={agent.id}>{agent.name || t().ticket.unknownAuthor}</bdi>, number(agent.resolved), number(agent.replies), seconds(agent.firstResponse.medianSeconds)])} />
            </section>
            <section>
              <h2>{text.byCategory}</h2>
              <Table head={[t().ticket.category, text.created, text.resolved, text.resolution]} rows={data.byCategory.map((category) => [<bdi key={category.id}>{category.name || "–"}</bdi>, number(category.created), number(category.resolved), seconds(category.resolution.medianSeconds)])} />
            </section>
          </div>
        </>
      )}
    </>
  )
}

function Tile({ label, value, detail }: { label: string; value: string; detail?: string | undefined }) {
  return (
    <li class="tile">
      <span class="meta">{label}</span>
      <strong>{value}</strong>
      {detail && <span class="meta">{detail}</span>}
    </li>
  )
}

type Cell = preact.ComponentChildren

function Table({ head, rows }: { head: readonly string[]; rows: readonly (readonly Cell[])[] }) {
  if (rows.length === 0) return <p class="meta">{adminText().nothing}</p>
  return (
    <table class="table">
      <thead><tr>{head.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
      <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}>{cell}</td>)}</tr>)}</tbody>
    </table>
  )
}
