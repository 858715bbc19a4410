import { useState } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { call } from "../../api/client"
import { ApiError } from "../../api/problem"
import { t } from "../../i18n"
import { Button, PasswordField, PhoneField } from "../../ui/controls"
import { FormProblem } from "../../ui/states"
import { CodeStep, proof, sendCode, type SentCode } from "./code"
import { AccountFrame } from "./frame"
import { weak } from "./sign-up"
import { useForm } from "./use-form"

export default function Reset() {
  const [phone, setPhone] = useState("")
  const [password, setPassword] = useState("")
  const [code, setCode] = useState("")
  const [sent, setSent] = useState<SentCode | null>(null)
  const [, navigate] = useLocation()
  const form = useForm()

  const submit = () =>
    form.run(async () => {
      if (!sent) return setSent(await sendCode(phone, "reset"))
      await call("post", "/password/reset", { body: { phone, password, ...proof(sent, code) } })
      navigate("/login?reset=1")
    })
  return (
    <AccountFrame title={t().account.resetTitle}>
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
            <CodeStep sent={sent} purpose="reset" code={code} error={form.error} onCode={setCode} onSent={setSent} onError={form.setError} />
            <PasswordField label={t().account.newPassword} hint={t().account.passwordHint} value={password} onText={setPassword} problem={form.problem("password") ?? weak(form.error)} required minLength={8} autocomplete="new-password" />
          </>
        )}
        <FormProblem error={weak(form.error) || (form.error instanceof ApiError && form.error.code === "code_wrong") ? null : form.error} except={["phone", "password", "code"]} />
        <Button type="submit" kind="primary" wide busy={form.busy}>{sent ? t().account.reset : t().account.sendCode}</Button>
      </form>
      <nav class="account-links">
        <Link class="link" href="/login">{t().account.signIn}</Link>
      </nav>
    </AccountFrame>
  )
}
