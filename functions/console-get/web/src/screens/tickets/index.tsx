import { t } from "../../i18n"

export default function Tickets() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{t().nav.tickets}</h1>
      </header>
    </div>
  )
}
