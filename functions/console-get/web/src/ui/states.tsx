import type { ComponentChildren } from "preact"
import { CircleAlert, Search } from "lucide-preact"
import { useEffect, useState } from "preact/hooks"
import { ApiError, NetworkError } from "../api/problem"
import { t } from "../i18n"
import { Button } from "./controls"

/** The text of an error, in the language of the interface, and the request that operators can find. */
export function describe(error: unknown): { text: string; requestId?: string | undefined } {
  if (error instanceof NetworkError) return { text: t().errors.network }
  if (error instanceof ApiError) return { text: error.status >= 500 || !error.message ? t().errors.unknown : error.message, requestId: error.problem.requestId }
  return { text: t().errors.unknown }
}

/** Whether the server does not take the words of a search: there are too many. */
export const isSearchProblem = (error: unknown): boolean => error instanceof ApiError && error.status === 400 && "q" in error.fields

export const isMissing = (error: unknown): boolean => error instanceof ApiError && (error.status === 404 || error.status === 403)

interface EmptyProps {
  icon?: ComponentChildren
  title: string
  text?: string
  /** One next step. */
  children?: ComponentChildren
}

export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div class="empty">
      {icon}
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </div>
  )
}

/** A search without a result. */
export const NoneFound = () => <Empty icon={<Search size={32} />} title={t().tickets.noneFound} text={t().tickets.noneFoundText} />

/** What a screen shows instead of its content after an error; content that is held stays instead. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (isMissing(error)) return <Empty icon={<CircleAlert size={32} />} title={t().state.notFoundTitle} text={t().state.notFoundText} />
  const { text, requestId } = describe(error)
  return (
    <div class="empty" role="alert">
      <CircleAlert size={32} />
      <h2>{t().state.failedTitle}</h2>
      <p>{text}</p>
      {requestId && <p class="meta"><bdi>{t().state.request(requestId)}</bdi></p>}
      {onRetry && <Button onClick={onRetry}>{t().actions.retry}</Button>}
    </div>
  )
}

/** A form's error that belongs to no field. */
export function FormProblem({ error, except = [] }: { error: unknown; except?: readonly string[] }) {
  if (!error) return null
  if (error instanceof ApiError && Object.keys(error.fields).some((field) => except.includes(field))) return null
  return (
    <div class="notice" data-tone="danger" role="alert">
      <CircleAlert size={20} />
      <span>{describe(error).text}</span>
    </div>
  )
}

/** Leads to the first field with an error in the form of the control that has the focus. */
export const focusProblem = (): void =>
  document.activeElement?.closest("form, dialog")?.querySelector(".problem")?.closest(".field")?.querySelector<HTMLElement>("input, textarea, select")?.focus()

/** Grey lines in the shape of rows. They appear after 150 ms, so that quick responses do not flicker. */
export function SkeletonRows({ count = 6 }: { count?: number }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return late && (
    <div role="status" aria-label={t().state.loading}>
      {Array.from({ length: count }, (_, i) => (
        <div key={i} class="skeleton-row">
          <div class="skeleton" style={{ inlineSize: `${60 - (i % 3) * 12}%` }} />
          <div class="skeleton" style={{ inlineSize: `${40 + (i % 2) * 20}%` }} />
        </div>
      ))}
    </div>
  )
}
