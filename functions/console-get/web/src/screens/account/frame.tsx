import "./account.css"
import type { ComponentChildren } from "preact"
import { Title, useScreenName } from "../../app/attention"
import { chooseLanguage } from "../../app/session"
import { language, languages, t } from "../../i18n"

/** The page around sign-in, sign-up and reset: the name, the form, the language. */
export function AccountFrame({ title, children }: { title: string; children: ComponentChildren }) {
  useScreenName(title)
  return (
    <main class="account">
      <Title />
      <div class="account-card">
        <header>
          <img src="/app/icon.svg" width="44" height="44" alt="" />
          <h1>{title}</h1>
          <p class="account-tagline">{t().account.tagline}</p>
        </header>
        {children}
      </div>
      <LanguageSwitch />
    </main>
  )
}

function LanguageSwitch() {
  return (
    <div class="segments" role="group" aria-label={t().language.label}>
      {languages.map((each) => (
        <button key={each} type="button" lang={each} aria-pressed={language.value === each} onClick={() => chooseLanguage(each)}>
          {t().language[each]}
        </button>
      ))}
    </div>
  )
}
