import type { ComponentChildren } from "preact"
import { useScreenName } from "../../app/attention"

/** The heading of a screen, with its main action at the end. */
export function Head({ title, children }: { title: string; children?: ComponentChildren }) {
  useScreenName(title)
  return (
    <header class="admin-head">
      <h1>{title}</h1>
      {children}
    </header>
  )
}
