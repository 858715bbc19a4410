import { useState } from "preact/hooks"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import { ApiError } from "../../api/problem"
import { signedIn } from "../../app/session"
import { t } from "../../i18n"
import { Button, PasswordField, PhoneField, TextField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { CodeStep, proof, sendCode, type SentCode } from "./code"
import { AccountFrame } from "./frame"
import { useForm } from "./use-form"

export default function SignUp() {
  const [phone, setPhone] = useState("")
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const [code, setCode] = useState("")
  const [sent, setSent] = useState<SentCode | null>(null)
  const form = useForm()

  const submit = () =>
    form.run(async () => {
      if (!sent) return setSent(await sendCode(phone, "signup"))
      const body = { phone, password, session: "cookie" as const, ...(name.trim() ? { name } : {}), ...proof(sent, code) }
      await signedIn(await call("post", "/signup", { body }))
    })
  return (
    <AccountFrame title={t().account.signUpTitle}>
      <form
        class="account-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {!sent && <PhoneField label={t().account.phone} value={phone} onText={setPhone} problem={form.problem("phone")} required autoFocus placeholder="0912 345 6789" />}
        {sent && (
          <>
            <CodeStep sent={sent} purpose="signup" code={code} error={form.error} onCode={setCode} onSent={setSent} onError={form.setError} />
            <TextField label={t().account.name} optional value={name} onText={setName} problem={form.problem("name")} autocomplete="name" maxLength={100} />
            <PasswordField label={t().account.password} hint={t().account.passwordHint} value={password} onText={setPassword} problem={form.problem("password") ?? weak(form.error)} required minLength={8} autocomplete="new-password" />
          </>
        )}
        <FormProblem error={weak(form.error) || (form.error instanceof ApiError && form.error.code === "code_wrong") ? null : form.error} except={["phone", "name", "password", "code"]} />
        <Button type="submit" kind="primary" wide busy={form.busy}>{sent ? t().account.signUp : t().account.sendCode}</Button>
        {sent && <Button kind="quiet" wide onClick={() => setSent(null)}>{t().account.otherPhone}</Button>}
      </form>
      <nav class="account-links">
        <span>{t().account.haveAccount} <Link class="link" href="/login">{t().account.signIn}</Link></span>
      </nav>
    </AccountFrame>
  )
}

/** The message of a password that is too easy to guess. */
export const weak = (error: unknown): string | undefined => (error instanceof ApiError && error.code === "weak_password" ? error.message : undefined)
