import { number } from "../../i18n/format"
import { direction } from "../../i18n"

export interface Series {
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

/** Bars by day. The table beside it has the same numbers, so screen readers skip the picture. */
export function DayChart({ label, days, series }: Props) {
  const top = Math.max(1, ...series.flatMap((one) => one.values))
  const width = days.length * slot
  const bar = (slot - 6) / series.length
  return (
    <figure class="chart" aria-hidden="true">
      <figcaption class="meta">
        {label}
        {series.map((one) => <span key={one.name} class="chart-key" data-tone={one.tone}>{one.name}</span>)}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height + 4}`} preserveAspectRatio="none" role="presentation">
        {[0.25, 0.5, 0.75, 1].map((part) => <line key={part} x1="0" x2={width} y1={height * (1 - part) + 2} y2={height * (1 - part) + 2} class="chart-line" />)}
        {series.flatMap((one, s) =>
          one.values.map((value, i) => {
            const at = direction.value === "rtl" ? days.length - 1 - i : i
            const size = (value / top) * height
            return <rect key={`${s}-${i}`} x={at * slot + 3 + s * bar} y={height - size + 2} width={bar - 1} height={size} class="chart-bar" data-tone={one.tone}><title>{`${days[i]}: ${number(value)}`}</title></rect>
          }),
        )}
      </svg>
    </figure>
  )
}
