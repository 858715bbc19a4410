import { useQuery, useQueryClient } from "@tanstack/preact-query"
import { CircleCheck, CircleX, TriangleAlert } from "lucide-preact"
import { call } from "../../api/client"
import type { components } from "../../api/schema"
import { adminText } from "../../i18n/admin"
import { language, named, t } from "../../i18n"
import { digits, exact, number } from "../../i18n/format"
import { Button } from "../../ui/controls"
import { Failure, SkeletonRows } from "../../ui/states"
import { RelativeTime } from "../../ui/time"
import { toast, toastError } from "../../ui/toast"
import { Head } from "./head"
import { Pages, usePages } from "./pages"

type State = components["schemas"]["HealthReport"]["state"]
type ChannelDelivery = components["schemas"]["ChannelDelivery"]
type Suppression = components["schemas"]["Suppression"]
const looks = { ok: { icon: CircleCheck, tone: "ok" }, degraded: { icon: TriangleAlert, tone: "warn" }, down: { icon: CircleX, tone: "danger" } } as const

/** The parts of the system, and the addresses that get no mail. */
export function HealthScreen() {
  const { data, error, refetch } = useQuery({ queryKey: ["health", language.value], queryFn: () => call("get", "/admin/health"), refetchInterval: 15_000 })
  const text = adminText()
  return (
    <>
      <Head title={text.areas.health}>{data && <StateChip state={data.state} />}</Head>
      {!data && (error ? <Failure error={error} onRetry={() => void refetch()} /> : <SkeletonRows />)}
      {data && (
        <>
          <ul class="admin-rows">
            {data.checks.map((check) => (
              <li key={check.name} class="admin-row">
                <span class="admin-row-main">
                  <bdi title={check.name}>{named(text.checks, check.name)}</bdi>
                  {check.detail && <span class="meta" dir="auto">{readable(check.detail)}</span>}
                </span>
                <span class="admin-row-end">
                  <span class="meta">{number(check.latencyMs)} {text.ms}</span>
                  <StateChip state={check.state} />
                </span>
              </li>
            ))}
          </ul>
          <p class="meta">{text.version} <bdi class="ltr">{data.version}</bdi> · {text.failedDeliveries(data.failedDeliveries)}</p>
        </>
      )}
      <FailedDeliveries />
      <Suppressions />
    </>
  )
}

/** Shows the digits and the times of a text as the reader is used to. */
const readable = (text: string) => digits(text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => exact(new Date(at))))

function StateChip({ state }: { state: State }) {
  const { icon: Icon, tone } = looks[state] ?? looks.degraded
  return <span class="chip" data-tone={tone}><Icon size={14} aria-hidden="true" />{named(adminText().healthStates, state)}</span>
}

/** Messages that their provider has refused, and another try for each. */
function FailedDeliveries() {
  const client = useQueryClient()
  const result = usePages<ChannelDelivery>(["deliveries"], (cursor) => call("get", "/admin/deliveries", { query: { state: "failed", limit: 50, ...cursor } }))
  const text = adminText()
  const retry = async ({ notificationId, channel }: ChannelDelivery) => {
    try {
      await call("post", "/admin/deliveries/{notificationId}/{channel}/retry", { path: { notificationId, channel } })
      toast(text.retried)
      await client.invalidateQueries({ queryKey: ["deliveries"] })
    } catch (error) {
      toastError(error)
    }
  }
  return (
    <section>
      <h2>{text.failedTitle}</h2>
      <p class="meta">{text.failedText}</p>
      <Pages result={result} empty={text.noFailed}>
        {(all) => (
          <ul class="admin-rows">
            {all.map((one) => (
              <li key={`${one.notificationId}-${one.channel}`} class="admin-row">
                <span class="admin-row-main">
                  <span><bdi>{named(text.channels, one.channel)}</bdi> · <bdi>{named(text.deliveryReasons, one.reason)}</bdi></span>
                  {one.detail && <bdi class="meta ltr">{one.detail}</bdi>}
                  <span class="meta">{text.attempts(one.attempts)} · <RelativeTime at={one.at} /></span>
                </span>
                <Button onClick={() => void retry(one)}>{t().actions.retry}</Button>
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  )
}

function Suppressions() {
  const client = useQueryClient()
  const result = usePages<Suppression>(["suppressions"], (cursor) => call("get", "/admin/suppressions", { query: { limit: 50, ...cursor } }))
  const text = adminText()
  const remove = (address: string) => void call("delete", "/admin/suppressions/{address}", { path: { address } }).then(() => client.invalidateQueries({ queryKey: ["suppressions"] }), toastError)
  return (
    <section>
      <h2>{text.suppressions}</h2>
      <p class="meta">{text.suppressionsText}</p>
      <Pages result={result} empty={text.noSuppressions}>
        {(all) => (
          <ul class="admin-rows">
            {all.map((one) => (
              <li key={one.address} class="admin-row">
                <span class="admin-row-main"><bdi class="ltr">{one.address}</bdi><span class="meta">{named(text.reasons, one.reason)} · <RelativeTime at={one.at} /></span></span>
                <Button onClick={() => remove(one.address)}>{t().actions.remove}</Button>
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  )
}
