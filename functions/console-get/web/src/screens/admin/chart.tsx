import { number } from "../../i18n/format"
import { direction } from "../../i18n"

interface Series {
  name: string
  tone: "accent" | "info"
  values: readonly number[]
}

interface Props {
  label: string
  days: readonly string[]
  series: readonly Series[]
}

const height = 160
const slot = 24
const mostSteps = 4

/** The values of the scale: multiples of 1, 2 or 5 times a power of ten, from 0 to at least the largest value. */
export function scaleOf(largest: number): number[] {
  let step = 1
  for (let i = 0; step * mostSteps < largest; i++) step = [2, 5, 10][i % 3]! * 10 ** Math.floor(i / 3)
  return Array.from({ length: Math.max(1, Math.ceil(largest / step)) + 1 }, (_, i) => i * step)
}

/** Bars by day. The table beside it has the same numbers, so screen readers skip the picture. */
export function DayChart({ label, days, series }: Props) {
  const scale = scaleOf(Math.max(...series.flatMap((one) => one.values), 0))
  const top = scale.at(-1)!
  const width = days.length * slot
  const bar = (slot - 6) / series.length
  const y = (value: number) => height * (1 - value / top) + 2
  return (
    <figure class="chart" aria-hidden="true">
      <figcaption class="meta">
        {label}
        {series.map((one) => <span key={one.name} class="chart-key" data-tone={one.tone}>{one.name}</span>)}
      </figcaption>
      <div class="chart-plot meta">
        <div class="chart-scale">{scale.toReversed().map((value) => <span key={value}>{number(value)}</span>)}</div>
        <svg viewBox={`0 0 ${width} ${height + 4}`} preserveAspectRatio="none" role="presentation">
          {scale.map((value) => <line key={value} x1="0" x2={width} y1={y(value)} y2={y(value)} class="chart-line" />)}
          {series.flatMap((one, s) =>
            one.values.map((value, i) => {
              const at = direction.value === "rtl" ? days.length - 1 - i : i
              return <rect key={`${s}-${i}`} x={at * slot + 3 + s * bar} y={y(value)} width={bar - 1} height={height + 2 - y(value)} class="chart-bar" data-tone={one.tone}><title>{`${days[i]}: ${number(value)}`}</title></rect>
            }),
          )}
        </svg>
        <div class="chart-days">{[days[0], days[Math.floor(days.length / 2)], days.at(-1)].map((day, i) => <span key={i}>{day}</span>)}</div>
      </div>
    </figure>
  )
}
