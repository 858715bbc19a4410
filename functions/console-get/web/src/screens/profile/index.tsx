import "./profile.css"
import { t } from "../../i18n"
import { AppSection } from "./app-section"
import { Contact } from "./contact"
import { Personal } from "./personal"
import { Sessions } from "./sessions"

export default function Profile() {
  return (
    <div class="screen profile">
      <header class="screen-head"><h1>{t().profile.title}</h1></header>
      <Personal />
      <Contact />
      <AppSection />
      <Sessions />
    </div>
  )
}
