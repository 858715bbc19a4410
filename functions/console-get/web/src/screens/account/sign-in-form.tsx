import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { ApiError } from "../../api/problem"
import { signedIn } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { Button, PasswordField, PhoneField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { CodeStep, proof, sendCode, type SentCode } from "./code"
import { useForm } from "./use-form"

/** Sign-in by password or by code; with a second factor by both. */
export function SignInForm({ knownPhone }: { knownPhone?: string }) {
  const [phone, setPhone] = useState(knownPhone ?? "")
  const [password, setPassword] = useState("")
  const [code, setCode] = useState("")
  const [byCode, setByCode] = useState(false)
  /** Whether the code alone was not enough. It is still valid. */
  const [both, setBoth] = useState(false)
  const [sent, setSent] = useState<SentCode | null>(null)
  const form = useForm()

  const logIn = (body: { password?: string; code?: string; challenge?: string }) =>
    form.run(async () => {
      try {
        await signedIn(await call("post", "/login", { body: { phone, session: "cookie", ...body } }))
      } catch (error) {
        if (!(error instanceof ApiError && error.code === "second_factor_required")) throw error
        if ("password" in error.fields) setBoth(true)
        else setSent(await sendCode(phone, "login"))
      }
    })
  const needsPassword = !byCode || both
  const withCode = (to: SentCode, entered: string) => logIn({ ...proof(to, entered), ...(needsPassword ? { password } : {}) })
  const submit = () => {
    if (sent) return withCode(sent, code)
    if (byCode) return form.run(async () => setSent(await sendCode(phone, "login")))
    return logIn({ password })
  }
  return (
    <form
      class="account-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {!sent && <PhoneField label={t().account.phone} value={phone} onText={setPhone} problem={form.problem("phone")} required autoFocus={knownPhone === undefined} placeholder={digits("0912 345 6789")} />}
      {!sent && !byCode && <PasswordField label={t().account.password} value={password} onText={setPassword} problem={form.problem("password")} required autocomplete="current-password" autoFocus={knownPhone !== undefined} />}
      {sent && !byCode && <p class="notice">{t().account.secondFactor}</p>}
      {both && <p class="notice" role="status">{t().account.secondPassword}</p>}
      {sent && <CodeStep sent={sent} purpose="login" code={code} problem={form.problem("code")} onCode={setCode} onSent={setSent} onError={form.setError} onDone={(done) => (needsPassword && !password) || void withCode(sent, done)} />}
      {sent && both && <PasswordField label={t().account.password} value={password} onText={setPassword} problem={form.problem("password")} required autocomplete="current-password" autoFocus />}
      <FormProblem error={form.error} except={["phone", "password", "code"]} />
      <Button type="submit" kind="primary" wide busy={form.busy}>{byCode && !sent ? t().account.sendCode : t().account.signIn}</Button>
      <Button
        kind="quiet"
        wide
        onClick={() => {
          setByCode(!byCode && !sent)
          setBoth(false)
          setSent(null)
          setCode("")
          form.setError(null)
        }}
      >
        {sent ? (knownPhone ? t().actions.cancel : t().account.otherPhone) : byCode ? t().account.withPassword : t().account.withCode}
      </Button>
    </form>
  )
}
