import { CircleCheck, CircleDashed, CircleDot, CirclePause, Clock, Lock } from "lucide-preact"
import { staff } from "../app/session"
import type { Priority, Status } from "../api/types"
import { named, t } from "../i18n"

// Status and priority have a shape and a word besides the colour.
const looks: Record<Status, { icon: typeof Lock; tone: string }> = {
  new: { icon: CircleDashed, tone: "info" },
  open: { icon: CircleDot, tone: "info" },
  pending: { icon: Clock, tone: "warn" },
  on_hold: { icon: CirclePause, tone: "" },
  resolved: { icon: CircleCheck, tone: "ok" },
  closed: { icon: Lock, tone: "" },
}

export const statusText = (status: Status): string => named(staff.value ? t().status : t().statusForCustomer, status)

export function StatusChip({ status }: { status: Status }) {
  const { icon: Icon, tone } = looks[status] ?? looks.open // of a newer server
  return (
    <span class="chip" data-tone={tone || undefined}>
      <Icon size={14} aria-hidden="true" />
      <span class="cut">{statusText(status)}</span>
    </span>
  )
}

const filled: Record<Priority, number> = { low: 1, medium: 2, high: 3, urgent: 4 }
/** Four bars with round corners, each higher than the one before. */
const bars = [0, 1, 2, 3].map((i) => `M${2 + i * 4} ${11 - i * 3}h.5a1 1 0 0 1 1 1v${2 + i * 3}a1 1 0 0 1-1 1h-.5a1 1 0 0 1-1-1v-${2 + i * 3}a1 1 0 0 1 1-1z`)

/** Bars that rise with the priority; urgent is filled and red. */
export function PriorityMark({ priority }: { priority: Priority }) {
  const count = filled[priority]
  return (
    <svg class="priority" data-priority={priority} width="16" height="16" viewBox="0 0 16 16" role="img" aria-label={`${t().priority.label}: ${named(t().priority, priority)}`}>
      <title>{named(t().priority, priority)}</title>
      <path d={bars.slice(0, count).join("")} fill="currentColor" />
      <path d={bars.slice(count).join("")} fill="var(--line)" />
    </svg>
  )
}
