import { t } from "../../i18n"

export default function Notifications() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{t().nav.notifications}</h1>
      </header>
    </div>
  )
}
