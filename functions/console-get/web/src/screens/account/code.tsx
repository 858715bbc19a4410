import { useEffect, useState } from "preact/hooks"
import { call } from "../../api/client"
import { ApiError } from "../../api/problem"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { CodeField } from "../../ui/controls"
import { useForm } from "./use-form"

export type Purpose = "signup" | "login" | "reset" | "phone" | "delete"

/** A code that was asked for: wrong attempts count for its challenge only. */
export interface SentCode {
  phone: string
  challenge: string | undefined
  resendAt: number
}

/** Asks for a code by SMS. */
export async function sendCode(phone: string, purpose: Purpose): Promise<SentCode> {
  try {
    const sent = await call("post", "/otp", { body: { phone, purpose } })
    return { phone, challenge: sent.challenge, resendAt: Date.now() + sent.resendAfter * 1000 }
  } catch (error) {
    return { phone, challenge: undefined, resendAt: sentBefore(error) }
  }
}

/**
 * Returns when the next code can be asked for if the last one is so new that no other is sent, as
 * after a reload: that one is valid, also without its challenge. Throws any other error.
 */
export function sentBefore(error: unknown): number {
  if (error instanceof ApiError && error.status === 429 && error.retryAfter > 0 && error.retryAfter <= 60_000) return Date.now() + error.retryAfter
  throw error
}

/**
 * A form in two steps: a code is sent to a number, then something is done with it.
 * `submit` takes the next step, `codeStep` is the field of the second one.
 */
export function useCodeSteps(purpose: Purpose, onProven: (proven: { phone: string; code: string; challenge?: string }) => Promise<void>) {
  const [code, setCode] = useState("")
  const [sent, setSent] = useState<SentCode | null>(null)
  const form = useForm()
  const submit = (phone: string) => form.run(async () => (sent ? onProven({ phone: sent.phone, ...proof(sent, code) }) : setSent(await sendCode(phone, purpose))))
  const restart = () => {
    setSent(null)
    setCode("")
    form.setError(null)
  }
  const codeStep = sent && <CodeStep sent={sent} purpose={purpose} code={code} problem={form.problem("code")} onCode={setCode} onSent={setSent} onError={form.setError} />
  return { form, codeStep, submit, restart }
}

/** The fields of a body that proves a code. */
export const proof = ({ challenge }: SentCode, code: string): { code: string; challenge?: string } => ({ code, ...(challenge ? { challenge } : {}) })

interface CodeStepProps {
  sent: SentCode
  purpose: Purpose
  label?: string
  code: string
  problem: string | undefined
  onCode: (code: string) => void
  onDone?: (code: string) => void
  onSent: (sent: SentCode) => void
  onError: (error: unknown) => void
}

/** The field of the code, where it went, and when another one can be asked for. */
export function CodeStep({ sent, purpose, label = t().account.code, code, problem, onCode, onDone, onSent, onError }: CodeStepProps) {
  const resend = async () => {
    onSent(await sendCode(sent.phone, purpose))
    onCode("")
  }
  return (
    <>
      {/* A new code begins in a new field, which takes the focus. */}
      <CodeField key={sent.resendAt} label={label} hint={t().account.codeSent(digits(sent.phone))} problem={problem} value={code} onText={onCode} required autoFocus {...(onDone ? { onDone } : {})} />
      <Resend at={sent.resendAt} resend={resend} onError={onError} />
    </>
  )
}

/** Asks for another code, from a time on. onError gets null when one was sent. */
export function Resend({ at, resend, onError }: { at: number; resend: () => Promise<void>; onError: (error: unknown) => void }) {
  const left = useSecondsUntil(at)
  const [busy, setBusy] = useState(false)
  const ask = async () => {
    if (busy) return
    setBusy(true)
    await resend().then(() => onError(null), onError)
    setBusy(false)
  }
  return (
    <div class="code-note">
      {left > 0 ? (
        <span>{t().account.resendIn(left)}</span>
      ) : (
        <button type="button" class="link" aria-disabled={busy || undefined} onClick={() => void ask()}>{t().account.resend}</button>
      )}
    </div>
  )
}

function useSecondsUntil(time: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [time])
  return Math.max(0, Math.ceil((time - now) / 1000))
}
