import { call } from "../../api/client"
import { session, updateUser } from "../../app/session"
import { setTheme, type Theme, theme } from "../../app/theme"
import { language, type Language, setLanguage, t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Segments } from "../../ui/controls"
import { toastError } from "../../ui/toast"

/** Language and theme. The language is also that of e-mail and SMS. */
export function AppSection() {
  const choose = (to: Language) => {
    void setLanguage(to)
    if (session.peek()) void call("patch", "/profile", { body: { locale: to } }).then(updateUser, toastError)
  }
  return (
    <section>
      <h2>{profileText().app}</h2>
      <div class="profile-form">
        <div class="field">
          <span class="label">{t().language.label}</span>
          <Segments label={t().language.label} value={language.value} options={[{ value: "en", label: t().language.en }, { value: "fa", label: t().language.fa }]} onValue={choose} />
        </div>
        <div class="field">
          <span class="label">{t().theme.label}</span>
          <Segments<Theme> label={t().theme.label} value={theme.value} options={[{ value: "system", label: t().theme.system }, { value: "light", label: t().theme.light }, { value: "dark", label: t().theme.dark }]} onValue={setTheme} />
        </div>
      </div>
    </section>
  )
}
