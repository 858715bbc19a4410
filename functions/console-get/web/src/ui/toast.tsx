import { signal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { t } from "../i18n"
import { describe } from "./states"

interface Toast {
  id: number
  text: string
  kind: "done" | "error"
  action?: { label: string; run: () => void }
}

const shown = signal<Toast[]>([])
let next = 0

/** Says that something happened. Errors stay longer; both can be read by a screen reader. Only the last action can be chosen. */
export function toast(text: string, options: Partial<Pick<Toast, "kind" | "action">> = {}): void {
  const item: Toast = { id: next++, text, kind: "done", ...options }
  const rest = shown.peek().filter(({ action }) => !(action && item.action))
  shown.value = [...rest.slice(-2), item]
  setTimeout(() => dismiss(item.id), item.kind === "error" || item.action ? 10_000 : 4_000)
}

export const toastError = (error: unknown): void => toast(describe(error).text, { kind: "error" })

const dismiss = (id: number) => (shown.value = shown.peek().filter((item) => item.id !== id))

export function Toasts() {
  const host = useRef<HTMLDivElement>(null)
  const any = shown.value.length > 0
  // A popover is above an open dialog.
  useEffect(() => void (any ? host.current?.showPopover() : host.current?.hidePopover()), [any])
  return (
    <div ref={host} class="toasts no-print" popover="manual" role="status" aria-live="polite">
      {shown.value.map((item) => (
        <div key={item.id} class="toast" data-kind={item.kind}>
          <span>{item.text}</span>
          {item.action ? (
            <button type="button" onClick={() => (item.action?.run(), dismiss(item.id))}>{item.action.label}</button>
          ) : (
            item.kind === "error" && <button type="button" onClick={() => dismiss(item.id)}>{t().actions.close}</button>
          )}
        </div>
      ))}
    </div>
  )
}
