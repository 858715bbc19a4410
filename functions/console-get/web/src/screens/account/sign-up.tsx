import { useState } from "preact/hooks"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import { maxName, minPassword } from "../../api/limits"
import { signedIn } from "../../app/session"
import { t } from "../../i18n"
import { PasswordField, TextField } from "../../ui/controls"
import { CodeForm } from "./code-form"
import { AccountFrame } from "./frame"

export default function SignUp() {
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  return (
    <AccountFrame title={t().account.signUpTitle}>
      <CodeForm
        purpose="signup"
        phoneLabel={t().account.phone}
        submitLabel={t().account.signUp}
        fields={["name", "password"]}
        onSubmit={async (proven) => signedIn(await call("post", "/signup", { body: { ...proven, password, session: "cookie", ...(name.trim() ? { name } : {}) } }))}
      >
        {({ problem }) => (
          <>
            <TextField label={t().account.name} optional value={name} onText={setName} problem={problem("name")} autocomplete="name" limit={maxName} />
            <PasswordField label={t().account.password} hint={t().errors.tooShort(minPassword)} value={password} onText={setPassword} problem={problem("password")} required minLength={minPassword} autocomplete="new-password" />
          </>
        )}
      </CodeForm>
      <nav class="account-links">
        <span>{t().account.haveAccount} <Link class="link" href="/login">{t().account.signIn}</Link></span>
      </nav>
    </AccountFrame>
  )
}
