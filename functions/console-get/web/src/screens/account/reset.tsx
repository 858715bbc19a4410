import { useState } from "preact/hooks"
import { Link, useLocation } from "wouter-preact"
import { call } from "../../api/client"
import { minPassword } from "../../api/limits"
import { t } from "../../i18n"
import { PasswordField } from "../../ui/controls"
import { CodeForm } from "./code-form"
import { AccountFrame } from "./frame"

export default function Reset() {
  const [password, setPassword] = useState("")
  const [, navigate] = useLocation()
  return (
    <AccountFrame title={t().account.resetTitle}>
      <CodeForm
        purpose="reset"
        phoneLabel={t().account.phone}
        submitLabel={t().account.reset}
        fields={["password"]}
        onSubmit={async (proven) => {
          await call("post", "/password/reset", { body: { ...proven, password } })
          navigate("/login?reset=1")
        }}
      >
        {({ problem }) => <PasswordField label={t().account.newPassword} hint={t().errors.tooShort(minPassword)} value={password} onText={setPassword} problem={problem("password")} required minLength={minPassword} autocomplete="new-password" />}
      </CodeForm>
      <nav class="account-links">
        <Link class="link" href="/login">{t().account.signIn}</Link>
      </nav>
    </AccountFrame>
  )
}
