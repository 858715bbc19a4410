import { useState } from "preact/hooks"
import { Link } from "wouter-preact"
import { t } from "../../i18n"
import { AccountFrame } from "./frame"
import { SignInForm } from "./sign-in-form"

export default function SignIn() {
  const [done] = useState(() => new URLSearchParams(location.search).has("reset"))
  return (
    <AccountFrame title={t().account.signInTitle}>
      {done && <p class="notice" data-tone="ok" role="status">{t().account.resetDone}</p>}
      <SignInForm />
      <nav class="account-links">
        <Link class="link" href="/reset">{t().account.forgot}</Link>
        <span>{t().account.noAccount} <Link class="link" href="/signup">{t().account.signUp}</Link></span>
      </nav>
    </AccountFrame>
  )
}
