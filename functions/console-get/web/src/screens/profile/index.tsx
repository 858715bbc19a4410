import { t } from "../../i18n"

export default function Profile() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{t().nav.profile}</h1>
      </header>
    </div>
  )
}
