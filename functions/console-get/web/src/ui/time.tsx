import { signal } from "@preact/signals"
import { ago, exact } from "../i18n/format"

/** Changes while time passes: what reads it is drawn again. */
export const minute = signal(0)
setInterval(() => minute.value++, 30_000)

interface TimeProps {
  at: string
  class?: string
}

/** A time as a text. The exact one, which takes longer to write, is shown when the pointer rests on it. */
export function Time({ at, class: name, text }: TimeProps & { text: (at: Date) => string }) {
  const time = new Date(at)
  return <time class={name} dateTime={at} onPointerEnter={({ currentTarget }) => (currentTarget.title = exact(time))}>{text(time)}</time>
}

/** A relative time that stays true. */
export function RelativeTime(props: TimeProps) {
  void minute.value
  return <Time {...props} text={ago} />
}
