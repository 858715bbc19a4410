import { signal } from "@preact/signals"
import { ago, exact } from "../i18n/format"

const minute = signal(0)
setInterval(() => minute.value++, 30_000)

/** A relative time that stays true; the exact one, which takes longer to write, is shown when the pointer rests on it. */
export function RelativeTime({ at, class: name }: { at: string; class?: string }) {
  void minute.value
  const time = new Date(at)
  return <time class={name} dateTime={at} onPointerEnter={({ currentTarget }) => (currentTarget.title = exact(time))}>{ago(time)}</time>
}
